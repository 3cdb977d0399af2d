/** Literals of Go: strconv.Unquote, and numbers. go.dev/ref/spec, "Lexical elements". */

const SIMPLE: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\' },
};

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\"']))/y;

/** What stands between quotation marks of the kind `quote`; null for an escape that there is not. A byte above 0x7f is taken for a letter. */
export function unescapeGo(text: string, quote: string): string | null {
  let out = '';
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      out += text[at];
      continue;
    }
    ESCAPE.lastIndex = at;
    const found = ESCAPE.exec(text);
    if (found === null) return null;
    const [whole, x, u, long, octal, letter] = found;
    const code = octal === undefined ? Number.parseInt(x ?? u ?? long ?? '', 16) : Number.parseInt(octal, 8);
    if (letter === undefined) {
      const isLetter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      if (!isLetter || (octal !== undefined && code > 255)) return null;
      out += String.fromCodePoint(code);
    } else if (letter === '"' || letter === "'") {
      if (letter !== quote) return null;
      out += letter;
    } else out += SIMPLE[letter];
    at += whole.length - 1;
  }
  return out;
}

/** Decimal, hexadecimal, octal, binary and floating numbers, with `_` between digits; null for none. */
export function goNumber(text: string): number | null {
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/s.exec(text)!;
  const plain = digits.replace(/(?<=[\da-fA-FxXoObB])_(?=[\da-fA-F])/g, '');
  const octal = /^0[0-7]+$/.test(plain);
  const form = /^(0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+|(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)$/;
  if (!form.test(plain)) return null;
  const value = octal ? Number.parseInt(plain, 8) : Number(plain);
  return sign === '-' ? -value : value;
}
