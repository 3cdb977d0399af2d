/** nft's language as words with their places, so that an error can point at one. */

import type { SetField } from '../../../../network/index.ts';

export interface Token {
  readonly text: string;
  /** Written in quotation marks. */
  readonly quoted: boolean;
  /** First column, from 0, and the number of the line. */
  readonly column: number;
  readonly line: number;
}

/** A piece of a word that is not quoted, from one place in it to another. */
export const part = (token: Token, from: number, to?: number): Token => ({
  ...token,
  text: token.text.slice(from, to),
  column: token.column + from,
});

/** A set's name in a rule, and the words of what is looked up in it. */
export interface SetUse {
  readonly token: Token;
  readonly field: SetField;
  readonly expression: readonly [Token, Token];
}

/** What is wrong, and where. */
export class NftError extends Error {
  readonly from: Token | null;
  readonly to: Token | null;
  /** What the place is held against: first and last word, before it or behind. */
  readonly against: readonly [Token, Token] | null;

  constructor(
    message: string,
    from: Token | null,
    to: Token | null = from,
    against: readonly [Token, Token] | null = null,
  ) {
    super(message);
    this.from = from;
    this.to = to;
    this.against = against;
  }
}

const PATTERN = /"([^"\n]*)"|#[^\n]*|\\\n|[{};,\n]|!=|==|&|\||\(|\)|=|[^\s{};,"#=!&|()]+|!/g;

/** Newlines and semicolons are tokens, `;` both. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 0;
  let start = 0;
  for (const match of text.matchAll(PATTERN)) {
    const [whole, quoted] = match;
    const column = match.index - start;
    if (whole.startsWith('#')) continue;
    if (whole === '\\\n') {
      line++;
      start = match.index + 2;
      continue;
    }
    tokens.push({
      text: quoted ?? (whole === '\n' ? ';' : whole),
      quoted: quoted !== undefined,
      column,
      line,
    });
    if (whole !== '\n') continue;
    line++;
    start = match.index + 1;
  }
  return tokens;
}

/** The error as nft tells it: the message, the line, and marks below the place. */
export function errorText(error: NftError, text: string, file: string | null): string {
  const { from, to, against } = error;
  const lines = text.split('\n');
  const at = from?.line ?? lines.length - 1;
  const line = lines[at] ?? '';
  const first = from?.column ?? line.length;
  const width = (token: Token) => token.text.length + (token.quoted ? 2 : 0);
  const last = to === null || to.line !== at ? line.length + 1 : to.column + width(to);
  const place = file === null ? '' : `${file}:${at + 1}:${first + 1}-${Math.max(first + 1, last)}: `;
  const marks = '^'.repeat(Math.max(1, last - first));
  const tildes = (held: readonly [Token, Token]) =>
    '~'.repeat(held[1].column + width(held[1]) - held[0].column);
  let under = `${' '.repeat(first)}${marks}`;
  if (against !== null) {
    const start = against[0].column;
    under =
      start < first
        ? `${`${' '.repeat(start)}${tildes(against)}`.padEnd(first)}${marks}`
        : `${under.padEnd(start)}${tildes(against)}`;
  }
  return `${place}Error: ${error.message}\n${line}\n${under}\n`;
}

/** What a word is in messages. */
function kindOf(token: Token | null): string {
  if (token === null || (token.text === ';' && !token.quoted)) return 'newline';
  if (token.quoted) return 'quoted string';
  if (/^[{}=]$/.test(token.text)) return `'${token.text}'`;
  return /^(0x[0-9a-f]+|\d+)$/i.test(token.text) ? 'number' : token.text;
}

export class Tokens {
  /** Names of devices that have to be there. */
  readonly devices: Token[] = [];
  /** Names of sets that the rule being read looks something up in. */
  uses: SetUse[] = [];
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  peek(ahead = 0): Token | null {
    return this.#tokens[this.#at + ahead] ?? null;
  }

  get last(): Token | null {
    return this.#tokens[this.#at - 1] ?? null;
  }

  /** Takes the next word when it is one of `texts`. */
  take(...texts: readonly string[]): boolean {
    const token = this.peek();
    if (token === null || token.quoted || !texts.includes(token.text)) return false;
    this.#at++;
    return true;
  }

  /** The next word, which has to be there. */
  next(): Token {
    const token = this.peek();
    if (token === null || (token.text === ';' && !token.quoted))
      throw new NftError('syntax error, unexpected newline', token);
    this.#at++;
    return token;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.unexpected();
  }

  /** About the next word; `expecting` is what could stand there. */
  unexpected(expecting = ''): NftError {
    const token = this.peek();
    return new NftError(`syntax error, unexpected ${kindOf(token)}${expecting}`, token);
  }

  skipSeparators(): void {
    while (this.take(';'));
  }
}
