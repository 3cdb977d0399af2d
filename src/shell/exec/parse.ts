/** What the parser needs from a shell, and how syntax errors are told. */
import type { Sys } from '../../linux/index.ts';
import { printError, type Shell } from '../state/shell.ts';
import type { ParserOptions } from '../syntax/parser.ts';
import type { ShellSyntaxError } from '../syntax/source.ts';

/** Warnings of the parser that have not been printed: it cannot make system calls. */
export const pendingWarnings = new WeakMap<Shell, string[]>();

export function parserOptions(shell: Shell, interactive: boolean): ParserOptions {
  return {
    extglob: () => shell.options.shopt('extglob'),
    alias: (name) => (shell.options.shopt('expand_aliases') ? shell.aliases.get(name) : undefined),
    warn: (line, message) => {
      const list = pendingWarnings.get(shell) ?? [];
      pendingWarnings.set(shell, [...list, `${shell.name}: line ${line}: warning: ${message}\n`]);
    },
    interactive,
  };
}

/** Prints what the parser warned about. */
export function* flushWarnings(shell: Shell): Sys<void> {
  const list = pendingWarnings.get(shell);
  if (list === undefined) return;
  pendingWarnings.delete(shell);
  yield* printError(list.join(''));
}

/** `bash: -c: line 1: syntax error …`, and the line it is in. `origin`: the file, `eval`, or null for the shell's own input. */
export function* syntaxErrorLines(shell: Shell, error: ShellSyntaxError, origin: string | null): Sys<void> {
  if (shell.interactive && origin === null) {
    yield* printError(`${shell.shortName}: ${error.message}\n`);
    return;
  }
  const where = origin ?? (shell.commandString ? '-c' : '');
  const name = origin?.includes('/') ? origin : shell.name + (where === '' ? '' : `: ${where}`);
  const prefix = `${name}: line ${error.line}: `;
  const near = error.near === null ? '' : `${prefix}\`${error.near}'\n`;
  yield* printError(`${prefix}${error.message}\n${near}`);
}
