/** The outermost level of a shell process: what leaves its commands becomes its exit status. */
import { isOsError } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import { AbortControl, ExitControl, InterruptControl, LoopControl, ReturnControl } from '../state/control.ts';
import type { Shell } from '../state/shell.ts';
import { runNested } from './nesting.ts';
import { runExitTrap } from './signals.ts';

/**
 * What a child process does: runs `body`, turns whatever leaves it into an exit status, runs the EXIT trap. Call it last in
 * a forked program.
 */
export function* runAsProcess(shell: Shell, body: Sys<number>): Sys<number> {
  let status: number;
  try {
    status = yield* runNested(body);
  } catch (error) {
    if (isOsError(error)) {
      yield* shell.complain(error.message);
      status = 1;
    } else status = controlStatus(shell, error);
  }
  return (yield* runNested(runExitTrap(shell, status))) & 0xff;
}

/** The exit status that a thrown control means at the outermost level; anything else is thrown on. */
function controlStatus(shell: Shell, error: unknown): number {
  if (error instanceof ExitControl || error instanceof ReturnControl || error instanceof AbortControl) {
    return error.status;
  }
  if (error instanceof LoopControl) return shell.lastStatus;
  if (error instanceof InterruptControl) return 130;
  throw error;
}
