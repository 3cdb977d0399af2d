/** Cuts the text of an awk program into tokens. Whether a slash begins a regular expression is the parser's to know. */
import { AwkError } from './problems.ts';
import { escapeAt } from './regexSyntax.ts';

/** A part of the program: from the command line (no file) or a file of -f. */
export interface Source {
  readonly file: string | null;
  readonly text: string;
}

export type TokenKind =
  | 'number'
  | 'string'
  | 'name'
  /** A name right before its `(`. */
  | 'call'
  | 'builtin'
  | 'keyword'
  | 'sign'
  | 'newline'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As in the program; of a string what it stands for. */
  readonly text: string;
}

const keywords = new Set(
  'BEGIN END function if else while for do break continue next nextfile exit return delete getline in print printf'.split(
    ' ',
  ),
);

export const builtinNames = new Set(
  (
    'length substr index split sub gsub match sprintf sin cos atan2 exp log sqrt int rand srand ' +
    'tolower toupper system close fflush strftime mktime systime'
  ).split(' '),
);

const signs = /(?:\+\+|--|\+=|-=|\*=|\/=|%=|\^=|==|!=|<=|>=|>>|&&|\|\||!~|[-+*/%^!<>=~?:,;{}()[\]$|])/y;
const numeral = /(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const blank = /(?:[ \t\r]|\\\r?\n|#[^\n]*)+/y;

/** Escapes in a string or an assignment of the command line; what is no escape keeps its backslash. */
export function unescaped(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\\') {
      out += text[i];
      continue;
    }
    const next = text[i + 1];
    const found = escapeAt(text, i + 1);
    if (found !== null) {
      out += found.char;
      i = found.end - 1;
    } else if (next === '"' || next === '\\' || next === '/') {
      // mawk leaves `\/` as it is; a regular expression reads it as `/` all the same.
      out += next === '/' ? '\\/' : next;
      i++;
    } else if (next === '\n') i++;
    else out += '\\';
  }
  return out;
}

/** The parser is recursive: this many brackets are no strain to any engine. */
const DEEPEST = 200;

export class Lexer {
  readonly #sources: readonly Source[];
  #source = 0;
  #text: string;
  #at = 0;
  #line = 1;
  readonly #open: string[] = [];
  /** Where the token read last begins. */
  #start = 0;

  constructor(sources: readonly Source[]) {
    this.#sources = sources;
    this.#text = ended(sources[0]!.text);
  }

  /** `line 3`, or `file: line 3`. */
  get place(): string {
    const { file } = this.#sources[this.#source]!;
    return `${file === null ? '' : `${file}: `}line ${this.#line}`;
  }

  fail(message: string): never {
    throw new AwkError(`${this.place}: ${message}`);
  }

  next(): Token {
    this.#blank();
    while (this.#at >= this.#text.length) {
      if (this.#source + 1 >= this.#sources.length) return this.#end();
      this.#text = ended(this.#sources[++this.#source]!.text);
      this.#at = 0;
      this.#line = 1;
      this.#blank();
    }
    this.#start = this.#at;
    const char = this.#text[this.#at]!;
    if (char === '\n') return this.#newline();
    if (char === '"') return this.#string();
    const number = this.#take(numeral);
    if (number !== null) return { kind: 'number', text: number };
    const name = this.#take(word);
    if (name !== null) {
      if (keywords.has(name)) return { kind: 'keyword', text: name };
      if (builtinNames.has(name)) return { kind: 'builtin', text: name };
      return { kind: this.#text[this.#at] === '(' ? 'call' : 'name', text: name };
    }
    const sign = this.#take(signs);
    if (sign !== null) return this.#sign(sign);
    if (char === '&') {
      this.#at++;
      return { kind: 'sign', text: '&' };
    }
    const { file } = this.#sources[this.#source]!;
    throw new AwkError(`${file === null ? '' : `${file}: `}${this.#line}: unexpected character '${char}'`);
  }

  /** Reads the token again that was read last, a slash, as a regular expression; gives its text. */
  regex(): string {
    let text = '';
    for (let at = this.#start + 1, bracket = false; ; at++) {
      const char = this.#text[at];
      if (char === undefined || char === '\n') {
        const shown = this.#text.slice(this.#start, this.#start + 12).split('\n')[0]!;
        this.fail(`runaway regular expression ${shown.slice(0, 11)} ...`);
      }
      if (char === '/' && !bracket) {
        this.#at = at + 1;
        return text;
      }
      if (char === '[' && !bracket) {
        bracket = true;
        const opening = /^\[\^?\]?/.exec(this.#text.slice(at, at + 3))![0];
        text += opening;
        at += opening.length - 1;
        continue;
      }
      const named = bracket ? /^\[:\w+:\]/.exec(this.#text.slice(at, at + 12)) : null;
      if (named !== null) {
        text += named[0];
        at += named[0].length - 1;
        continue;
      }
      if (char === ']') bracket = false;
      text += char;
      if (char === '\\') text += this.#text[++at] ?? '';
    }
  }

  /** Whether a bare name that was just read is a whole argument: what may be an array. */
  argumentEnds(): boolean {
    return /^[ \t]*[,)]/.test(this.#text.slice(this.#at, this.#at + 40));
  }

  get inParentheses(): boolean {
    return this.#open.includes('(');
  }

  /** Whether the word after the token read last is `getline`. */
  getlineFollows(): boolean {
    return /^[ \t]*getline\b/.test(this.#text.slice(this.#at, this.#at + 80));
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#at += match[0].length;
    return match[0];
  }

  #blank(): void {
    const skipped = this.#take(blank);
    if (skipped !== null) this.#line += skipped.split('\n').length - 1;
  }

  #newline(): Token {
    this.#at++;
    return { kind: 'newline', text: '\n' };
  }

  /** A newline has been dealt with: the lines that follow are counted. */
  passedNewline(): void {
    this.#line++;
  }

  #end(): Token {
    if (this.#open.length > 0) this.fail('missing } near end of file');
    return { kind: 'end', text: '' };
  }

  #string(): Token {
    for (let at = this.#at + 1; at < this.#text.length && this.#text[at] !== '\n'; at++) {
      if (this.#text[at] === '"') {
        const raw = this.#text.slice(this.#at + 1, at);
        this.#at = at + 1;
        this.#line += raw.split('\n').length - 1;
        return { kind: 'string', text: unescaped(raw) };
      }
      if (this.#text[at] === '\\') at++;
    }
    const shown = this.#text.slice(this.#at, this.#at + 11).split('\n')[0]!;
    this.fail(`runaway string constant ${shown} ...`);
  }

  #sign(sign: string): Token {
    const opener = sign === ')' ? '(' : sign === '}' ? '{' : null;
    if (sign === '(' || sign === '{') {
      if (this.#open.push(sign) > DEEPEST) this.fail('parentheses and braces nest too deep');
    } else if (opener !== null) {
      if (sign === '}' && this.#open.at(-1) === '(') this.fail('missing ) near }');
      if (this.#open.at(-1) !== opener) this.fail(`extra '${sign}'`);
      this.#open.pop();
    }
    return { kind: 'sign', text: sign };
  }
}

/** mawk reads a program as if it ended in a newline. */
function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
