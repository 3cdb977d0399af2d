/** Taking a line apart before anything in it is replaced: its flags, and words whose quotes stay. */
import { isBlank, splitBlanks, trim } from './text.ts';

/**
 * Words of `text`, split at blanks that are neither quoted nor escaped. With `bare` quotes and escapes are taken off, and reading ends
 * before the first word that `wanted` does not take; what is left then is `rest`.
 */
function scan(
  text: string,
  escapeToken: string,
  bare: boolean,
  wanted: (rest: string) => boolean,
): { words: string[]; rest: string } {
  const chars = [...text];
  const words: string[] = [];
  let word = '';
  let inside = false;
  let quote = '';
  const restAt = (at: number) => chars.slice(at).join('');
  for (let i = 0; i < chars.length; i++) {
    let char = chars[i]!;
    if (!inside) {
      if (isBlank(char)) continue;
      if (!wanted(restAt(i))) return { words, rest: restAt(i) };
      inside = true;
      word = '';
    }
    if (quote === '' && isBlank(char)) {
      inside = false;
      if (bare && word === '--') return { words, rest: restAt(i) };
      if (word !== '' || !bare) words.push(word);
      continue;
    }
    const escaping = char === escapeToken && (bare || quote !== "'");
    if (escaping) {
      // At the end of the line it escapes nothing.
      if (i + 1 === chars.length) break;
      if (!bare) word += char;
      char = chars[++i]!;
    } else if (quote === '' ? char === "'" || char === '"' : char === quote) {
      quote = quote === '' ? char : '';
      if (bare) continue;
    }
    word += char;
  }
  if (inside && word !== '' && !(bare && word === '--')) words.push(word);
  return { words, rest: '' };
}

/** `name=value` words with the quotes that the lexer takes off later. */
export const splitWords = (text: string, escapeToken: string): string[] =>
  scan(text, escapeToken, false, () => true).words;

/** Keyword, flags that begin with two dashes, and the rest of the line. */
export function splitFlags(
  line: string,
  escapeToken: string,
): { keyword: string; flags: string[]; rest: string } {
  const [keyword = '', text] = splitBlanks(trim(line), 2);
  if (text === undefined) return { keyword, flags: [], rest: '' };
  const { words, rest } = scan(text, escapeToken, true, (left) => left.startsWith('--'));
  return { keyword, flags: words, rest: trim(rest) };
}
