/** Turns the current process into a program: execve(2), and what the shell says when it fails. */
import { isOsError } from '../../base/index.ts';
import { readFile, type Sys, sys } from '../../linux/index.ts';
import { ExitControl } from '../state/control.ts';
import { Shell } from '../state/shell.ts';
import { textFromBytes } from '../text.ts';
import { isExecutable } from './find.ts';
import { runExitTrap } from './signals.ts';

/** Replaces the process; returns the exit status (126 or 127) when that fails. */
export function* launch(
  shell: Shell,
  path: string,
  argv: readonly string[],
  environment: ReadonlyMap<string, string>,
): Sys<number> {
  try {
    return yield* sys.execve(path, argv, environment);
  } catch (error) {
    if (!isOsError(error)) throw error;
    if (error.code === 'ENOEXEC') return yield* runAsScript(shell, path, argv, environment);
    const missing = error.code === 'ENOENT';
    if (yield* isDirectory(path)) yield* shell.complain(`${path}: Is a directory`);
    else if (missing && (yield* isExecutable(path))) {
      yield* shell.complain(`${path}: cannot execute: required file not found`);
    } else yield* shell.complain(`${path}: ${error.message}`);
    return missing ? 127 : 126;
  }
}

function* isDirectory(path: string): Sys<boolean> {
  try {
    return ((yield* sys.stat(path)).mode & 0o170000) === 0o040000;
  } catch (error) {
    if (isOsError(error)) return false;
    throw error;
  }
}

/** A file without a magic number that the kernel refused: the shell takes it for a script. */
function* runAsScript(
  shell: Shell,
  path: string,
  argv: readonly string[],
  environment: ReadonlyMap<string, string>,
): Sys<number> {
  let text: string;
  try {
    text = textFromBytes(yield* readFile(path));
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* shell.complain(`${path}: ${error.message}`);
    return 126;
  }
  if (text.slice(0, text.indexOf('\n') + 1).includes('\0')) {
    yield* shell.complain(`${path}: cannot execute binary file: Exec format error`);
    return 126;
  }
  const fresh = new Shell(shell.evaluator);
  for (const [name, value] of environment) {
    const variable = fresh.variables.declare(name);
    variable.value = value;
    variable.exported = true;
  }
  fresh.name = path;
  fresh.positional = argv.slice(1);
  fresh.pid = yield* sys.getpid();
  fresh.ownPid = fresh.pid;
  let status: number;
  try {
    status = yield* fresh.evaluator.text(fresh, text, path);
  } catch (error) {
    if (!(error instanceof ExitControl)) throw error;
    status = error.status;
  }
  return yield* runExitTrap(fresh, status);
}
