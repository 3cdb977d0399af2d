/** Compound commands: groups, subshells, conditionals and loops. */
import type { Sys } from '../../linux/index.ts';
import { expandArithmetic } from '../expand/arithmeticValue.ts';
import { Pattern } from '../expand/pattern.ts';
import { expandPattern, expandText, expandWords } from '../expand/word.ts';
import { assignVariable } from '../state/assign.ts';
import { AbortControl, LoopControl } from '../state/control.ts';
import type { Shell } from '../state/shell.ts';
import { VariableError } from '../state/variables.ts';
import type { CompoundCommand, List, Word } from '../syntax/ast.ts';
import { printCommand } from '../syntax/print.ts';
import { runArithmeticCommand } from './arithmeticCommand.ts';
import { runConditional } from './conditional.ts';
import { nest } from './nesting.ts';
import { runChild } from './pipeline.ts';
import { redirect } from './redirect.ts';
import { tick } from './signals.ts';
import { runInSubshell } from './subshell.ts';
import { suspended } from './suspended.ts';
import { isTraced, traceText } from './trace.ts';

type Loop<T extends CompoundCommand['type']> = CompoundCommand & { readonly type: T };

export function* runCompound(shell: Shell, command: CompoundCommand): Sys<number> {
  if (command.type === 'subshell') {
    shell.line = command.line;
    return yield* runChild(
      shell,
      () => printCommand(command),
      (child) => runInSubshell(child, command),
    );
  }
  const redirected = yield* redirect(shell, command.redirections);
  if (redirected === null) return 1;
  try {
    return yield* nest(shell, runBody(shell, command));
  } finally {
    yield* redirected.undo();
  }
}

function runBody(shell: Shell, command: CompoundCommand): Sys<number> {
  switch (command.type) {
    case 'group':
    case 'subshell':
      return shell.evaluator.list(shell, command.body);
    case 'if':
      return runIf(shell, command);
    case 'for':
      return runFor(shell, command);
    case 'arithmeticFor':
      return runArithmeticFor(shell, command);
    case 'while':
      return runWhile(shell, command);
    case 'case':
      return runCase(shell, command);
    case 'arithmetic':
    case 'conditional':
      return runTest(shell, command);
  }
}

function* runTest(
  shell: Shell,
  command: CompoundCommand & { readonly type: 'arithmetic' | 'conditional' },
): Sys<number> {
  shell.line = command.line;
  yield* tick(shell);
  if (command.type === 'arithmetic') return yield* runArithmeticCommand(shell, command.expression);
  return (yield* runConditional(shell, command.expression)) ? 0 : 1;
}

function* test(shell: Shell, condition: List): Sys<boolean> {
  return (yield* suspended(shell, shell.evaluator.list(shell, condition))) === 0;
}

function* runIf(shell: Shell, command: Loop<'if'>): Sys<number> {
  for (const { condition, body } of command.clauses) {
    if (yield* test(shell, condition)) return yield* shell.evaluator.list(shell, body);
  }
  if (command.otherwise !== null) return yield* shell.evaluator.list(shell, command.otherwise);
  return 0;
}

/** Runs one round of a loop; true when the loop goes on. */
function* round(shell: Shell, body: List, status: { value: number }): Sys<boolean> {
  try {
    status.value = yield* shell.evaluator.list(shell, body);
    return true;
  } catch (error) {
    if (!(error instanceof LoopControl)) throw error;
    if (error.levels > 1 && shell.loopDepth > 1) {
      error.levels--;
      throw error;
    }
    status.value = 0;
    shell.lastStatus = 0;
    return error.kind === 'continue';
  }
}

function* looping(shell: Shell, loop: (status: { value: number }) => Sys<void>): Sys<number> {
  const status = { value: 0 };
  shell.loopDepth++;
  try {
    yield* loop(status);
  } finally {
    shell.loopDepth--;
  }
  return status.value;
}

function* runFor(shell: Shell, command: Loop<'for'>): Sys<number> {
  shell.line = command.line;
  if (!/^[A-Za-z_]\w*$/.test(command.name)) {
    yield* shell.complain(`\`${command.name}': not a valid identifier`);
    return 1;
  }
  const items = command.words === null ? [...shell.positional] : yield* expandWords(shell, command.words);
  return yield* looping(shell, (status) => itemRounds(shell, command, items, status));
}

const headText = ({ name, words }: Loop<'for'>): string =>
  `for ${name} in ${words?.map((word) => word.text).join(' ') ?? '"$@"'}`;

function* itemRounds(
  shell: Shell,
  command: Loop<'for'>,
  items: readonly string[],
  status: { value: number },
): Sys<void> {
  for (const item of items) {
    shell.line = command.line;
    yield* tick(shell);
    if (isTraced(shell)) yield* traceText(shell, () => headText(command));
    try {
      assignVariable(shell, command.name, null, item);
    } catch (error) {
      if (!(error instanceof VariableError)) throw error;
      yield* shell.complain(error.message);
      throw new AbortControl(1, true);
    }
    if (!(yield* round(shell, command.body, status))) return;
  }
}

function* runArithmeticFor(shell: Shell, command: Loop<'arithmeticFor'>): Sys<number> {
  shell.line = command.line;
  yield* expandArithmetic(shell, command.init);
  return yield* looping(shell, (status) => arithmeticRounds(shell, command, status));
}

function* arithmeticRounds(
  shell: Shell,
  command: Loop<'arithmeticFor'>,
  status: { value: number },
): Sys<void> {
  const compute = (expression: Word) => expandArithmetic(shell, expression);
  for (;;) {
    shell.line = command.line;
    yield* tick(shell);
    if (command.condition.text.trim() !== '' && (yield* compute(command.condition)) === 0n) return;
    if (!(yield* round(shell, command.body, status))) return;
    yield* compute(command.step);
  }
}

function runWhile(shell: Shell, command: Loop<'while'>): Sys<number> {
  return looping(shell, (status) => conditionalRounds(shell, command, status));
}

function* conditionalRounds(shell: Shell, command: Loop<'while'>, status: { value: number }): Sys<void> {
  for (;;) {
    yield* tick(shell);
    const condition = { value: 0 };
    const goesOn = yield* suspendedRound(shell, command.condition, condition);
    if (!goesOn) return;
    if ((condition.value === 0) === command.until) return;
    if (!(yield* round(shell, command.body, status))) return;
  }
}

function* suspendedRound(shell: Shell, list: List, status: { value: number }): Sys<boolean> {
  shell.errexitSuspended++;
  try {
    return yield* round(shell, list, status);
  } finally {
    shell.errexitSuspended--;
  }
}

function* runCase(shell: Shell, command: Loop<'case'>): Sys<number> {
  shell.line = command.line;
  const text = yield* expandText(shell, command.word);
  yield* traceText(shell, () => `case ${command.word.text} in`);
  const options = {
    extglob: shell.options.shopt('extglob'),
    ignoreCase: shell.options.shopt('nocasematch'),
  };
  let status = 0;
  let falling = false;
  for (const item of command.items) {
    if (!falling && !(yield* matches(shell, text, item.patterns, options))) continue;
    status = yield* shell.evaluator.list(shell, item.body);
    if (item.body.items.length === 0) status = 0;
    if (item.terminator === ';;') return status;
    falling = item.terminator === ';&';
  }
  return status;
}

function* matches(
  shell: Shell,
  text: string,
  patterns: readonly Word[],
  options: { extglob: boolean; ignoreCase: boolean },
): Sys<boolean> {
  for (const pattern of patterns) {
    if (new Pattern(yield* expandPattern(shell, pattern), options).matches(text)) return true;
  }
  return false;
}
