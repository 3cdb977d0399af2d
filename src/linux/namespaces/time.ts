/** Clocks that count from elsewhere: time_namespaces(7). */
import { type Nanos, SECOND } from '../../base/index.ts';
import type { UserNamespace } from '../credentials/userNamespace.ts';
import type { Namespace } from './kinds.ts';

/** The clocks that a namespace may move. */
export type MovableClock = 'monotonic' | 'boottime';

export class TimeNamespace implements Namespace {
  readonly kind = 'time';
  readonly inode: number;
  readonly userNs: UserNamespace;
  /** What is added to the host's clocks. */
  readonly offsets: Record<MovableClock, Nanos>;
  /** A process is in it: the offsets stay as they are. */
  entered: boolean;

  /** Made by a process in `from`, null for the host's own. */
  constructor(inode: number, userNs: UserNamespace, from: TimeNamespace | null) {
    this.inode = inode;
    this.userNs = userNs;
    this.offsets = from === null ? { monotonic: 0, boottime: 0 } : { ...from.offsets };
    this.entered = from === null;
  }

  /** /proc/PID/timens_offsets. */
  text(): string {
    return (['monotonic', 'boottime'] as const)
      .map((clock) => {
        const offset = this.offsets[clock];
        const seconds = Math.floor(offset / SECOND);
        const rest = offset - seconds * SECOND;
        return `${clock.padEnd(10)} ${`${seconds}`.padStart(10)} ${`${rest}`.padStart(9)}\n`;
      })
      .join('');
  }
}
