/** Cuts shell text into tokens: POSIX, "Token Recognition", with bash's operators. Here-documents are read at newlines. */
import { readArrayLiteral } from './assignments.ts';
import type { HereDocument, List, Word } from './ast.ts';
import { readHereDocument } from './heredoc.ts';
import { readParameter } from './parameters.ts';
import { ShellSyntaxError, type Source } from './source.ts';
import { isMetacharacter, readArithmetic, readWord, type WordReading } from './words.ts';

export type Token = { readonly start: number; readonly line: number } & (
  | { readonly kind: 'word'; readonly word: Word }
  | { readonly kind: 'operator'; readonly text: string }
  /** A descriptor (`2`) or a variable (`{fd}`) directly before a redirection operator. */
  | { readonly kind: 'descriptor'; readonly fd: number | null; readonly variable: string | null }
  | { readonly kind: 'newline' }
  | { readonly kind: 'end' }
);

const operators = [
  '&>>',
  '<<<',
  '<<-',
  ';;&',
  '&&',
  '||',
  ';;',
  ';&',
  '<<',
  '>>',
  '<&',
  '>&',
  '<>',
  '>|',
  '|&',
  '&>',
  '&',
  ';',
  '|',
  '<',
  '>',
  '(',
  ')',
];

interface PendingHereDocument {
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly stripTabs: boolean;
  readonly document: HereDocument;
  readonly line: number;
}

export interface LexerOptions {
  readonly extglob: () => boolean;
  /** Told about a here-document that the end of the text ended: `here-document at line …`. */
  readonly warn: (line: number, message: string) => void;
  /** More text may follow, so an unfinished here-document is incomplete, not an error. */
  readonly interactive: boolean;
}

export class Lexer implements WordReading {
  readonly source: Source;
  readonly options: LexerOptions;
  readonly substitution: (source: Source, closer: ')' | null) => List;
  readonly parameter = readParameter;
  depth = 0;
  #next: Token | null = null;
  #pending: PendingHereDocument[] = [];

  constructor(source: Source, options: LexerOptions, substitution: WordReading['substitution']) {
    this.source = source;
    this.options = options;
    this.substitution = substitution;
  }

  /** Set inside `[[ ]]`, where extended patterns are always on. */
  inConditional = false;

  extglob(): boolean {
    return this.inConditional || this.options.extglob();
  }

  peek(): Token {
    this.#next ??= this.#read();
    return this.#next;
  }

  next(): Token {
    const token = this.peek();
    this.#next = null;
    return token;
  }

  /** Text after the peeked token, unread: true when it starts with `text`. */
  followedBy(text: string): boolean {
    this.peek();
    return this.source.startsWith(text);
  }

  /** Replaces the peeked token by `text` and reads again. */
  replacePeeked(text: string): void {
    this.source.splice(this.peek().start, text);
    this.#next = null;
  }

  expectHereDocument(delimiterWord: Word, stripTabs: boolean): HereDocument {
    const quoted = delimiterWord.parts.some((part) => part.type === 'quoted' || part.type === 'double');
    const delimiter = delimiterWord.parts.map(delimiterText).join('');
    const document: HereDocument = { body: { parts: [], text: '' }, text: '' };
    this.#pending.push({ delimiter, quoted, stripTabs, document, line: this.source.line });
    return document;
  }

  #skipBlanks(): void {
    const { source } = this;
    for (;;) {
      const char = source.peek();
      if (char === ' ' || char === '\t') source.advance();
      else if (char === '\\' && source.peek(1) === '\n') {
        source.advance(2);
        if (source.atEnd && this.options.interactive) {
          throw new ShellSyntaxError('unexpected end of file', source.line, { incomplete: true });
        }
      } else if (char === '#') {
        while (!source.atEnd && source.peek() !== '\n') source.advance();
      } else return;
    }
  }

  #read(): Token {
    const { source } = this;
    this.#skipBlanks();
    const start = source.pos;
    const line = source.line;
    const char = source.peek();
    if (char === '') {
      this.#readHereDocuments();
      return { kind: 'end', start, line };
    }
    if (char === '\n') {
      source.advance();
      this.#readHereDocuments();
      return { kind: 'newline', start, line };
    }
    if (isMetacharacter(char) && !((char === '<' || char === '>') && source.peek(1) === '(')) {
      const text = operators.find((operator) => source.startsWith(operator))!;
      source.advance(text.length);
      return { kind: 'operator', text, start, line };
    }
    const word = this.#readWord();
    const redirects = source.peek() === '<' || source.peek() === '>';
    if (redirects && /^[0-9]{1,9}$/.test(word.text)) {
      return { kind: 'descriptor', fd: Number(word.text), variable: null, start, line };
    }
    if (redirects && /^\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(word.text)) {
      return { kind: 'descriptor', fd: null, variable: word.text.slice(1, -1), start, line };
    }
    return { kind: 'word', word, start, line };
  }

  /** A word; when it has the form of an assignment, that too. */
  #readWord(): Word {
    const { source } = this;
    const start = source.pos;
    const line = source.line;
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(source.text.slice(start, start + 256))?.[0];
    if (name === undefined) return readWord(this);
    source.pos += name.length;
    let index: Word | null = null;
    if (source.peek() === '[') {
      const close = this.#indexEnd();
      if (close > 0) {
        source.advance();
        index = readArithmetic(this, ']');
      }
    }
    const append = source.startsWith('+=');
    if (append || source.peek() === '=') {
      source.advance(append ? 2 : 1);
      const isArray = source.peek() === '(' && index === null;
      const value = isArray ? readArrayLiteral(this) : readWord(this);
      const head = source.text.slice(start, source.pos);
      const valueParts = 'parts' in value ? value.parts : [];
      const prefix = source.text.slice(start, head.indexOf('=') + start + 1);
      return {
        parts: [{ type: 'literal', text: prefix }, ...valueParts],
        text: head,
        assignment: { name, index, append, value },
      };
    }
    source.pos = start;
    source.line = line;
    return readWord(this);
  }

  /** Where the `]` of an index at the reading position is, if `=` or `+=` follows it; else 0. */
  #indexEnd(): number {
    const { text, pos } = this.source;
    let depth = 0;
    for (let i = pos; i < text.length && text[i] !== '\n'; i++) {
      if (text[i] === '[') depth++;
      else if (text[i] === ']' && --depth === 0) {
        return text[i + 1] === '=' || text.startsWith('+=', i + 1) ? i : 0;
      }
    }
    return 0;
  }

  #readHereDocuments(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { document, delimiter, quoted, stripTabs, line } of pending) {
      const ended = readHereDocument(this, document, { delimiter, quoted, stripTabs });
      if (ended) continue;
      if (this.options.interactive) {
        throw new ShellSyntaxError('unexpected end of file', this.source.line, { incomplete: true });
      }
      const message = `here-document at line ${line} delimited by end-of-file (wanted \`${delimiter}')`;
      this.options.warn(this.source.line, message);
    }
  }
}

function delimiterText(part: Word['parts'][number]): string {
  switch (part.type) {
    case 'literal':
    case 'quoted':
      return part.text;
    case 'double':
      return part.parts.map(delimiterText).join('');
    case 'parameter':
      return part.text;
    default:
      return '';
  }
}
