/** `set -x`: commands as they are about to run, on standard error after $PS4. */
import type { Sys } from '../../linux/index.ts';
import { quoteWord } from '../expand/quote.ts';
import { printError, type Shell } from '../state/shell.ts';

export function* traceText(shell: Shell, text: string): Sys<void> {
  if (!shell.options.has('xtrace')) return;
  const prompt = shell.variables.get('PS4') ?? '+ ';
  yield* printError(`${prompt.slice(0, 1).repeat(shell.substitutionLevel)}${prompt}${text}\n`);
}

export function* traceWords(shell: Shell, words: readonly string[]): Sys<void> {
  if (!shell.options.has('xtrace')) return;
  yield* traceText(shell, words.map(quoteForTrace).join(' '));
}

export function quoteForTrace(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./^~{}-]+$/.test(word) && !/^[~#]/.test(word) ? word : quoteWord(word, true);
}
