/** Simple commands: assignments, functions, builtins, programs. POSIX, "Simple Commands" and "Command Search and Execution". */
import { isOsError, OsError } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import { builtins } from '../builtins/index.ts';
import type { ArrayArgument, Builtin, BuiltinCall } from '../builtins/types.ts';
import { expandAssignment, expandWord, fixedText } from '../expand/word.ts';
import type { CommandLookup, Shell } from '../state/shell.ts';
import { VariableError } from '../state/variables.ts';
import type { FunctionDefinition, SimpleCommand, Word } from '../syntax/ast.ts';
import { printCommand } from '../syntax/print.ts';
import { assignAll, expandArrayLiteral, temporaryAssignments } from './assignment.ts';
import type { RunContext } from './evaluator.ts';
import { findProgram } from './find.ts';
import { callFunction } from './function.ts';
import { holdVariables } from './holding.ts';
import { launch } from './launch.ts';
import { apart } from './nesting.ts';
import { runChild } from './pipeline.ts';
import { Redirected, redirect } from './redirect.ts';
import { runTrap, tick } from './signals.ts';
import { isTraced, traceWords } from './trace.ts';

const declarationBuiltins = new Set(['declare', 'typeset', 'local', 'export', 'readonly']);

export function* runSimple(shell: Shell, command: SimpleCommand, context: RunContext): Sys<number> {
  shell.line = command.line;
  yield* tick(shell);
  const debug = shell.traps.get('DEBUG');
  if (debug !== undefined && shell.callStack.length === 0) yield* runTrap(shell, 'DEBUG', debug);
  shell.substitutionStatus = null;
  const opened = shell.processDescriptors.length;
  const call = yield* expandCall(shell, command);
  try {
    if (call.words.length === 0) return yield* runAssignments(shell, command);
    if (isTraced(shell)) yield* traceWords(shell, call.words);
    return yield* dispatch(shell, command, call, context);
  } finally {
    if (shell.processDescriptors.length > opened)
      for (const fd of shell.processDescriptors.splice(opened)) yield* closeQuietly(fd);
  }
}

function* closeQuietly(fd: number): Sys<void> {
  try {
    yield* sys.close(fd);
  } catch (error) {
    if (!isOsError(error)) throw error;
  }
}

interface Call extends BuiltinCall {
  readonly words: readonly string[];
}

const NO_ARRAYS: BuiltinCall['arrays'] = new Map();

/** Expands the words. Arguments of declaration builtins that look like assignments are expanded as assignments. */
function* expandCall(shell: Shell, command: SimpleCommand): Sys<Call> {
  const words: string[] = [];
  let arrays: Map<number, ArrayArgument> | null = null;
  for (const word of command.words) {
    const { assignment } = word;
    const fixed = assignment === undefined ? fixedText(word) : null;
    if (fixed !== null) words.push(fixed);
    else if (assignment === undefined || !isDeclaration(words)) {
      for (const text of yield* expandWord(shell, word)) words.push(text);
    } else if ('parts' in assignment.value) words.push(yield* assignmentArgument(shell, word));
    else {
      const { name, append, value } = assignment;
      arrays ??= new Map();
      arrays.set(words.length - 1, { append, elements: yield* expandArrayLiteral(shell, value) });
      words.push(name);
    }
  }
  return { words, arrays: arrays ?? NO_ARRAYS };
}

function isDeclaration(words: readonly string[]): boolean {
  const command = words.find((word) => word !== 'command' && word !== 'builtin');
  return command !== undefined && declarationBuiltins.has(command);
}

function* assignmentArgument(shell: Shell, word: Word): Sys<string> {
  const { name, index, append, value } = word.assignment!;
  const head = index === null ? name : `${name}[${index.text}]`;
  return `${head}${append ? '+=' : '='}${yield* expandAssignment(shell, value as Word)}`;
}

/** A command of assignments and redirections alone. */
function* runAssignments(shell: Shell, command: SimpleCommand): Sys<number> {
  yield* assignAll(shell, command.assignments);
  if (command.redirections.length > 0) {
    const redirected = yield* redirect(shell, command.redirections);
    if (redirected === null) return 1;
    yield* redirected.undo();
  }
  return shell.substitutionStatus ?? 0;
}

function dispatch(shell: Shell, command: SimpleCommand, call: Call, context: RunContext): Sys<number> {
  const name = call.words[0]!;
  shell.lastArgument = call.words[call.words.length - 1]!;
  const definition = shell.functions.get(name);
  const builtin = definition === undefined ? builtins.get(name) : undefined;
  if (definition === undefined && builtin === undefined) {
    return apart(runProgram(shell, command, call.words, context));
  }
  return runHere(shell, command, call, definition ?? builtin!);
}

/** A function or a builtin. */
function* runHere(
  shell: Shell,
  command: SimpleCommand,
  call: Call,
  called: FunctionDefinition | Builtin,
): Sys<number> {
  const temporary = command.assignments.length > 0;
  if (temporary) {
    shell.variables.pushScope(true);
    yield* temporaryAssignments(shell, command.assignments);
  }
  try {
    const redirected = yield* redirect(shell, command.redirections);
    if (redirected === null) {
      return 1;
    }
    if (call.words[0] === 'exec' && call.words.length === 1) yield* redirected.keep();
    try {
      if ('run' in called) return yield* runBuiltin(shell, called, call);
      return yield* callFunction(shell, called, call.words.slice(1));
    } finally {
      yield* redirected.undo();
    }
  } finally {
    if (temporary) shell.variables.popScope();
  }
}

/** Runs a builtin; its mistakes are told with its name before them. */
export function* runBuiltin(shell: Shell, builtin: Builtin, call: Call): Sys<number> {
  const [name, ...args] = call.words as [string, ...string[]];
  try {
    const status = yield* builtin.run(shell, args, { name, arrays: call.arrays });
    yield* holdVariables(shell);
    return status;
  } catch (error) {
    if (error instanceof VariableError) {
      yield* shell.complain(`${error.message}`);
      return 1;
    }
    if (!(error instanceof OsError)) throw error;
    if (error.code === 'EINTR') return 130;
    yield* shell.complain(`${name}: write error: ${error.message}`);
    return 1;
  }
}

/** There is nothing to undo. */
const NOT_REDIRECTED = new Redirected();

function* runProgram(
  shell: Shell,
  command: SimpleCommand,
  words: readonly string[],
  context: RunContext,
): Sys<number> {
  const temporary = command.assignments.length > 0;
  if (temporary) shell.variables.pushScope(true);
  let environment: Map<string, string>;
  let path: string | null;
  try {
    if (temporary) yield* temporaryAssignments(shell, command.assignments);
    environment = shell.variables.environment();
    path = yield* findProgram(shell, words[0]!);
  } finally {
    if (temporary) shell.variables.popScope();
  }
  const here = path === null || (context.last && !shell.traps.has('EXIT') && !shell.interactive);
  if (here) return yield* becomeProgram(shell, command, words, path, environment);
  return yield* runChild(
    shell,
    () => printCommand(command),
    (child) => becomeProgram(child, command, words, path, environment),
    command.redirections.length === 0,
  );
}

/** In the process that the program is to run in; `path` is null when there is none. */
function* becomeProgram(
  shell: Shell,
  command: SimpleCommand,
  words: readonly string[],
  path: string | null,
  environment: Map<string, string>,
): Sys<number> {
  const { redirections } = command;
  const redirected = redirections.length > 0 ? yield* redirect(shell, redirections) : NOT_REDIRECTED;
  if (redirected === null) return 1;
  if (path === null) {
    yield* shell.complain(
      `${words[0]}: ${words[0]!.includes('/') ? 'No such file or directory' : 'command not found'}`,
    );
    yield* redirected.undo();
    return 127;
  }
  environment.set('_', path);
  return yield* launch(shell, path, words, environment);
}

/** `command`, `builtin`: words that are already expanded. */
export function* runWords(shell: Shell, words: readonly string[], lookup: CommandLookup): Sys<number> {
  const [name] = words;
  if (name === undefined) return 0;
  const definition = lookup.functions ? shell.functions.get(name) : undefined;
  if (definition !== undefined) return yield* callFunction(shell, definition, words.slice(1));
  const builtin = builtins.get(name);
  if (builtin !== undefined) return yield* runBuiltin(shell, builtin, { words, arrays: NO_ARRAYS });
  if (!lookup.programs) {
    yield* shell.complain(`builtin: ${name}: not a shell builtin`);
    return 1;
  }
  const path = yield* findProgram(shell, name, lookup.standardPath);
  if (path === null) {
    yield* shell.complain(`${name}: command not found`);
    return 127;
  }
  const environment = shell.variables.environment();
  return yield* runChild(
    shell,
    () => words.join(' '),
    (child) => launch(child, path, words, environment),
  );
}
