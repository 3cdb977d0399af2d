/**
 * Words of a Dockerfile as a shell reads them: quotes, escapes, and variables in the forms `$x`, `${x}`, `${x:-w}`, `${x-w}`, `${x:+w}`,
 * `${x+w}`, `${x:?w}`, `${x?w}`, `${x#p}`, `${x##p}`, `${x%p}`, `${x%%p}`, `${x/p/w}` and `${x//p/w}` (Dockerfile reference, "Environment
 * replacement"). A table of BuildKit's own tests holds it.
 */
import { goQuote } from '../../base/index.ts';
import { DockerfileError } from './errors.ts';
import { replaceMatches, trimPrefix, trimSuffix } from './patterns.ts';
import { isBlank } from './text.ts';

/** The value of a variable; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

export interface LexerOptions {
  /** What escapes: backslash, or the backtick of the directive `escape`. */
  readonly escape?: string;
  /** Quotes stay in the text. */
  readonly rawQuotes?: boolean;
  /** Escapes stay in the text. */
  readonly rawEscapes?: boolean;
  /** Quotes are characters like others: in the contents of a here-document. */
  readonly plainQuotes?: boolean;
  /** A variable that is not set stays as it is written. */
  readonly keepUnset?: boolean;
}

/** One word with its quotes taken off and its variables replaced. Throws DockerfileError. */
export function expandWord(text: string, lookup: Lookup, options: LexerOptions = {}): string {
  return new Lexer(text, lookup, options).read().text;
}

/** As {@link expandWord}, then split at blanks that are neither quoted nor escaped. */
export function expandWords(text: string, lookup: Lookup, options: LexerOptions = {}): string[] {
  return new Lexer(text, lookup, options).read().words;
}

/** The text read up to now, whole and in words. */
class Collected {
  text = '';
  readonly words: string[] = [];
  #word = '';

  /** Characters at which words may end. */
  add(text: string): void {
    this.text += text;
    for (const char of text) {
      if (!isBlank(char)) this.#word += char;
      else this.end();
    }
  }

  /** Quoted or escaped ones. */
  addRaw(text: string): void {
    this.text += text;
    this.#word += text;
  }

  end(): void {
    if (this.#word !== '') this.words.push(this.#word);
    this.#word = '';
  }
}

const letter = /^[\p{L}\p{Nd}_]$/u;
const digit = /^\p{Nd}$/u;
const missingBrace = "syntax error: missing '}'";

class Lexer {
  readonly #source: string;
  readonly #chars: readonly string[];
  readonly #lookup: Lookup;
  readonly #options: LexerOptions;
  readonly #escape: string;
  #raw: boolean;
  #at = 0;

  constructor(source: string, lookup: Lookup, options: LexerOptions) {
    this.#source = source;
    this.#chars = [...source];
    this.#lookup = lookup;
    this.#options = options;
    this.#escape = options.escape ?? '\\';
    this.#raw = options.rawEscapes ?? false;
  }

  read(): Collected {
    try {
      return this.#until('', this.#raw);
    } catch (error) {
      if (!(error instanceof DockerfileError)) throw error;
      throw new DockerfileError(`failed to process ${goQuote(this.#source)}: ${error.message}`);
    }
  }

  get #peek(): string {
    return this.#chars[this.#at] ?? '';
  }

  #next(): string {
    return this.#chars[this.#at++] ?? '';
  }

  /** Up to `stop`, which is taken; empty: up to the end. */
  #until(stop: string, raw: boolean): Collected {
    const before = this.#raw;
    this.#raw = raw;
    const out = new Collected();
    while (this.#peek !== '') {
      const char = this.#next();
      if (stop !== '' && char === stop) {
        this.#raw = before;
        out.end();
        return out;
      }
      this.#one(char, out);
    }
    if (stop !== '')
      throw new DockerfileError(`unexpected end of statement while looking for matching ${stop}`);
    out.end();
    return out;
  }

  #one(char: string, out: Collected): void {
    const quotes = !this.#options.plainQuotes;
    if (char === '$') out.add(this.#dollar());
    else if (char === '<' && this.#peek === '<') out.addRaw(this.#hereDocument());
    else if (quotes && char === "'") out.addRaw(this.#singleQuoted());
    else if (quotes && char === '"') out.addRaw(this.#doubleQuoted());
    else if (char === this.#escape) out.addRaw(`${this.#raw ? char : ''}${this.#next()}`);
    else out.add(char);
  }

  /** Blanks between `<<` and the name are part of the word. */
  #hereDocument(): string {
    let out = `<${this.#next()}`;
    while (this.#peek === ' ' || this.#peek === '\t' || this.#peek === '\r') out += this.#next();
    return out;
  }

  #quote(char: string): string {
    return this.#options.rawQuotes ? char : '';
  }

  #singleQuoted(): string {
    let out = this.#quote("'");
    for (;;) {
      const char = this.#next();
      if (char === '')
        throw new DockerfileError('unexpected end of statement while looking for matching single-quote');
      if (char === "'") return out + this.#quote("'");
      out += char;
    }
  }

  #doubleQuoted(): string {
    let out = this.#quote('"');
    for (;;) {
      const char = this.#next();
      if (char === '')
        throw new DockerfileError('unexpected end of statement while looking for matching double-quote');
      if (char === '"') return out + this.#quote('"');
      if (char === '$') out += this.#dollar();
      else if (char !== this.#escape) out += char;
      else {
        if (this.#raw) out += char;
        const escaped = this.#peek;
        // At the end of the word it is no escape; before other characters it is itself.
        if (escaped === '"' || escaped === '$' || escaped === this.#escape) out += this.#next();
        else if (escaped !== '') out += char;
      }
    }
  }

  /** After a dollar sign. */
  #dollar(): string {
    if (this.#peek !== '{') {
      const name = this.#name();
      if (name === '') return '$';
      return this.#lookup(name) ?? (this.#options.keepUnset ? `$${name}` : '');
    }
    this.#next();
    const first = this.#chars[this.#at];
    if (first === undefined) throw new DockerfileError(missingBrace);
    if ('{}:'.includes(first)) throw new DockerfileError('syntax error: bad substitution');
    const name = this.#name();
    let operator = this.#next();
    if (operator === '') throw new DockerfileError(missingBrace);
    if (operator === '}') return this.#lookup(name) ?? (this.#options.keepUnset ? `\${${name}}` : '');
    if (operator === '/') return this.#replaced(name);
    const colon = operator === ':';
    if (colon) operator = this.#next();
    return this.#modified(name, operator, colon);
  }

  /** `${x-w}` and its like. With a colon, empty counts as not set. */
  #modified(name: string, operator: string, colon: boolean): string {
    const sign = `${colon ? ':' : ''}${operator}`;
    const pattern = operator === '#' || operator === '%';
    const known = operator !== '' && '+-?#%'.includes(operator);
    const unsupported = new DockerfileError(`unsupported modifier (${sign}) in substitution`);
    if (colon ? pattern : !known) throw unsupported;
    const word = this.#argument('}', pattern, missingBrace);
    if (!known) throw unsupported;
    const value = this.#lookup(name);
    if (value === undefined && this.#options.keepUnset) return `\${${name}${sign}${word}}`;
    const absent = value === undefined || (colon && value === '');
    switch (operator) {
      case '-':
        return absent ? word : value;
      case '+':
        return absent ? '' : word;
      case '?': {
        if (!absent) return value;
        const what = value === undefined ? 'is not allowed to be unset' : 'is not allowed to be empty';
        throw new DockerfileError(`${name}: ${word === '' ? what : word}`);
      }
      default: {
        const greedy = word.startsWith(operator);
        const trimmed = operator === '#' ? trimPrefix : trimSuffix;
        return trimmed(value ?? '', greedy ? word.slice(1) : word, greedy);
      }
    }
  }

  /** `${x/p/w}`, and with two slashes every match. */
  #replaced(name: string): string {
    const all = this.#peek === '/';
    if (all) this.#next();
    const pattern = this.#argument('/', true, "syntax error: missing '/' in ${}");
    const replacement = this.#argument('}', true, missingBrace);
    const value = this.#lookup(name);
    if (value === undefined && this.#options.keepUnset) return `\${${name}/${pattern}/${replacement}}`;
    return replaceMatches(value ?? '', pattern, replacement, all);
  }

  #argument(stop: string, raw: boolean, missing: string): string {
    try {
      return this.#until(stop, raw).text;
    } catch (error) {
      if (error instanceof DockerfileError && this.#peek === '') throw new DockerfileError(missing);
      throw error;
    }
  }

  /** Letters, digits and underscores; digits alone; or one of the shell's special parameters. */
  #name(): string {
    let name = '';
    if (digit.test(this.#peek)) {
      while (digit.test(this.#peek)) name += this.#next();
      return name;
    }
    if (this.#peek !== '' && '@*#?-$!'.includes(this.#peek)) return this.#next();
    while (letter.test(this.#peek)) name += this.#next();
    return name;
  }
}
