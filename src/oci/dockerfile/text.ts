/** What counts as a blank: Unicode's white space, as Go's unicode.IsSpace has it. */
const BLANKS = '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const blank = new RegExp(`^[${BLANKS}]$`, 'u');
const leading = new RegExp(`^[${BLANKS}]+`, 'u');
const trailing = new RegExp(`[${BLANKS}]+$`, 'u');

export const isBlank = (char: string): boolean => blank.test(char);
export const trimStart = (text: string): string => text.replace(leading, '');
export const trim = (text: string): string => text.replace(leading, '').replace(trailing, '');

/** Between the words of an instruction: blanks of ASCII without the end of a line. */
const BETWEEN = /[\t\v\f\r ]+/;

/** The parts of `text`, where the last of at most `limit` takes all the rest. */
export function splitBlanks(text: string, limit = Number.POSITIVE_INFINITY): string[] {
  const parts: string[] = [];
  let rest = text;
  while (parts.length + 1 < limit) {
    const match = BETWEEN.exec(rest);
    if (match === null) break;
    parts.push(rest.slice(0, match.index));
    rest = rest.slice(match.index + match[0].length);
  }
  return [...parts, rest];
}
