/** Calls of shell functions. */
import type { Sys } from '../../linux/index.ts';
import { AbortControl, ReturnControl } from '../state/control.ts';
import type { Shell } from '../state/shell.ts';
import type { FunctionDefinition } from '../syntax/ast.ts';
import { runCompound } from './compound.ts';

/** Deeper recursion is refused, as bash refuses it with FUNCNEST set: the simulated stack has an end. */
const DEEPEST = 400;

export function* callFunction(
  shell: Shell,
  definition: FunctionDefinition,
  args: readonly string[],
): Sys<number> {
  const limit = Number(shell.variables.get('FUNCNEST') ?? 0);
  const deepest = limit > 0 ? Math.min(limit, DEEPEST) : DEEPEST;
  if (shell.callStack.length >= deepest) {
    yield* shell.complain(`${definition.name}: maximum function nesting level exceeded (${deepest})`);
    throw new AbortControl(1, false);
  }
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
