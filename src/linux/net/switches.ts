/** What stands below /proc/sys/net: Linux' Documentation/networking/ip-sysctl.rst and nf_conntrack-sysctl.rst. */
import { OsError } from '../../base/index.ts';
import { Netfilter } from '../../network/index.ts';
import type { NetworkSwitch } from '../files/networkStack.ts';
import type { HostNamespace } from './socketFile.ts';

const INT_MAX = 2 ** 31 - 1;
/** One below the number that means no group. */
const GID_MAX = 2 ** 32 - 2;
const NOBODY = [1, 0] as const;

const conntrackOf = ({ network: { filter } }: HostNamespace) =>
  filter instanceof Netfilter ? filter.conntrack : null;

/** A switch of one number. */
function one(
  read: () => number,
  write: ((value: number) => void) | null,
): Pick<NetworkSwitch, 'read' | 'write'> {
  return { read: () => [read()], write: write === null ? null : ([value]) => write(value!) };
}

/** Kept as the host counts groups, said as whoever asks does; what is no range is nobody (`ipv4_ping_group_range`). */
function pingGroupRange({ network: { settings } }: HostNamespace): NetworkSwitch {
  return {
    path: 'ipv4/ping_group_range',
    read: (userNs) => settings.pingGroupRange.map((gid) => userNs.gidSeen(gid)),
    write: ([first, last], userNs) => {
      const [low, high] = [userNs.hostGid(first!), userNs.hostGid(last!)];
      if (low === null || high === null) throw new OsError('EINVAL');
      settings.pingGroupRange = last! < first! || high < low ? NOBODY : [low, high];
    },
    most: GID_MAX,
  };
}

/** `host` is the host's own namespace, which alone may change what is one for all. */
export function switchesOf(space: HostNamespace, host: HostNamespace): NetworkSwitch[] {
  const { settings } = space.network;
  const own = conntrackOf(space);
  const table = own ?? conntrackOf(host);
  return [
    {
      path: 'ipv4/ip_forward',
      ...one(
        () => (settings.ipForward ? 1 : 0),
        (value) => {
          settings.ipForward = value !== 0;
        },
      ),
      most: INT_MAX,
    },
    {
      path: 'ipv4/ip_unprivileged_port_start',
      ...one(
        () => settings.unprivilegedPortStart,
        (value) => {
          settings.unprivilegedPortStart = value;
        },
      ),
      most: 65_535,
    },
    pingGroupRange(space),
    // Connection tracking is a module that comes with the first rule.
    ...(table === null
      ? []
      : [
          { path: 'netfilter/nf_conntrack_count', ...one(() => own?.count ?? 0, null), most: 0 },
          {
            path: 'netfilter/nf_conntrack_max',
            ...one(
              () => table.max,
              space === host
                ? (value) => {
                    table.max = value;
                  }
                : null,
            ),
            most: INT_MAX,
          },
        ]),
  ];
}
