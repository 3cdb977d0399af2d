/** What strace knows of one of its processes. */
import { type Sys, type SyscallRequest, sys } from '../../../linux/index.ts';
import { orNull } from '../support.ts';
import { Show, type Shown } from './calls/types.ts';
import type { Settings } from './settings.ts';

/** The call that it is in. */
export interface Entered {
  readonly request: SyscallRequest;
  readonly shown: Shown;
  /** In what stands on the screen; false: all of it comes when the call is done. */
  readonly written: boolean;
  /** When, in nanoseconds: of the clock, and of the time that the kernel had taken. */
  readonly clock: number;
  readonly system: number;
}

export class Traced {
  readonly pid: number;
  readonly show: Show;
  /** Before its first program nothing is told. */
  hidden = false;
  entered: Entered | null = null;

  constructor(pid: number, { limit, paths }: Settings) {
    this.pid = pid;
    this.show = new Show(limit, paths);
  }

  /** What `format` gives, with what descriptors stand for now, where that is asked for. */
  *withLinks<T>(format: (show: Show) => T): Sys<T> {
    const { show } = this;
    show.links.clear();
    show.wanted.clear();
    const first = format(show);
    if (show.wanted.size === 0) return first;
    for (const key of show.wanted) {
      const path = `/proc/${this.pid}/${key === 'cwd' ? 'cwd' : `fd/${key}`}`;
      show.links.set(key, (yield* orNull(() => sys.readlink(path))) ?? '');
    }
    return format(show);
  }
}
