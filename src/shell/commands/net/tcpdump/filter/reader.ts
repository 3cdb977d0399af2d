/** The tokens of a filter expression, read from left to right. */
import { syntaxError } from './errors.ts';
import { type Token, tokensOf } from './tokens.ts';

export class Reader {
  readonly #tokens: readonly Token[];
  /** Which token comes next; may be set back. */
  at = 0;

  constructor(expression: string) {
    this.#tokens = tokensOf(expression);
  }

  peek(): Token | null {
    return this.#tokens[this.at] ?? null;
  }

  /** Throws Refused at the end. */
  next(): Token {
    const token = this.peek();
    if (token === null) throw syntaxError();
    this.at++;
    return token;
  }

  #take(kind: Token['kind'], texts: readonly string[]): string | null {
    const token = this.peek();
    if (token === null || token.kind !== kind || !texts.includes(token.text)) return null;
    this.at++;
    return token.text;
  }

  takeKeyword(...texts: readonly string[]): string | null {
    return this.#take('keyword', texts);
  }

  takeSign(...texts: readonly string[]): string | null {
    return this.#take('sign', texts);
  }

  needSign(text: string): void {
    if (this.takeSign(text) === null) throw syntaxError();
  }

  /** A number as C writes them: octal with 0 before it, hexadecimal with 0x. */
  takeNumber(): number | null {
    const token = this.peek();
    if (token?.kind !== 'number') return null;
    this.at++;
    const { text } = token;
    return (/^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text)) >>> 0;
  }
}
