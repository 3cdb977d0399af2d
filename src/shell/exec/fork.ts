/** fork(2), and what the shell says when there are too many processes. */
import { isOsError } from '../../base/index.ts';
import { type Pid, type Sys, sys } from '../../linux/index.ts';
import { AbortControl } from '../state/control.ts';
import type { Shell } from '../state/shell.ts';

/** Starts a child that runs `main`; when the kernel refuses, the command line is dropped with status 254. */
export function* forkProcess(shell: Shell, main: () => Sys<number>): Sys<Pid> {
  try {
    return yield* sys.fork(main);
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* shell.complain(`fork: ${error.message}`);
    throw new AbortControl(254, false);
  }
}
