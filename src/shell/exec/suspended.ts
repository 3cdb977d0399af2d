/** Commands whose status is tested. */
import type { Sys } from '../../linux/index.ts';
import type { Shell } from '../state/shell.ts';

/** Runs with `set -e` and the ERR trap off: the status is being tested. */
export function* suspended(shell: Shell, run: Sys<number>): Sys<number> {
  shell.errexitSuspended++;
  try {
    return yield* run;
  } finally {
    shell.errexitSuspended--;
  }
}
