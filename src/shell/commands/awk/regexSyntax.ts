/**
 * awk's regular expressions as trees: extended ones (POSIX, XBD 9.4) as mawk 1.3.4 reads them. Braces are plain characters, there are
 * no GNU escapes such as \w, an unmatched `)` stands for itself, and characters are bytes.
 */

export type RegexNode =
  | { readonly kind: 'set'; readonly bytes: Uint8Array }
  | { readonly kind: 'start' | 'end' | 'empty' }
  | { readonly kind: 'sequence' | 'either'; readonly left: RegexNode; readonly right: RegexNode }
  | { readonly kind: 'repeat'; readonly operand: RegexNode; readonly sign: '*' | '+' | '?' };

/** What is wrong with an expression, as mawk says it. */
export class RegexError extends Error {}

const classes: Record<string, (code: number) => boolean> = {
  alpha: (code) => classes.upper!(code) || classes.lower!(code),
  digit: (code) => code >= 48 && code <= 57,
  alnum: (code) => classes.alpha!(code) || classes.digit!(code),
  upper: (code) => code >= 65 && code <= 90,
  lower: (code) => code >= 97 && code <= 122,
  space: (code) => code === 32 || (code >= 9 && code <= 13),
  blank: (code) => code === 32 || code === 9,
  punct: (code) => classes.graph!(code) && !classes.alnum!(code),
  print: (code) => code >= 32 && code < 127,
  graph: (code) => code > 32 && code < 127,
  cntrl: (code) => code < 32 || code === 127,
  xdigit: (code) => classes.digit!(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102),
};

const controls: Record<string, string> = {
  n: '\n',
  t: '\t',
  f: '\f',
  r: '\r',
  b: '\b',
  v: '\v',
  a: '\u0007',
};

function single(code: number): RegexNode {
  const bytes = new Uint8Array(256);
  bytes[code] = 1;
  return { kind: 'set', bytes };
}

/** The character of an escape whose backslash is before `at`, and where it ends. */
export function escapeAt(text: string, at: number): { char: string; end: number } | null {
  const octal = /^[0-7]{1,3}/.exec(text.slice(at, at + 3));
  if (octal !== null) {
    return { char: String.fromCharCode(Number.parseInt(octal[0], 8) & 255), end: at + octal[0].length };
  }
  const hex = /^x([0-9a-fA-F]{1,2})/.exec(text.slice(at, at + 3));
  if (hex !== null)
    return { char: String.fromCharCode(Number.parseInt(hex[1]!, 16)), end: at + hex[0].length };
  const control = controls[text[at] ?? ''];
  return control === undefined ? null : { char: control, end: at + 1 };
}

/** The parser is recursive: so many parentheses are no strain to any engine. */
const DEEPEST = 200;

class RegexParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): RegexNode {
    if (this.#text === '') return { kind: 'empty' };
    return this.#either();
  }

  #either(): RegexNode {
    let left = this.#sequence();
    while (this.#text[this.#at] === '|') {
      this.#at++;
      left = { kind: 'either', left, right: this.#sequence() };
    }
    return left;
  }

  #sequence(): RegexNode {
    let left: RegexNode | null = null;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char === '|' || (char === ')' && this.#depth > 0)) break;
      const right = this.#repeated();
      left = left === null ? right : { kind: 'sequence', left, right };
    }
    if (left === null) {
      const unfinished = this.#depth > 0 && this.#at >= this.#text.length;
      throw new RegexError(unfinished ? "missing ')'" : 'missing operand');
    }
    return left;
  }

  #repeated(): RegexNode {
    let operand = this.#operand();
    for (let sign = this.#text[this.#at]; sign === '*' || sign === '+' || sign === '?'; ) {
      operand = { kind: 'repeat', operand, sign };
      sign = this.#text[++this.#at];
    }
    return operand;
  }

  #operand(): RegexNode {
    const char = this.#text[this.#at++]!;
    switch (char) {
      case '*':
      case '+':
      case '?':
        throw new RegexError('missing operand');
      case '(': {
        if (++this.#depth > DEEPEST) throw new RegexError('parentheses nest too deep');
        const inner = this.#either();
        if (this.#text[this.#at++] !== ')') throw new RegexError("missing ')'");
        this.#depth--;
        return inner;
      }
      case '.':
        return { kind: 'set', bytes: new Uint8Array(256).fill(1) };
      case '[':
        return { kind: 'set', bytes: this.#bracket() };
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '\\': {
        const found = escapeAt(this.#text, this.#at);
        if (found !== null) {
          this.#at = found.end;
          return single(found.char.charCodeAt(0));
        }
        return single((this.#text[this.#at++] ?? '\\').charCodeAt(0));
      }
      default:
        return single(char.charCodeAt(0));
    }
  }

  /** Behind `[`. */
  #bracket(): Uint8Array {
    const bytes = new Uint8Array(256);
    const negated = this.#text[this.#at] === '^';
    if (negated) this.#at++;
    for (let first = true; ; first = false) {
      if (this.#at >= this.#text.length) throw new RegexError('bad class -- [], [^] or [');
      if (this.#text[this.#at] === ']' && !first) break;
      const named = /^\[:(\w+):\]/.exec(this.#text.slice(this.#at, this.#at + 12));
      const member = named === null ? undefined : classes[named[1]!];
      if (member !== undefined) {
        for (let code = 0; code < 256; code++) if (member(code)) bytes[code] = 1;
        this.#at += named![0].length;
        continue;
      }
      const low = this.#bracketCharacter();
      let high = low;
      const after = this.#text[this.#at + 1];
      if (this.#text[this.#at] === '-' && after !== undefined && after !== ']') {
        this.#at++;
        high = this.#bracketCharacter();
      }
      for (let code = low; code <= high; code++) bytes[code] = 1;
    }
    this.#at++;
    return negated ? bytes.map((member) => 1 - member) : bytes;
  }

  #bracketCharacter(): number {
    const char = this.#text[this.#at++]!;
    if (char !== '\\') return char.charCodeAt(0);
    const found = escapeAt(this.#text, this.#at);
    if (found !== null) {
      this.#at = found.end;
      return found.char.charCodeAt(0);
    }
    const next = this.#text[this.#at];
    if (next === undefined) return 92;
    this.#at++;
    return next.charCodeAt(0);
  }
}

/** The tree of `text`, one character a byte. Throws RegexError. */
export function parseRegex(text: string): RegexNode {
  return new RegexParser(text).whole();
}
