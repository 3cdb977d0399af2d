/** Builtins that steer the flow of commands: break, continue, return, exit, eval, source, exec, `:`, true, false, let. */
import { isOsError } from '../../base/index.ts';
import { readFile, type Sys } from '../../linux/index.ts';
import { arithmeticStatus } from '../exec/arithmeticCommand.ts';
import { findProgram, isExecutable, searchPath } from '../exec/find.ts';
import { AbortControl, ExitControl, LoopControl, ReturnControl } from '../state/control.ts';
import { isStopped } from '../state/jobs.ts';
import { printError, type Shell } from '../state/shell.ts';
import { textFromBytes } from '../text.ts';
import { readOptions, usageError } from './options.ts';
import type { BuiltinTable } from './types.ts';

/** The status argument of exit and return; the status of the last command without one. */
function* statusArgument(shell: Shell, name: string, args: readonly string[]): Sys<number> {
  const [text] = args;
  if (text === undefined) return shell.lastStatus;
  if (!/^[+-]?\d+$/.test(text)) {
    yield* shell.complain(`${name}: ${text}: numeric argument required`);
    return 2;
  }
  return Number(BigInt.asUintN(8, BigInt(text)));
}

function* loopControl(shell: Shell, kind: 'break' | 'continue', args: readonly string[]): Sys<number> {
  if (shell.loopDepth === 0) {
    yield* shell.complain(`${kind}: only meaningful in a \`for', \`while', or \`until' loop`);
    return 0;
  }
  const [text = '1'] = args;
  if (!/^[+-]?\d+$/.test(text)) {
    yield* shell.complain(`${kind}: ${text}: numeric argument required`);
    throw new ExitControl(128);
  }
  const levels = Number(text);
  if (levels < 1) {
    yield* shell.complain(`${kind}: ${text}: loop count out of range`);
    throw new LoopControl('break', shell.loopDepth);
  }
  throw new LoopControl(kind, Math.min(levels, shell.loopDepth));
}

function* exit(shell: Shell, args: readonly string[]): Sys<number> {
  const [text] = args;
  if (shell.interactive) yield* printError(shell.login ? 'logout\n' : 'exit\n');
  if (args.length > 1 && /^[+-]?\d+$/.test(text!)) {
    yield* shell.complain('exit: too many arguments');
    throw new AbortControl(1, false);
  }
  const status = yield* statusArgument(shell, 'exit', args);
  if (shell.interactive && shell.jobs.all.some(isStopped) && !shell.warnedOfJobs) {
    yield* printError('There are stopped jobs.\n');
    shell.warnedOfJobs = true;
    return 1;
  }
  throw new ExitControl(status);
}

function* source(shell: Shell, args: readonly string[], name: string): Sys<number> {
  const synopsis = `${name} filename [arguments]`;
  const options = yield* readOptions(shell, name, synopsis, '', args);
  if (options === null) return 2;
  const [file, ...positional] = options.rest;
  if (file === undefined) {
    yield* usageError(shell, name, synopsis, 'filename argument required');
    return 2;
  }
  const path = file.includes('/') ? file : ((yield* sourcePath(shell, file)) ?? file);
  let text: string;
  try {
    text = textFromBytes(yield* readFile(path));
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* shell.complain(
      error.code === 'EISDIR' ? `${name}: ${file}: is a directory` : `${file}: ${error.message}`,
    );
    return 1;
  }
  return yield* runSourced(shell, text, path, positional.length > 0 ? positional : null);
}

/** `.` searches PATH for a readable file, executable or not; then the current directory. */
function* sourcePath(shell: Shell, file: string): Sys<string | null> {
  const found = yield* searchPath(file, shell.variables.get('PATH') ?? '');
  return found[0] ?? null;
}

/** Runs a file's text in this shell. */
export function* runSourced(
  shell: Shell,
  text: string,
  path: string,
  positional: readonly string[] | null,
): Sys<number> {
  const saved = shell.positional;
  const { line } = shell;
  if (positional !== null) shell.positional = [...positional];
  shell.sourceDepth++;
  shell.callStack.push({ name: 'source', line, source: path });
  try {
    return yield* shell.evaluator.text(shell, text, path);
  } catch (error) {
    if (error instanceof ReturnControl) return error.status;
    throw error;
  } finally {
    shell.callStack.pop();
    shell.sourceDepth--;
    shell.line = line;
    if (positional !== null) shell.positional = saved;
  }
}

function* exec(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'exec', table.exec!.synopsis, 'cla:', args);
  if (options === null) return 2;
  const [name] = options.rest;
  if (name === undefined) return 0;
  const path = yield* findProgram(shell, name);
  if (path === null || (name.includes('/') && !(yield* isExecutable(name)) && !(yield* exists(name)))) {
    yield* shell.complain(path === null ? `exec: ${name}: not found` : `${name}: No such file or directory`);
    if (shell.interactive) return 127;
    throw new ExitControl(127);
  }
  const environment = options.has('c') ? new Map<string, string>() : shell.variables.environment();
  const argv0 = (options.has('l') ? '-' : '') + (options.value('a') ?? name);
  const words = [path, ...options.rest.slice(1)];
  const status = yield* shell.evaluator.exec(shell, words, environment, argv0);
  if (shell.interactive) return status;
  throw new ExitControl(status);
}

function* exists(path: string): Sys<boolean> {
  try {
    yield* readFile(path);
    return true;
  } catch (error) {
    return !isOsError(error, 'ENOENT', 'ENOTDIR');
  }
}

const table: BuiltinTable = {
  ':': {
    synopsis: ':',
    summary: 'Does nothing, with success.',
    *run() {
      return 0;
    },
  },
  true: {
    synopsis: 'true',
    summary: 'Returns success.',
    *run() {
      return 0;
    },
  },
  false: {
    synopsis: 'false',
    summary: 'Returns failure.',
    *run() {
      return 1;
    },
  },
  break: {
    synopsis: 'break [n]',
    summary: 'Leaves the innermost loop, or n loops.',
    *run(shell, args) {
      return yield* loopControl(shell, 'break', args);
    },
  },
  continue: {
    synopsis: 'continue [n]',
    summary: 'Starts the next round of the innermost loop, or of the nth around it.',
    *run(shell, args) {
      return yield* loopControl(shell, 'continue', args);
    },
  },
  return: {
    synopsis: 'return [n]',
    summary: 'Leaves a function or a sourced script with status n.',
    *run(shell, args) {
      if (shell.callStack.length === 0) {
        yield* shell.complain("return: can only `return' from a function or sourced script");
        return 2;
      }
      throw new ReturnControl(yield* statusArgument(shell, 'return', args));
    },
  },
  exit: {
    synopsis: 'exit [n]',
    summary: 'Ends the shell with status n.',
    *run(shell, args) {
      return yield* exit(shell, args);
    },
  },
  logout: {
    synopsis: 'logout [n]',
    summary: 'Ends a login shell.',
    *run(shell, args) {
      if (shell.login) return yield* exit(shell, args);
      yield* shell.complain("logout: not login shell: use `exit'");
      return 1;
    },
  },
  eval: {
    synopsis: 'eval [arg ...]',
    summary: 'Joins its arguments and runs them as shell text.',
    *run(shell, args) {
      const text = args[0] === '--' ? args.slice(1).join(' ') : args.join(' ');
      return text.trim() === '' ? 0 : yield* shell.evaluator.text(shell, text, 'eval');
    },
  },
  '.': {
    synopsis: '. filename [arguments]',
    summary: 'Runs the commands of a file in this shell.',
    *run(shell, args) {
      return yield* source(shell, args, '.');
    },
  },
  source: {
    synopsis: 'source filename [arguments]',
    summary: 'Runs the commands of a file in this shell.',
    *run(shell, args) {
      return yield* source(shell, args, 'source');
    },
  },
  exec: {
    synopsis: 'exec [-cl] [-a name] [command [argument ...]] [redirection ...]',
    summary: 'Replaces the shell by a program, or makes redirections permanent.',
    *run(shell, args) {
      return yield* exec(shell, args);
    },
  },
  let: {
    synopsis: 'let arg [arg ...]',
    summary: 'Computes arithmetic expressions.',
    *run(shell, args) {
      if (args.length === 0) {
        yield* shell.complain('let: expression expected');
        return 1;
      }
      let status = 1;
      for (const text of args) status = yield* arithmeticStatus(shell, text, 'let');
      return status;
    },
  },
};

export const controlBuiltins = table;
