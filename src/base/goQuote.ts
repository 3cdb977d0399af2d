/** Letters after a backslash, and what they stand for in Go. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['\x07', 'a'],
  ['\b', 'b'],
  ['\f', 'f'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
  ['\v', 'v'],
  ['\\', '\\'],
  ['"', '"'],
]);

/** In double quotes, as Go's %q and strconv.Quote have it: what unicode.IsPrint denies is escaped. */
export function goQuote(text: string): string {
  const escaped = [...text].map((char) => {
    const letter = LETTERS.get(char);
    if (letter !== undefined) return `\\${letter}`;
    if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) return char;
    const hex = char.codePointAt(0)!.toString(16);
    if (char < '\x80') return `\\x${hex.padStart(2, '0')}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
  });
  return `"${escaped.join('')}"`;
}
