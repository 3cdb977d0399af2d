/** Reads a script character by character. */
import { ScriptError } from './syntax.ts';

export class Scanner {
  at = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get next(): string | undefined {
    return this.text[this.at];
  }

  get ended(): boolean {
    return this.at >= this.text.length;
  }

  take(): string | undefined {
    return this.text[this.at++];
  }

  fail(message: string): never {
    throw new ScriptError(Math.min(this.at, this.text.length), message);
  }

  skip(chars: RegExp): void {
    while (this.next !== undefined && chars.test(this.next)) this.at++;
  }

  /** A whole number, or null. */
  number(): number | null {
    const match = /^\d+/.exec(this.text.slice(this.at));
    if (match === null) return null;
    this.at += match[0].length;
    return Number(match[0]);
  }

  /** Up to a newline, which is taken too. */
  restOfLine(): string {
    const end = this.text.indexOf('\n', this.at);
    const line = this.text.slice(this.at, end < 0 ? undefined : end);
    this.at = end < 0 ? this.text.length : end + 1;
    return line;
  }

  /**
   * Up to `delimiter`, which is taken too; `\` with the delimiter stands for the delimiter, other escapes stay. In a bracket
   * expression of a pattern the delimiter is a character like any other. Null when the script ends before.
   */
  delimited(delimiter: string, isPattern: boolean): string | null {
    let out = '';
    for (let char = this.take(); char !== undefined; char = this.take()) {
      if (char === delimiter) return out;
      if (char === '\n' && isPattern) return null;
      if (char === '\\') {
        const escaped = this.take();
        if (escaped === undefined) return null;
        out +=
          escaped === delimiter
            ? isPattern && /[.*[\]^$+?(){}|]/.test(delimiter)
              ? `[${delimiter}]`
              : delimiter
            : `\\${escaped}`;
      } else if (char === '[' && isPattern) out += `[${this.#bracket()}`;
      else out += char;
    }
    return null;
  }

  /** The rest of a bracket expression. */
  #bracket(): string {
    const rest = this.text.slice(this.at);
    const match = /^\^?\]?(\[[:.=].*?[:.=]\]|[^\]\n])*\]/.exec(rest);
    if (match === null) return '';
    this.at += match[0].length;
    return match[0];
  }
}
