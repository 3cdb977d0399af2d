/** The `l` command: a text so that everything in it can be seen. */
import { encodeUtf8 } from '../../../base/index.ts';

const named: Record<string, string> = {
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

const octal = (byte: number) => `\\${byte.toString(8).padStart(3, '0')}`;

/** How one character is shown. */
function shown(char: string): string {
  const code = char.codePointAt(0)!;
  if (named[char] !== undefined) return named[char];
  if (code >= 0x20 && code < 0x7f) return char;
  return [...encodeUtf8(char)].map(octal).join('');
}

/** `text` with `$` at its end, in lines of at most `width` characters that end in `\`; 0: one line. */
export function listing(text: string, width: number): string {
  let out = '';
  let column = 0;
  for (const char of text) {
    // An escape is never broken; the bytes of one character may be.
    for (const piece of shown(char).match(/\\\d{3}|\\?[\s\S]/g) ?? []) {
      if (width > 0 && column + piece.length > width - 1) {
        out += '\\\n';
        column = 0;
      }
      out += piece;
      column += piece.length;
    }
  }
  return `${out}$\n`;
}
