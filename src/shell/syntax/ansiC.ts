/** Backslash escapes of `$'…'`, `echo -e` and `printf`: the bash manual, "ANSI-C Quoting". */
import { textFromByte } from '../text.ts';

const simple: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** `quote`: $'…'; `echo`: echo -e and printf %b, where octal needs a leading 0 and \c ends; `printf`: a format. */
export type EscapeDialect = 'quote' | 'echo' | 'printf';

export interface EscapeResult {
  readonly text: string;
  /** Index of the first character after the escape. */
  readonly next: number;
  /** `\c` in `echo`: all output ends here. */
  readonly stop: boolean;
}

function digits(text: string, at: number, pattern: RegExp, most: number): string {
  let end = at;
  while (end < at + most && end < text.length && pattern.test(text[end]!)) end++;
  return text.slice(at, end);
}

const hex = /[0-9a-fA-F]/;
const octal = /[0-7]/;

function numeric(text: string, at: number, dialect: EscapeDialect): EscapeResult | null {
  const char = text[at]!;
  if (char === 'x' || char === 'u' || char === 'U') {
    const found = digits(text, at + 1, hex, char === 'x' ? 2 : char === 'u' ? 4 : 8);
    if (found === '') return null;
    const code = Number.parseInt(found, 16);
    const next = at + 1 + found.length;
    if (char === 'x') return { text: textFromByte(code), next, stop: false };
    return { text: code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd', next, stop: false };
  }
  if (!octal.test(char)) return null;
  if (dialect === 'echo' && char !== '0') return null;
  const start = dialect === 'echo' ? at + 1 : at;
  const found = digits(text, start, octal, 3);
  return {
    text: textFromByte(Number.parseInt(found || '0', 8) & 0xff),
    next: start + found.length,
    stop: false,
  };
}

/** Reads the escape whose backslash is at `at - 1`. An unknown escape keeps its backslash. */
export function readEscape(text: string, at: number, dialect: EscapeDialect): EscapeResult {
  const char = text[at];
  if (char === undefined) return { text: '\\', next: at, stop: false };
  const plain = simple[char];
  if (plain !== undefined) return { text: plain, next: at + 1, stop: false };
  if (char === '"' && dialect !== 'echo') return { text: '"', next: at + 1, stop: false };
  if (dialect === 'quote') {
    if (char === "'" || char === '?') return { text: char, next: at + 1, stop: false };
    if (char === 'c' && text[at + 1] !== undefined) {
      return { text: String.fromCharCode(text.charCodeAt(at + 1) & 0x1f), next: at + 2, stop: false };
    }
  } else if (dialect === 'printf' && char === "'") {
    return { text: char, next: at + 1, stop: false };
  } else if (char === 'c' && dialect === 'echo') {
    return { text: '', next: at + 1, stop: true };
  }
  return numeric(text, at, dialect) ?? { text: `\\${char}`, next: at + 1, stop: false };
}

/** Replaces all escapes in `text`. */
export function decodeEscapes(text: string, dialect: EscapeDialect): { text: string; stop: boolean } {
  let out = '';
  for (let i = 0; i < text.length; ) {
    if (text[i] !== '\\') {
      out += text[i++];
      continue;
    }
    const found = readEscape(text, i + 1, dialect);
    out += found.text;
    i = found.next;
    if (found.stop) return { text: out, stop: true };
  }
  return { text: out, stop: false };
}
