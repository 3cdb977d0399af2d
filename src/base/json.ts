/** JSON whose errors are told in the words of Go's encoding/json: an engine's own SyntaxError says something else in each browser. */

const LITERALS = ['true', 'false', 'null'];
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;

/** Nested lists; the words of Go's limit, which is ten times this. */
const DEEPEST = 1000;

class Fault extends Error {}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next character that is no space. */
  #next(): string {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)![0].length;
    return this.#here();
  }

  #here(): string {
    const point = this.#text.codePointAt(this.#at);
    if (point === undefined) throw new Fault('unexpected EOF');
    return String.fromCodePoint(point);
  }

  #unexpected(context: string): never {
    const here = this.#here();
    const shown = here === "'" ? "\\'" : here === '\n' ? '\\n' : here === '\t' ? '\\t' : here;
    throw new Fault(`invalid character '${shown}' ${context}`);
  }

  value(): void {
    const here = this.#next();
    const literal = LITERALS.find((word) => word[0] === here);
    if (here === '{') this.#list('}', 'object key:value pair', () => this.#member());
    else if (here === '[') this.#list(']', 'array element', () => this.value());
    else if (here === '"') this.#string();
    else if (literal !== undefined) this.#literal(literal);
    else if (/[-\d]/.test(here)) this.#number();
    else this.#unexpected('looking for beginning of value');
  }

  #list(close: string, what: string, item: () => void): void {
    if (++this.#depth > DEEPEST) throw new Fault('exceeded max depth');
    this.#at++;
    let here = this.#next();
    while (here !== close) {
      item();
      here = this.#next();
      if (here !== ',' && here !== close) this.#unexpected(`after ${what}`);
      if (here === ',') this.#at++;
    }
    this.#at++;
    this.#depth--;
  }

  #member(): void {
    if (this.#next() !== '"') this.#unexpected('looking for beginning of object key string');
    this.#string();
    if (this.#next() !== ':') this.#unexpected('after object key');
    this.#at++;
    this.value();
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const here = this.#here();
      if (here < ' ') this.#unexpected('in string literal');
      this.#at += here.length;
      if (here === '"') return;
      if (here === '\\') this.#escape();
    }
  }

  #escape(): void {
    const here = this.#here();
    if (!'"\\/bfnrtu'.includes(here)) this.#unexpected('in string escape code');
    this.#at++;
    for (let i = 0; here === 'u' && i < 4; i++, this.#at++)
      if (!/[\da-fA-F]/.test(this.#here())) this.#unexpected('in \\u hexadecimal character escape');
  }

  #literal(word: string): void {
    for (let i = 1; i < word.length; i++) {
      this.#at++;
      if (this.#here() !== word[i]) this.#unexpected(`in literal ${word} (expecting '${word[i]}')`);
    }
    this.#at++;
  }

  #number(): void {
    NUMBER.lastIndex = this.#at;
    const found = NUMBER.exec(this.#text);
    if (found !== null) {
      this.#at += found[0].length;
      return;
    }
    this.#at++;
    this.#unexpected('in numeric literal');
  }

  end(): void {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)![0].length;
    if (this.#at < this.#text.length) this.#unexpected('after top-level value');
  }
}

/** A text that is no JSON: `message` is in the words of Go's encoding/json. */
export class JsonError extends Error {}

/** Throws JsonError, whose message is the same in all browsers. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new JsonError(faultOf(text));
  }
}

/** Of a text that JSON.parse refuses. */
function faultOf(text: string): string {
  if (/^[ \t\n\r]*$/.test(text)) return 'EOF';
  const reader = new Reader(text);
  try {
    reader.value();
    reader.end();
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
  throw new Error('Virtbook bug: JSON.parse and this reader differ');
}
