/** What stands below /proc/sys/net: Linux' Documentation/networking/ip-sysctl.rst and nf_conntrack-sysctl.rst. */
import { Netfilter } from '../../network/index.ts';
import type { NetworkSwitch } from '../files/networkStack.ts';
import type { HostNamespace } from './socketFile.ts';

const INT_MAX = 2 ** 31 - 1;

const conntrackOf = ({ network: { filter } }: HostNamespace) =>
  filter instanceof Netfilter ? filter.conntrack : null;

/** `host` is the host's own namespace, which alone may change what is one for all. */
export function switchesOf(space: HostNamespace, host: HostNamespace): NetworkSwitch[] {
  const { settings } = space.network;
  const own = conntrackOf(space);
  const table = own ?? conntrackOf(host);
  return [
    {
      path: 'ipv4/ip_forward',
      read: () => (settings.ipForward ? 1 : 0),
      write: (value) => {
        settings.ipForward = value !== 0;
      },
      most: INT_MAX,
    },
    {
      path: 'ipv4/ip_unprivileged_port_start',
      read: () => settings.unprivilegedPortStart,
      write: (value) => {
        settings.unprivilegedPortStart = value;
      },
      most: 65_535,
    },
    // Connection tracking is a module that comes with the first rule.
    ...(table === null
      ? []
      : [
          { path: 'netfilter/nf_conntrack_count', read: () => own?.count ?? 0, write: null, most: 0 },
          {
            path: 'netfilter/nf_conntrack_max',
            read: () => table.max,
            write:
              space === host
                ? (value: number) => {
                    table.max = value;
                  }
                : null,
            most: INT_MAX,
          },
        ]),
  ];
}
