/** Words of a template: text/template/parse's lexer. */
import { goNumber, unescapeGo } from './literals.ts';

/** What is wrong with a template, and where: found before anything is filled in. */
export class SyntaxFault extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

export interface Token {
  readonly kind: 'literal' | 'field' | 'variable' | 'name' | 'sign';
  readonly text: string;
  /** Where it begins in the template. */
  readonly at: number;
  /** Of a literal. */
  readonly value?: string | number;
  /** A blank stands before it. */
  readonly spaced: boolean;
}

/** A piece of text, or the words between `{{` and `}}`. */
export type Piece =
  | { readonly text: string }
  | { readonly tokens: readonly Token[]; readonly at: number; readonly end: number };

const BLANK = ' \t\r\n';
const code = (char: string) =>
  `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} '${char}'`;

/** Texts and actions one after the other: a mistake is met only when it is reached. */
export function* pieces(source: string): Generator<Piece, void> {
  let at = 0;
  let trimmed = false;
  for (;;) {
    const open = source.indexOf('{{', at);
    const raw = open < 0 ? source.slice(at) : source.slice(at, open);
    const begun = trimmed ? raw.trimStart() : raw;
    if (open < 0) {
      yield { text: begun };
      return;
    }
    const trims = source[open + 2] === '-' && BLANK.includes(source[open + 3] ?? 'x');
    yield { text: trims ? begun.trimEnd() : begun };
    const start = open + (trims ? 4 : 2);
    if (source.startsWith('/*', start)) {
      const close = source.indexOf('*/', start);
      if (close < 0) throw new SyntaxFault('unclosed comment', start);
      const ending = /^(\s-)?\}\}/.exec(source.slice(close + 2));
      if (ending === null) throw new SyntaxFault('comment ends before closing delimiter', start);
      trimmed = ending[1] !== undefined;
      at = close + 2 + ending[0].length;
      continue;
    }
    const words = new Words(source, start);
    const tokens = words.all();
    yield { tokens, at: start, end: words.at };
    trimmed = words.trims;
    at = words.at;
  }
}

/** Those of one action. */
class Words {
  readonly #source: string;
  at: number;
  /** Blanks after the action are taken away. */
  trims = false;

  constructor(source: string, at: number) {
    this.#source = source;
    this.at = at;
  }

  all(): Token[] {
    const tokens: Token[] = [];
    let depth = 0;
    for (;;) {
      const before = this.at;
      this.#match(/[ \t\r\n]*/y);
      const rest = this.#source.slice(this.at, this.at + 3);
      this.trims = this.at > before && rest === '-}}';
      if (this.trims || rest.startsWith('}}')) {
        if (depth > 0) throw new SyntaxFault('unclosed left paren', this.at);
        this.at += this.trims ? 3 : 2;
        return tokens;
      }
      const token = this.#next(this.at > before);
      if (token.text === '(') depth++;
      if (token.text === ')' && --depth < 0) throw new SyntaxFault('unexpected right paren', token.at);
      tokens.push(token);
    }
  }

  #next(spaced: boolean): Token {
    const at = this.at;
    const char = this.#source[at];
    if (char === undefined) throw new SyntaxFault('unclosed action', at);
    const token = (kind: Token['kind'], text: string, value?: string | number): Token => ({
      ...{ kind, text, at, spaced },
      ...(value !== undefined && { value }),
    });
    if (char === '"' || char === "'") return this.#quoted(char, token);
    if (char === '`') {
      const text = this.#match(/`[^`]*`/y);
      if (text === '') throw new SyntaxFault('unterminated raw quoted string', at);
      return token('literal', text, text.slice(1, -1));
    }
    const number = this.#match(
      /[-+]?(0[xX][\da-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[\d_]*\d[\d_]*(\.[\d_]*)?([eE][-+]?\d+)?|\.\d+)/y,
    );
    if (number !== '') {
      const next = this.#source[this.at] ?? '';
      if (/\w/.test(next)) throw new SyntaxFault(`bad number syntax: "${number}${next}"`, at);
      const value = goNumber(number);
      if (value === null) throw new SyntaxFault(`illegal number syntax: "${number}"`, at);
      return token('literal', number, value);
    }
    for (const [kind, form] of [
      ['variable', /\$[\p{L}\p{N}_]*/uy],
      ['field', /\.[\p{L}\p{N}_]*/uy],
      ['name', /[\p{L}_][\p{L}\p{N}_]*/uy],
    ] as const) {
      const text = this.#match(form);
      if (text === '') continue;
      const next = this.#source[this.at];
      const ends = next === undefined || /[\s.,|:()=]/.test(next) || this.#source.startsWith('}}', this.at);
      if (!ends) throw new SyntaxFault(`bad character ${code(next)}`, at);
      return token(kind, text);
    }
    return token('sign', this.#match(/:=|[\s\S]/uy));
  }

  #quoted(quote: string, token: (kind: 'literal', text: string, value: string | number) => Token): Token {
    const what = quote === '"' ? 'quoted string' : 'character constant';
    const at = this.at;
    const text = this.#match(quote === '"' ? /"(\\[^\n]|[^"\\\n])*"/y : /'(\\[^\n]|[^'\\\n])*'/y);
    if (text === '') throw new SyntaxFault(`unterminated ${what}`, at);
    const value = unescapeGo(text.slice(1, -1), quote);
    if (quote === '"') {
      if (value === null) throw new SyntaxFault('invalid syntax', at);
      return token('literal', text, value);
    }
    if (value === null || [...value].length !== 1)
      throw new SyntaxFault(
        value === null || value === '' ? 'invalid syntax' : `malformed character constant: ${text}`,
        at,
      );
    return token('literal', text, value.codePointAt(0)!);
  }

  /** What stands here of that form, the empty text for nothing; goes past it. */
  #match(form: RegExp): string {
    form.lastIndex = this.at;
    const text = form.exec(this.#source)?.[0] ?? '';
    this.at += text.length;
    return text;
  }
}
