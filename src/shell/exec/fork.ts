/** fork(2), and what the shell does when there are too many processes. */
import { isOsError, SECOND } from '../../base/index.ts';
import { type Pid, type Sys, sys } from '../../linux/index.ts';
import { AbortControl } from '../state/control.ts';
import type { Shell } from '../state/shell.ts';

/** Seconds before the next attempts. */
const DELAYS = [1, 2, 4, 8];

/**
 * Starts a child that runs `main`. When the process table is full, waits and tries again, as bash does, which takes the
 * speed out of a fork bomb; then the command line is dropped with status 254.
 */
export function* forkProcess(shell: Shell, main: () => Sys<number>): Sys<Pid> {
  for (let attempt = 0; ; attempt++) {
    try {
      return yield* sys.fork(main);
    } catch (error) {
      if (!isOsError(error)) throw error;
      const delay = DELAYS[attempt] ?? 0;
      const again = error.code === 'EAGAIN' && delay > 0;
      yield* shell.complain(`fork: ${again ? 'retry: ' : ''}${error.message}`);
      if (!again || !(yield* pause(delay))) break;
    }
  }
  throw new AbortControl(254, false);
}

/** False when a signal came before the time was over. */
function* pause(seconds: number): Sys<boolean> {
  try {
    yield* sys.nanosleep(seconds * SECOND);
    return true;
  } catch (error) {
    if (isOsError(error, 'EINTR')) return false;
    throw error;
  }
}
