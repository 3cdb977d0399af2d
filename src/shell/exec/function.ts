/** Calls of shell functions. */
import type { Sys } from '../../linux/index.ts';
import { ReturnControl } from '../state/control.ts';
import type { Shell } from '../state/shell.ts';
import type { FunctionDefinition } from '../syntax/ast.ts';
import { runCompound } from './compound.ts';

export function* callFunction(
  shell: Shell,
  definition: FunctionDefinition,
  args: readonly string[],
): Sys<number> {
  const { positional, loopDepth, getoptsOffset } = shell;
  shell.positional = [...args];
  shell.loopDepth = 0;
  shell.variables.pushScope(false);
  const source = shell.callStack.at(-1)?.source ?? '';
  shell.callStack.push({ name: definition.name, line: shell.line, source });
  try {
    return yield* runCompound(shell, definition.body);
  } catch (error) {
    if (!(error instanceof ReturnControl)) throw error;
    return error.status;
  } finally {
    shell.callStack.pop();
    shell.variables.popScope();
    shell.positional = positional;
    shell.loopDepth = loopDepth;
    shell.getoptsOffset = getoptsOffset;
  }
}
