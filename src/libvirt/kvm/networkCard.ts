/** A VM's network card, whose cable is a tap of its host. */
import { OsError, type Trace } from '../../base/index.ts';
import type { Task } from '../../linux/index.ts';
import { NetDevice } from '../../machine/index.ts';
import { macBytes, parseMac, plugIntoTap, type TapDevice } from '../../network/index.ts';
import type { NicStats } from './requests.ts';
import { TunFile } from './tun.ts';

/** Throws OsError EBADF, EINVAL. */
export function tapOf(task: Task, fd: number): TunFile {
  const file = task.fds.get(fd);
  if (!(file instanceof TunFile)) throw new OsError('EINVAL');
  return file;
}

/** Throws OsError EBUSY for a tap that another card has. */
export function networkCard(name: string, mac: string, tap: TapDevice, trace: Trace | null): NetDevice {
  const address = parseMac(mac);
  if (address === null) throw new OsError('EINVAL');
  const card: NetDevice = new NetDevice(
    name,
    macBytes(address),
    plugIntoTap(tap, () => card),
    trace,
  );
  return card;
}

/** What the tap has sent the card has received. */
export function statsOf({ statistics }: TapDevice): NicStats {
  return {
    rxBytes: statistics.txBytes,
    rxPackets: statistics.txPackets,
    rxErrors: statistics.txErrors,
    rxDropped: statistics.txDropped,
    txBytes: statistics.rxBytes,
    txPackets: statistics.rxPackets,
    txErrors: statistics.rxErrors,
    txDropped: statistics.rxDropped,
  };
}
