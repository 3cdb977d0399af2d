/** Runs lists of commands: sequences, `&&` and `||`, `set -e`. Pipelines, simple and compound commands have their own files. */
import { type Sys, sys } from '../../linux/index.ts';
import { builtins } from '../builtins/index.ts';
import { expander } from '../expand/word.ts';
import { ExitControl } from '../state/control.ts';
import type { Evaluator, Shell } from '../state/shell.ts';
import type { AndOr, Command, FunctionDefinition, List, Pipeline } from '../syntax/ast.ts';
import { Parser } from '../syntax/parser.ts';
import { ShellSyntaxError, Source } from '../syntax/source.ts';
import { runCompound } from './compound.ts';
import { launch } from './launch.ts';
import { nest } from './nesting.ts';
import { parserOptions, syntaxErrorLines } from './parse.ts';
import { runAsync, runPipedCommands } from './pipeline.ts';
import { runAsProcess } from './process.ts';
import {
  catchesSignals,
  handleSignals,
  resetSignals,
  runTrap,
  setInteractiveSignals,
  setTrap,
} from './signals.ts';
import { runSimple, runWords } from './simple.ts';
import { suspended } from './suspended.ts';
import { timed } from './time.ts';

/** How a command is run. */
export interface RunContext {
  /** The process ends after this command, so a program may replace it instead of running in a child. */
  readonly last: boolean;
}

const inside: RunContext = { last: false };

export const evaluator: Evaluator = {
  list: (shell, list, last = false) => runList(shell, list, { last }),
  andOr: (shell, andOr, last) => runAndOr(shell, andOr, { last }),
  command: (shell, command, last) => runCommand(shell, command, { last }),
  expander,
  text: runText,
  substitution: runSubstitution,
  words: runWords,
  builtinNames: () => [...builtins.keys()],
  *exec(shell, words, environment, argv0) {
    const traps = new Map(shell.traps);
    yield* resetSignals(shell, shell.interactive);
    const status = yield* launch(shell, words[0]!, [argv0, ...words.slice(1)], environment);
    if (shell.interactive) yield* setInteractiveSignals();
    for (const [name, action] of traps) yield* setTrap(shell, name, action);
    return status;
  },
};

/** Runs all items; the status is the last one's. */
export function* runList(shell: Shell, list: List, context: RunContext): Sys<number> {
  for (let i = 0; i < list.items.length; i++) {
    const item = list.items[i]!;
    if (shell.options.has('noexec') && !shell.interactive) return shell.lastStatus;
    if (item.background) {
      yield* runAsync(shell, item.andOr);
      shell.lastStatus = 0;
    } else {
      const last = context.last && i === list.items.length - 1;
      shell.lastStatus = yield* runAndOr(shell, item.andOr, last ? context : inside);
    }
    if (catchesSignals(shell)) yield* handleSignals(shell);
  }
  return shell.lastStatus;
}

// Each generator between a command and its system calls is entered again for each of them: what only chooses is none.

export function runAndOr(shell: Shell, andOr: AndOr, context: RunContext): Sys<number> {
  if (andOr.rest.length === 0) return runPipeline(shell, andOr.first, context);
  return runChain(shell, andOr, context);
}

function* runChain(shell: Shell, andOr: AndOr, context: RunContext): Sys<number> {
  const { rest } = andOr;
  let status = yield* suspended(shell, runPipeline(shell, andOr.first, inside));
  for (const [i, { op, pipeline }] of rest.entries()) {
    shell.lastStatus = status;
    if ((op === '&&') !== (status === 0)) continue;
    const last = i === rest.length - 1;
    const run = runPipeline(shell, pipeline, last ? context : inside);
    status = last ? yield* run : yield* suspended(shell, run);
  }
  return status;
}

function* runPipeline(shell: Shell, pipeline: Pipeline, context: RunContext): Sys<number> {
  if (pipeline.time !== null) {
    const { time, ...plain } = pipeline;
    return yield* timed(shell, time, runPipeline(shell, { ...plain, time: null }, inside));
  }
  if (pipeline.negated) {
    const positive: Pipeline = { ...pipeline, negated: false };
    const status = yield* suspended(shell, runPipeline(shell, positive, inside));
    return status === 0 ? 1 : 0;
  }
  const only = pipeline.commands[0];
  if (only === undefined) return 0;
  const piped = pipeline.commands.length > 1;
  const status = piped ? yield* runPipedCommands(shell, pipeline) : yield* runCommand(shell, only, context);
  if (!piped && !(only.type === 'simple' && only.words.length > 0 && status !== shell.lastStatus)) {
    // PIPESTATUS of a command that ran in this process.
    shell.variables.setArray('PIPESTATUS', [String(status)]);
  }
  if (status !== 0 && (piped || failsList(only))) yield* failed(shell, status);
  return status;
}

/** Commands whose own failure `set -e` acts on; inside the other ones it has acted already. */
function failsList(command: Command): boolean {
  return ['simple', 'subshell', 'arithmetic', 'conditional'].includes(command.type);
}

/** A command failed and nobody tests its status: the ERR trap and `set -e`. */
function* failed(shell: Shell, status: number): Sys<void> {
  if (shell.errexitSuspended > 0) return;
  shell.lastStatus = status;
  const action = shell.traps.get('ERR');
  if (action !== undefined && (shell.callStack.length === 0 || shell.options.has('errtrace'))) {
    yield* runTrap(shell, 'ERR', action);
  }
  if (shell.options.has('errexit')) throw new ExitControl(status);
}

export function runCommand(shell: Shell, command: Command, context: RunContext): Sys<number> {
  switch (command.type) {
    case 'simple':
      return runSimple(shell, command, context);
    case 'function':
      return defineFunction(shell, command);
    default:
      return runCompound(shell, command);
  }
}

function* defineFunction(shell: Shell, definition: FunctionDefinition): Sys<number> {
  shell.functions.set(definition.name, definition);
  return 0;
}

/** The child of `$( )` and `<( )`. */
function* runSubstitution(shell: Shell, list: List): Sys<number> {
  shell.ownPid = yield* sys.getpid();
  yield* resetSignals(shell, shell.options.has('monitor') || shell.history !== null);
  shell.options.set('monitor', false);
  if (!shell.options.shopt('inherit_errexit')) shell.options.set('errexit', false);
  return yield* runAsProcess(shell, runList(shell, list, { last: true }));
}

/** Reads and runs text command by command, as `eval` does. `origin` names a file in messages. */
function* runText(shell: Shell, text: string, origin: string | null): Sys<number> {
  return yield* nest(shell, runParsed(shell, text, origin));
}

function* runParsed(shell: Shell, text: string, origin: string | null): Sys<number> {
  const source = new Source(text, origin === null ? Math.max(shell.line, 1) : 1);
  const parser = new Parser(source, parserOptions(shell, false));
  let status = 0;
  for (;;) {
    let list: List | null;
    try {
      list = parser.next();
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      yield* syntaxErrorLines(shell, error, origin);
      return 2;
    }
    if (list === null) return status;
    status = yield* runList(shell, list, inside);
  }
}
