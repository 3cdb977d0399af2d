/** Words of a jq program. */

/** What a program is not: jq says so and ends with status 3. */
export class CompileError extends Error {}

/** What reads and checks a program calls itself for each level of it, so that these are limited. */
const DEEPEST = 500;

/** Throws CompileError. */
export function requireShallowProgram(depth: number): void {
  if (depth > DEEPEST) throw new CompileError('the program is nested too deeply');
}

export type Token =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'field' | 'variable' | 'format' | 'word' | 'sign'; readonly text: string }
  /** Literal parts and programs between them. */
  | { readonly kind: 'string'; readonly parts: readonly (string | readonly Token[])[] };

const SIGNS = [
  '?//=',
  '//=',
  '|=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '==',
  '!=',
  '<=',
  '>=',
  '//',
  '..',
  '?',
  '.',
  '[',
  ']',
  '(',
  ')',
  '{',
  '}',
  '|',
  ',',
  ':',
  ';',
  '=',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '%',
];

const patterns = {
  number: /(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y,
  field: /\.([A-Za-z_]\w*)/y,
  variable: /\$\s*((?:[A-Za-z_]\w*::)*[A-Za-z_]\w*)/y,
  format: /@[A-Za-z0-9]+/y,
  word: /(?:[A-Za-z_]\w*::)*[A-Za-z_]\w*/y,
} as const;

export function tokenize(source: string): Token[] {
  const lexer = new Lexer(source);
  const tokens = lexer.run();
  if (!lexer.done) throw new CompileError("syntax error, unexpected ')' (Unix shell quoting issues?)");
  return tokens;
}

class Lexer {
  readonly #source: string;
  #at = 0;
  #strings = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get done(): boolean {
    return this.#at >= this.#source.length;
  }

  /** Up to the end, or to the bracket that closes an interpolation. */
  run(): Token[] {
    const tokens: Token[] = [];
    let depth = 0;
    while (!this.done) {
      const char = this.#source[this.#at]!;
      if (/\s/.test(char)) this.#at++;
      else if (char === '#') this.#comment();
      else if (char === '"') tokens.push(this.#string());
      else {
        if (char === '(') depth++;
        if (char === ')' && depth-- === 0) return tokens;
        tokens.push(this.#token());
      }
    }
    return tokens;
  }

  #comment(): void {
    const end = this.#source.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#source.length : end;
  }

  #token(): Token {
    for (const kind of ['number', 'field', 'variable', 'format', 'word'] as const) {
      const pattern = patterns[kind];
      pattern.lastIndex = this.#at;
      const found = pattern.exec(this.#source);
      if (found === null) continue;
      this.#at += found[0].length;
      if (kind === 'number') return { kind, value: Number(found[0]) };
      return { kind, text: found[1] ?? found[0] };
    }
    const sign = SIGNS.find((text) => this.#source.startsWith(text, this.#at));
    if (sign === undefined)
      throw new CompileError('syntax error, unexpected INVALID_CHARACTER (Unix shell quoting issues?)');
    this.#at += sign.length;
    return { kind: 'sign', text: sign };
  }

  #string(): Token {
    const parts: (string | readonly Token[])[] = [];
    let literal = '';
    this.#at++;
    for (;;) {
      const char = this.#source[this.#at++];
      if (char === undefined)
        throw new CompileError(
          'syntax error, unexpected $end, expecting QQSTRING_TEXT (Unix shell quoting issues?)',
        );
      if (char === '"') break;
      if (char !== '\\') {
        literal += char;
        continue;
      }
      const escaped = this.#source[this.#at++] ?? '';
      if (escaped === '(') {
        requireShallowProgram(++this.#strings);
        parts.push(literal, this.run());
        this.#strings--;
        literal = '';
        this.#at++;
      } else if (escaped === 'u') {
        literal += String.fromCharCode(Number.parseInt(this.#source.slice(this.#at, this.#at + 4), 16));
        this.#at += 4;
      } else {
        const plain = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '"': '"', '\\': '\\', '/': '/' }[
          escaped
        ];
        if (plain === undefined) throw new CompileError('invalid escape in a string');
        literal += plain;
      }
    }
    return { kind: 'string', parts: [...parts, literal] };
  }
}
