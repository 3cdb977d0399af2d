/** `( … )` in the process that was made for it. */
import type { Sys } from '../../linux/index.ts';
import type { Shell } from '../state/shell.ts';
import type { Command } from '../syntax/ast.ts';
import { redirect } from './redirect.ts';

export function* runInSubshell(child: Shell, command: Command & { readonly type: 'subshell' }): Sys<number> {
  child.loopDepth = 0;
  if (command.redirections.length > 0) {
    const redirected = yield* redirect(child, command.redirections);
    if (redirected === null) return 1;
  }
  return yield* child.evaluator.list(child, command.body, true);
}
