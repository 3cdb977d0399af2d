/** sub and gsub: what takes the place of matches. */
import { bounded } from './problems.ts';
import type { Regex } from './regex.ts';

/** A replacement in pieces; null stands for the text that matched. `\&` is an ampersand, `\\` a backslash, other escapes stay. */
function piecesOf(replacement: string): (string | null)[] {
  const pieces: (string | null)[] = [];
  let plain = '';
  for (let i = 0; i < replacement.length; i++) {
    const char = replacement[i]!;
    const next = replacement[i + 1];
    if (char === '\\' && (next === '&' || next === '\\')) {
      plain += next;
      i++;
    } else if (char === '&') {
      pieces.push(plain, null);
      plain = '';
    } else plain += char;
  }
  pieces.push(plain);
  return pieces;
}

/** `text` with the first match, or every one, replaced, and how many there were. */
export function substitute(
  text: string,
  regex: Regex,
  replacement: string,
  every: boolean,
): { text: string; count: number } {
  const pieces = piecesOf(replacement);
  let out = '';
  let count = 0;
  let copied = 0;
  for (let at = 0; at <= text.length; ) {
    const match = regex.find(text, at);
    if (match === null) break;
    const { start, end } = match;
    // An empty match right behind another match does not count.
    if (start < end || start !== copied || count === 0) {
      const matched = text.slice(start, end);
      out = bounded(out + text.slice(copied, start) + pieces.map((piece) => piece ?? matched).join(''));
      copied = end;
      count++;
      if (!every) break;
    }
    at = end > start ? end : end + 1;
  }
  return { text: out + text.slice(copied), count };
}
