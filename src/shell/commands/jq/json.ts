/** Reads JSON values that follow each other, and where each ends. */
import type { Value } from './values.ts';

export class JsonTextError extends Error {}

const LITERALS: readonly (readonly [string, Value])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['nan', Number.NaN],
];
const NUMBER = /-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y;
const DEEPEST = 256;

export class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(source: string) {
    this.#text = source;
  }

  /** Lines that have been read when the last value was complete. */
  get line(): number {
    const end = this.#text.indexOf('\n', Math.max(0, this.#at - 1));
    return this.#text.slice(0, end < 0 ? undefined : end + 1).split('\n').length - 1;
  }

  /** Undefined at the end. Throws JsonTextError. */
  next(): Value | undefined {
    this.#blank();
    return this.#at >= this.#text.length ? undefined : this.#value(0);
  }

  #blank(): void {
    while (/[ \t\r\n\ufeff]/.test(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #fail(why: string): JsonTextError {
    const before = this.#text.slice(0, Math.min(this.#at, this.#text.length)).split('\n');
    return new JsonTextError(`${why} at line ${before.length}, column ${before.at(-1)!.length}`);
  }

  #end(): JsonTextError {
    const lines = this.#text.split('\n');
    return new JsonTextError(
      `Unfinished JSON term at EOF at line ${lines.length}, column ${lines.at(-1)!.length}`,
    );
  }

  /** Over a word and the character that ends it, where jq notices that it is none. */
  #word(): void {
    while (/[^\s[\]{},:"]/.test(this.#text[this.#at] ?? ' ')) this.#at++;
    this.#at++;
  }

  #value(depth: number): Value {
    if (depth > DEEPEST) throw this.#fail('Exceeds depth limit for parsing');
    this.#blank();
    const char = this.#text[this.#at];
    if (char === undefined) throw this.#end();
    if (char === '{') return this.#object(depth);
    if (char === '[') return this.#array(depth);
    if (char === '"') return this.#string();
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text);
    if (number !== null) {
      this.#at += number[0].length;
      return Number(number[0]);
    }
    const found = LITERALS.find(([word]) => this.#text.startsWith(word, this.#at));
    if (found === undefined || /[\w.+-]/.test(this.#text[this.#at + found[0].length] ?? ' ')) {
      if (']}'.includes(char)) {
        this.#at++;
        throw this.#fail(`Unmatched '${char}'`);
      }
      this.#word();
      if ('tfn'.includes(char)) throw this.#fail('Invalid literal');
      throw this.#fail(',:'.includes(char) ? 'Expected value before separator' : 'Invalid numeric literal');
    }
    this.#at += found[0].length;
    return found[1];
  }

  /** After an item: whether another one follows. */
  #more(close: string): boolean {
    this.#blank();
    const char = this.#text[this.#at++];
    if (char === undefined) throw this.#end();
    if (char === close) return false;
    if (char === ',') return true;
    this.#at--;
    this.#word();
    throw this.#fail('Expected separator between values');
  }

  #array(depth: number): Value {
    const items: Value[] = [];
    this.#at++;
    this.#blank();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return items;
    }
    do items.push(this.#value(depth + 1));
    while (this.#more(']'));
    return items;
  }

  #object(depth: number): Value {
    const map = new Map<string, Value>();
    this.#at++;
    this.#blank();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return map;
    }
    do {
      this.#blank();
      if (this.#at >= this.#text.length) throw this.#end();
      if (this.#text[this.#at] === '}') {
        this.#at++;
        throw this.#fail('Expected another key-value pair');
      }
      if (this.#text[this.#at] !== '"') {
        this.#word();
        throw this.#fail(
          /[\d-]/.test(this.#text[this.#at] ?? '')
            ? 'Object keys must be strings'
            : 'Invalid numeric literal',
        );
      }
      const key = this.#string();
      this.#blank();
      if (this.#at >= this.#text.length) throw this.#end();
      if (this.#text[this.#at] !== ':') {
        this.#word();
        throw this.#fail('Expected separator between values');
      }
      this.#at++;
      map.set(key, this.#value(depth + 1));
    } while (this.#more('}'));
    return map;
  }

  #string(): string {
    const end = /"(?:[^"\\]|\\[\s\S])*"/y;
    end.lastIndex = this.#at;
    const found = end.exec(this.#text);
    if (found === null) throw this.#end();
    this.#at += found[0].length;
    try {
      // Line breaks within are let through, as jq does.
      return JSON.parse(
        found[0].replace(/[\0-\x1f]/g, (char) => JSON.stringify(char).slice(1, -1)),
      ) as string;
    } catch {
      throw this.#fail('Invalid escape');
    }
  }
}
