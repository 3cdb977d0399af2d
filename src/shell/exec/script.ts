/** Runs text that is not typed: -c, a script file, standard input without a terminal. */
import { concatBytes, isOsError } from '../../base/index.ts';
import { READ_SIZE, type Sys, sys } from '../../linux/index.ts';
import { AbortControl, ExitControl, ReturnControl } from '../state/control.ts';
import { printError, type Shell } from '../state/shell.ts';
import type { List } from '../syntax/ast.ts';
import { Parser } from '../syntax/parser.ts';
import { ShellSyntaxError, Source } from '../syntax/source.ts';
import { textFromBytes } from '../text.ts';
import { runList } from './evaluator.ts';
import { flushWarnings, parserOptions, syntaxErrorLines } from './parse.ts';

/** Runs one list at the outermost level: an aborted command line is dropped, a fatal mistake ends the shell. */
export function* runTopLevel(shell: Shell, list: List, last: boolean): Sys<void> {
  try {
    shell.lastStatus = yield* runList(shell, list, { last });
  } catch (error) {
    if (error instanceof ReturnControl) shell.lastStatus = error.status;
    else if (error instanceof AbortControl) {
      if (error.fatal && !shell.interactive) throw new ExitControl(error.status);
      shell.lastStatus = error.status;
    } else throw error;
  }
}

/** Runs a whole text command by command. `exclusive`: nothing follows, so the last program may replace the shell. */
export function* runScript(
  shell: Shell,
  text: string,
  origin: string | null,
  exclusive: boolean,
): Sys<number> {
  const source = new Source(text);
  const parser = new Parser(source, parserOptions(shell, false));
  for (;;) {
    let list: List | null;
    const start = source.pos;
    try {
      list = parser.next();
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      yield* flushWarnings(shell);
      yield* syntaxErrorLines(shell, error, origin);
      return 2;
    }
    yield* flushWarnings(shell);
    if (shell.options.has('verbose')) yield* printError(echoed(source.text.slice(start, source.pos)));
    if (list === null) return shell.lastStatus;
    const last = exclusive && source.text.slice(source.pos).trim() === '' && shell.traps.size === 0;
    yield* runTopLevel(shell, list, last);
  }
}

/** `set -v`: the text as it was read, with the newline that its last line may lack. */
function echoed(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** Reads commands from standard input line by line, so that they can read what follows them. */
export function* runStandardInput(shell: Shell): Sys<number> {
  const seekable = yield* isSeekable(0);
  let text = '';
  let line = 1;
  for (;;) {
    const next = yield* readLine(0, seekable);
    text += next ?? '';
    if (text === '' && next === null) return shell.lastStatus;
    const source = new Source(text, line);
    const parser = new Parser(source, parserOptions(shell, next !== null));
    try {
      const lists: List[] = [];
      for (let list = parser.next(); list !== null; list = parser.next()) lists.push(list);
      line = source.line;
      text = '';
      yield* flushWarnings(shell);
      for (const list of lists) yield* runTopLevel(shell, list, false);
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      if (error.incomplete && next !== null) continue;
      yield* syntaxErrorLines(shell, error, null);
      return 2;
    }
    if (next === null) return shell.lastStatus;
  }
}

function* isSeekable(fd: number): Sys<boolean> {
  try {
    yield* sys.lseek(fd, 0, 'cur');
    return true;
  } catch (error) {
    if (isOsError(error)) return false;
    throw error;
  }
}

/** One line with its newline, and not a byte more; null at end of file. */
export function* readLine(fd: number, seekable: boolean): Sys<string | null> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = yield* sys.read(fd, seekable ? READ_SIZE : 1);
    if (part.length === 0) break;
    const end = part.indexOf(10);
    parts.push(part.subarray(0, end < 0 ? part.length : end + 1));
    if (end < 0) continue;
    if (end + 1 < part.length) yield* sys.lseek(fd, end + 1 - part.length, 'cur');
    break;
  }
  return parts.length === 0 ? null : textFromBytes(concatBytes(parts));
}
