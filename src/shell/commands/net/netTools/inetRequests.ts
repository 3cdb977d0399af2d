/**
 * The requests of netdevice(7) about an interface's address, by what rtnetlink(7) can do: an address there has the interface's name as
 * its label, and each request takes it away and puts a changed one in its place (`devinet_ioctl`, net/ipv4/devinet.c).
 */
import { OsError } from '../../../../base/index.ts';
import type { Sys } from '../../../../linux/index.ts';
import { type NewAddress, rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import { broadcastOf, customaryBroadcast } from '../../../../network/index.ts';
import { readInterfaces } from './interfaces.ts';

/** The length that an address had before there were masks (`inet_abc_len`). Throws EINVAL for groups. */
function classLength(address: number): number {
  const first = address >>> 24;
  if (first === 0 || address === 0xffff_ffff) return 0;
  if (first < 128) return 8;
  if (first < 192) return 16;
  if (first < 224) return 24;
  if (first < 240) throw new OsError('EINVAL');
  return 32;
}

function* interfaceNamed(name: string) {
  const found = (yield* readInterfaces()).find(name);
  if (found === null) throw new OsError('ENODEV');
  return found;
}

/** Changes nothing, for which the kernel wants the same permission. */
function* leave(address: NewAddress): Sys<void> {
  yield* rtnetlink('RTM_NEWADDR', { ...address, replace: true });
}

/** SIOCSIFADDR; 0 takes the address away. Throws ENODEV, EINVAL, EPERM, and with `needed` EADDRNOTAVAIL when there is none. */
export function* setAddress(name: string, address: number, needed = false): Sys<void> {
  const { link, address: old } = yield* interfaceNamed(name);
  if (old === null && needed) throw new OsError('EADDRNOTAVAIL');
  const length = classLength(address);
  if (old?.address === address) return yield* leave(old);
  if (old !== null) yield* rtnetlink('RTM_DELADDR', old);
  if (address === 0) return;
  const broadcast = link.kind === 'loopback' ? null : customaryBroadcast(address, length);
  yield* rtnetlink('RTM_NEWADDR', { index: link.index, address, length, broadcast, label: name });
}

function* replace(name: string, changed: (old: NewAddress) => NewAddress): Sys<void> {
  const { address: old } = yield* interfaceNamed(name);
  if (old === null) throw new OsError('EADDRNOTAVAIL');
  const { length, broadcast, ...rest } = changed(old);
  if (length === old.length && broadcast === old.broadcast) return yield* leave(old);
  yield* rtnetlink('RTM_DELADDR', old);
  yield* rtnetlink('RTM_NEWADDR', { ...rest, length, ...(broadcast !== undefined && { broadcast }) });
}

/** SIOCSIFNETMASK: a broadcast address that follows from the mask follows it still. Throws ENODEV, EADDRNOTAVAIL, EPERM. */
export const setLength = (name: string, length: number): Sys<void> =>
  replace(name, (old) => {
    const { address, broadcast = null } = old;
    const follows = length < 31 && broadcast === broadcastOf(address, old.length);
    return { ...old, length, broadcast: follows ? broadcastOf(address, length) : broadcast };
  });

/** SIOCSIFBRDADDR. Throws ENODEV, EADDRNOTAVAIL, EPERM. */
export const setBroadcast = (name: string, broadcast: number): Sys<void> =>
  replace(name, (old) => ({ ...old, broadcast }));
