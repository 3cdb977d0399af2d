/** A jq program as a tree: the grammar of jq(1) without modules and `?//`. */
import { CompileError, requireShallowProgram, type Token } from './lexer.ts';
import { balanced, type Definition, type Node, type Pattern } from './tree.ts';

const IDENTITY: Node = { kind: 'identity' };

/** Signs by how tightly they bind, the loosest first; `right`: a chain of them goes from the right, `none`: there is no chain. */
const LEVELS: readonly (readonly [readonly string[], 'left' | 'right' | 'none'])[] = [
  [['//'], 'right'],
  [['=', '|=', '+=', '-=', '*=', '/=', '%=', '//='], 'none'],
  [['or'], 'left'],
  [['and'], 'left'],
  [['==', '!=', '<', '<=', '>', '>='], 'none'],
  [['+', '-'], 'left'],
  [['*', '/', '%'], 'left'],
];

const KEYWORDS = new Set(
  'def if then elif else end as reduce foreach try catch label import include and or __loc__'.split(' '),
);

/** `depth`: of what the program is a part of. Throws CompileError. */
export function parse(tokens: readonly Token[], depth = 0): Node {
  const parser = new Parser(tokens, depth);
  const node = parser.program();
  parser.finish();
  return node;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth: number;

  constructor(tokens: readonly Token[], depth: number) {
    this.#tokens = tokens;
    this.#depth = depth;
  }

  /** Throws CompileError when this calls itself too often. */
  #deeper<T>(read: () => T): T {
    requireShallowProgram(++this.#depth);
    const found = read();
    this.#depth--;
    return found;
  }

  finish(): void {
    if (this.#at < this.#tokens.length) throw this.#unexpected();
  }

  /** Definitions alone are the same as with `.` after them. */
  program(): Node {
    return this.#tokens.length === 0 ? IDENTITY : this.#pipe();
  }

  #unexpected(): CompileError {
    const token = this.#tokens[this.#at];
    const shown =
      token === undefined
        ? '$end'
        : token.kind === 'sign'
          ? `'${token.text}'`
          : token.kind === 'word'
            ? KEYWORDS.has(token.text)
              ? token.text
              : 'IDENT'
            : {
                number: 'LITERAL',
                field: 'FIELD',
                variable: "'$'",
                format: 'FORMAT',
                string: 'QQSTRING_START',
              }[token.kind];
    return new CompileError(`syntax error, unexpected ${shown} (Unix shell quoting issues?)`);
  }

  #peek(...texts: readonly string[]): boolean {
    const token = this.#tokens[this.#at];
    return (token?.kind === 'sign' || token?.kind === 'word') && texts.includes(token.text);
  }

  #take(...texts: readonly string[]): boolean {
    if (!this.#peek(...texts)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected();
  }

  #named(kind: 'word' | 'variable' | 'field'): string {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind || (kind === 'word' && KEYWORDS.has(token.text))) throw this.#unexpected();
    this.#at++;
    return token.text;
  }

  #pipe(): Node {
    return this.#deeper(() => this.#piped());
  }

  #piped(): Node {
    const parts: Node[] = [];
    do {
      if (this.#peek('def')) {
        const definition = this.#definition();
        const body = this.#at >= this.#tokens.length || this.#peek(')', ';') ? IDENTITY : this.#pipe();
        parts.push({ kind: 'define', definition, body });
        break;
      }
      parts.push(this.#comma());
    } while (this.#take('|'));
    return balanced('|', parts);
  }

  #definition(): Definition {
    this.#expect('def');
    const name = this.#named('word');
    const parameters: string[] = [];
    if (this.#take('(')) {
      do
        parameters.push(
          this.#tokens[this.#at]?.kind === 'variable' ? `$${this.#named('variable')}` : this.#named('word'),
        );
      while (this.#take(';'));
      this.#expect(')');
    }
    this.#expect(':');
    const body = this.#pipe();
    this.#expect(';');
    return { name, parameters, body };
  }

  #comma(): Node {
    const parts: Node[] = [];
    do parts.push(this.#level(0));
    while (this.#take(','));
    return balanced(',', parts);
  }

  #level(depth: number): Node {
    const level = LEVELS[depth];
    if (level === undefined) return this.#unary();
    const [signs, chain] = level;
    let left = this.#level(depth + 1);
    while (this.#peek(...signs)) {
      const { text: sign } = this.#tokens[this.#at++] as { text: string };
      const right = chain === 'right' ? this.#deeper(() => this.#level(depth)) : this.#level(depth + 1);
      left = { kind: 'binary', sign, left, right };
      if (chain === 'none' && this.#peek(...signs)) throw this.#unexpected();
    }
    return left;
  }

  #unary(): Node {
    return this.#take('-') ? { kind: 'negate', of: this.#postfix() } : this.#postfix();
  }

  /** `binds`: `as` and what follows it belongs to the term. */
  #postfix(binds = true): Node {
    let node = this.#deeper(() => this.#term());
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token?.kind === 'field') {
        this.#at++;
        node = { kind: 'index', of: node, key: { kind: 'literal', value: token.text } };
      } else if (this.#peek('.') && this.#tokens[this.#at + 1]?.kind === 'string') {
        this.#at++;
        node = { kind: 'index', of: node, key: this.#stringOf('text') };
      } else if (this.#peek('.') && this.#isSign(this.#at + 1, '[')) this.#at++;
      else if (this.#take('[')) node = this.#brackets(node);
      else if (this.#take('?')) node = { kind: 'try', body: node, handler: null };
      else if (binds && this.#take('as')) {
        const pattern = this.#pattern();
        this.#expect('|');
        return { kind: 'as', of: node, pattern, body: this.#pipe() };
      } else return node;
    }
  }

  #isSign(at: number, text: string): boolean {
    const token = this.#tokens[at];
    return token?.kind === 'sign' && token.text === text;
  }

  #brackets(of: Node): Node {
    if (this.#take(']')) return { kind: 'iterate', of };
    if (this.#take(':')) {
      const to = this.#pipe();
      this.#expect(']');
      return { kind: 'slice', of, from: null, to };
    }
    const key = this.#pipe();
    if (this.#take(']')) return { kind: 'index', of, key };
    this.#expect(':');
    const to = this.#peek(']') ? null : this.#pipe();
    this.#expect(']');
    return { kind: 'slice', of, from: key, to };
  }

  #stringOf(format: string): Node {
    const token = this.#tokens[this.#at++];
    if (token?.kind !== 'string') throw this.#unexpected();
    const parts = token.parts.map((part) => (typeof part === 'string' ? part : parse(part, this.#depth)));
    const [only] = parts;
    if (parts.length === 1 && typeof only === 'string') return { kind: 'literal', value: only };
    return { kind: 'string', parts, format };
  }

  #term(): Node {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.#unexpected();
    if (token.kind === 'string') return this.#stringOf('text');
    this.#at++;
    switch (token.kind) {
      case 'number':
        return { kind: 'literal', value: token.value };
      case 'field':
        return { kind: 'index', of: IDENTITY, key: { kind: 'literal', value: token.text } };
      case 'variable':
        return { kind: 'variable', name: token.text };
      case 'format': {
        const name = token.text.slice(1);
        return this.#tokens[this.#at]?.kind === 'string' ? this.#stringOf(name) : { kind: 'format', name };
      }
      case 'word':
        return this.#word(token.text);
      case 'sign':
        return this.#signTerm(token.text);
    }
  }

  #signTerm(text: string): Node {
    switch (text) {
      case '..':
        return { kind: 'recurse' };
      case '.':
        if (this.#tokens[this.#at]?.kind === 'string')
          return { kind: 'index', of: IDENTITY, key: this.#stringOf('text') };
        return IDENTITY;
      case '(': {
        const inner = this.#pipe();
        this.#expect(')');
        return inner;
      }
      case '[': {
        if (this.#take(']')) return { kind: 'list', of: null };
        const of = this.#pipe();
        this.#expect(']');
        return { kind: 'list', of };
      }
      case '{':
        return this.#object();
      default:
        this.#at--;
        throw this.#unexpected();
    }
  }

  #word(name: string): Node {
    switch (name) {
      case 'if':
        return this.#condition();
      case 'label': {
        const label = this.#named('variable');
        this.#expect('|');
        return { kind: 'label', name: label, body: this.#pipe() };
      }
      case 'try': {
        const body = this.#postfix(false);
        return { kind: 'try', body, handler: this.#take('catch') ? this.#postfix(false) : null };
      }
      case 'reduce':
      case 'foreach':
        return this.#fold(name);
      case 'break':
        if (this.#tokens[this.#at]?.kind === 'variable')
          return { kind: 'break', name: this.#named('variable') };
        break;
      case 'null':
        return { kind: 'literal', value: null };
      case 'true':
      case 'false':
        return { kind: 'literal', value: name === 'true' };
    }
    if (KEYWORDS.has(name)) {
      this.#at--;
      throw this.#unexpected();
    }
    const args: Node[] = [];
    if (this.#take('(')) {
      do args.push(this.#pipe());
      while (this.#take(';'));
      this.#expect(')');
    }
    return { kind: 'call', name, args };
  }

  #condition(): Node {
    const test = this.#pipe();
    this.#expect('then');
    const then = this.#pipe();
    if (this.#take('elif')) return { kind: 'if', test, then, else: this.#deeper(() => this.#condition()) };
    const otherwise = this.#take('else') ? this.#pipe() : IDENTITY;
    this.#expect('end');
    return { kind: 'if', test, then, else: otherwise };
  }

  #fold(kind: 'reduce' | 'foreach'): Node {
    const of = this.#postfix(false);
    this.#expect('as');
    const pattern = this.#pattern();
    this.#expect('(');
    const start = this.#pipe();
    this.#expect(';');
    const update = this.#pipe();
    if (kind === 'reduce') {
      this.#expect(')');
      return { kind, of, pattern, start, update };
    }
    const extract = this.#take(';') ? this.#pipe() : null;
    this.#expect(')');
    return { kind, of, pattern, start, update, extract };
  }

  #pattern(): Pattern {
    if (this.#take('[')) {
      const items: Pattern[] = [];
      do items.push(this.#deeper(() => this.#pattern()));
      while (this.#take(','));
      this.#expect(']');
      return { kind: 'list', items };
    }
    if (!this.#take('{')) return { kind: 'name', name: this.#named('variable') };
    const entries: { key: Node; as: string | null; value: Pattern | null }[] = [];
    do {
      const isName = this.#tokens[this.#at]?.kind === 'variable';
      const as = isName ? this.#named('variable') : null;
      const key: Node = as === null ? this.#key() : { kind: 'literal', value: as };
      const value = this.#take(':') ? this.#deeper(() => this.#pattern()) : null;
      if (as === null && value === null) throw this.#unexpected();
      entries.push({ key, as, value });
    } while (this.#take(','));
    this.#expect('}');
    return { kind: 'map', entries };
  }

  #key(): Node {
    const token = this.#tokens[this.#at];
    if (token?.kind === 'string') return this.#stringOf('text');
    if (this.#take('(')) {
      const key = this.#pipe();
      this.#expect(')');
      return key;
    }
    if (token?.kind === 'number') {
      this.#at++;
      return { kind: 'literal', value: `${token.value}` };
    }
    if (token?.kind !== 'word') throw this.#unexpected();
    this.#at++;
    return { kind: 'literal', value: token.text };
  }

  #object(): Node {
    const entries: { key: Node; value: Node }[] = [];
    while (!this.#take('}')) {
      if (entries.length > 0) this.#expect(',');
      entries.push(this.#entry());
    }
    return { kind: 'map', entries };
  }

  #entry(): { key: Node; value: Node } {
    const token = this.#tokens[this.#at];
    if (token?.kind === 'variable') {
      this.#at++;
      return { key: { kind: 'literal', value: token.text }, value: { kind: 'variable', name: token.text } };
    }
    const key = token?.kind === 'format' ? this.#term() : this.#key();
    if (this.#take(':')) {
      // A value is without commas; pipes stand between its terms.
      const parts: Node[] = [];
      do parts.push(this.#level(0));
      while (this.#take('|'));
      return { key, value: balanced('|', parts) };
    }
    return { key, value: { kind: 'index', of: IDENTITY, key } };
  }
}
