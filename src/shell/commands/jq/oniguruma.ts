/** What Oniguruma's expressions (its ONIG_SYNTAX_PERL_NT, which jq uses) are in those of regex(7), which the shell's own engine has. */
import { Exhausted, JqError } from './values.ts';

export interface Translated {
  readonly source: string;
  /** Of each group in the translation; undefined: it captures nothing, null: it has no name. */
  readonly groups: readonly (string | null | undefined)[];
}

const SETS: Readonly<Record<string, string>> = {
  d: '0-9',
  h: '0-9A-Fa-f',
  w: '[:alnum:]_',
  s: '[:space:]',
};
const CONTROLS: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  f: '\f',
  v: '\v',
  a: '\x07',
  e: '\x1b',
};
const OPENINGS: readonly (readonly [string, string])[] = [
  ['(?=', 'look-ahead'],
  ['(?!', 'look-ahead'],
  ['(?<=', 'look-behind'],
  ['(?<!', 'look-behind'],
  ['(?>', 'an atomic group'],
];

/** Throws Exhausted: `try` and `?` would hide that it is the host that cannot. */
function refuse(what: string): never {
  throw new Exhausted(`${what} in a regular expression is not simulated on this host`);
}

export const wrong = (why: string): JqError => new JqError(`Regex failure: ${why}`);

/** Reads one expression. `spaced`: blanks and comments in it stand for nothing. `dotAll`: `.` is a newline too. */
class Translator {
  readonly #text: string;
  readonly #spaced: boolean;
  readonly #dot: string;
  readonly groups: (string | null | undefined)[] = [];
  #at = 0;
  #open = 0;

  constructor(text: string, spaced: boolean, dotAll: boolean) {
    this.#text = text;
    this.#spaced = spaced;
    this.#dot = dotAll ? '.' : '[^\n]';
  }

  whole(): string {
    let source = '';
    while (this.#at < this.#text.length) source += this.#next();
    if (this.#open > 0) throw wrong('end pattern with unmatched parenthesis');
    return source;
  }

  #char(): string {
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at)!);
    this.#at += char.length;
    return char;
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    const found = pattern.exec(this.#text.slice(this.#at, this.#at + 100));
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  #next(): string {
    const rest = this.#text.slice(this.#at, this.#at + 100);
    const repeat = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(rest);
    if (repeat !== null) return this.#repeat(repeat[0]);
    const char = this.#char();
    if (this.#spaced && /\s/.test(char)) return '';
    if (this.#spaced && char === '#') {
      const end = this.#text.indexOf('\n', this.#at);
      this.#at = end < 0 ? this.#text.length : end;
      return '';
    }
    switch (char) {
      case '\\':
        return this.#escaped();
      case '[':
        return this.#bracket();
      case '(':
        return this.#group(rest);
      case ')':
        if (this.#open-- === 0) throw wrong('unmatched close parenthesis');
        return char;
      case '.':
        return this.#dot;
      case '^':
        return '\\`';
      case '$':
        return "\\'";
      case '|':
        return char;
    }
    return literal(char);
  }

  #repeat(sign: string): string {
    this.#at += sign.length;
    const after = this.#text[this.#at];
    if (after === '?') refuse(`a lazy quantifier (${sign}?)`);
    if (after === '+') refuse(`a possessive quantifier (${sign}+)`);
    return sign;
  }

  #group(rest: string): string {
    const foreign = OPENINGS.find(([opening]) => rest.startsWith(opening));
    if (foreign !== undefined) refuse(`${foreign[1]} (${foreign[0]})`);
    if (this.#take(/^\?#[^)]*\)/) !== null) return '';
    this.#open++;
    if (this.#take(/^\?:/) !== null) this.groups.push(undefined);
    else if (rest.startsWith('(?')) {
      const named = this.#take(/^\?<([A-Za-z_]\w*)>/);
      if (named === null) refuse(`a group that begins with ${rest.slice(0, 3)}`);
      this.groups.push(named[1]!);
    } else this.groups.push(null);
    return '(';
  }

  /** A character by its number, or a control character; null: `char` is none of these. */
  #code(char: string): string | null {
    if (char === 'x') {
      const code = this.#take(/^[0-9A-Fa-f]{1,2}/);
      if (code !== null) return String.fromCodePoint(Number.parseInt(code[0], 16));
    }
    return Object.hasOwn(CONTROLS, char) ? CONTROLS[char]! : null;
  }

  #escaped(): string {
    if (this.#at >= this.#text.length) throw wrong('end pattern at escape');
    const char = this.#char();
    if (/[wWsSbB]/.test(char)) return `\\${char}`;
    if (/[dDhH]/.test(char)) return `[${/[DH]/.test(char) ? '^' : ''}${SETS[char.toLowerCase()]}]`;
    if (char === 'A') return '\\`';
    if (char === 'z') return "\\'";
    const code = this.#code(char);
    if (code !== null) return literal(code);
    if (/[A-Za-z0-9]/.test(char)) refuse(`\\${char}`);
    return literal(char);
  }

  #bracket(): string {
    let source = this.#take(/^\^/) === null ? '[' : '[^';
    for (let first = true; ; first = false) {
      if (this.#at >= this.#text.length) throw wrong('premature end of char-class');
      const named = this.#take(/^\[:(\^?)[a-z]*:\]/);
      if (named !== null) {
        if (named[1] !== '') refuse(named[0]);
        source += named[0];
        continue;
      }
      const char = this.#char();
      if (char === ']' && !first) return `${source}]`;
      if (char === '[' || (char === '&' && this.#text[this.#at] === '&')) refuse('a set within another');
      if (char === '-' && !first && this.#text[this.#at] !== ']') source += '-';
      else source += char === '\\' ? this.#escapedMember() : member(char);
    }
  }

  #escapedMember(): string {
    if (this.#at >= this.#text.length) throw wrong('end pattern at escape');
    const char = this.#char();
    // A dash behind a class is no range.
    if (Object.hasOwn(SETS, char)) return SETS[char]! + (this.#take(/^-/) === null ? '' : member('-'));
    const code = char === 'b' ? '\b' : this.#code(char);
    if (code === null && /[A-Za-z0-9]/.test(char)) refuse(`[\\${char}]`);
    return member(code ?? char);
  }
}

const literal = (char: string): string => (/[.[\]{}()*+?^$|\\]/.test(char) ? `\\${char}` : char);

/** A character in brackets, which means only itself. */
const member = (char: string): string => (/[\][^:=.-]/.test(char) ? `[.${char}.]` : char);

/** Throws JqError for what is no expression, Exhausted for what is not simulated. `$` before a last newline does not match. */
export function translate(pattern: string, spaced: boolean, dotAll: boolean): Translated {
  const translator = new Translator(pattern, spaced, dotAll);
  return { source: translator.whole(), groups: translator.groups };
}
