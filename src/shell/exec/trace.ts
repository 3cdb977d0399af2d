/** `set -x`: commands as they are about to run, on standard error after $PS4. */
import type { Sys } from '../../linux/index.ts';
import { quoteWord } from '../expand/quote.ts';
import { printError, type Shell } from '../state/shell.ts';

export const isTraced = (shell: Shell): boolean => shell.options.has('xtrace');

/** `text` is asked for only where it is shown. */
export function* traceText(shell: Shell, text: () => string): Sys<void> {
  if (!isTraced(shell)) return;
  const prompt = shell.variables.get('PS4') ?? '+ ';
  yield* printError(`${prompt.slice(0, 1).repeat(shell.substitutionLevel)}${prompt}${text()}\n`);
}

export function* traceWords(shell: Shell, words: readonly string[]): Sys<void> {
  yield* traceText(shell, () => words.map(quoteForTrace).join(' '));
}

/** Searched for one character: a pattern that repeats would remember each of a long text, for which its engine has no room. */
const UNSAFE = /[^A-Za-z0-9_@%+=:,./^~{}-]/;

export function quoteForTrace(word: string): string {
  return word !== '' && !UNSAFE.test(word) && !word.startsWith('~') ? word : quoteWord(word, true);
}
