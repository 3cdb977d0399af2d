/** Shell text being read, and what is said when it cannot be. */

/** The text, and how far it has been read. Sub-parsers of `$( … )` share it; alias expansion splices it. */
export class Source {
  text: string;
  pos = 0;
  /** Line number of `pos`, from 1 unless the text starts inside a larger script. */
  line: number;

  constructor(text: string, line = 1) {
    this.text = text;
    this.line = line;
  }

  peek(ahead = 0): string {
    return this.text[this.pos + ahead] ?? '';
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.pos);
  }

  get atEnd(): boolean {
    return this.pos >= this.text.length;
  }

  /** Moves on by `count` characters, counting lines. */
  advance(count = 1): void {
    for (let i = 0; i < count; i++) if (this.text[this.pos++] === '\n') this.line++;
  }

  /** Replaces what lies between `start` and `pos` and reads it again: alias expansion. */
  splice(start: number, replacement: string): void {
    this.text = this.text.slice(0, start) + replacement + this.text.slice(this.pos);
    this.pos = start;
  }

  /** Where bash says that the text ended: after the newline it adds to a last line without one. */
  get lastLine(): number {
    return this.line + (this.text.endsWith('\n') ? 0 : 1);
  }

  /** The whole line that `pos` or the character before it is on. */
  currentLine(): string {
    const at = this.text[this.pos - 1] === '\n' || this.pos > this.text.length ? this.pos - 1 : this.pos;
    const start = this.text.lastIndexOf('\n', at - 1) + 1;
    const end = this.text.indexOf('\n', start);
    return this.text.slice(start, end < 0 ? undefined : end);
  }
}

/** Text that is not shell syntax. `incomplete`: more input could mend it, so an interactive shell asks with PS2. */
export class ShellSyntaxError extends Error {
  readonly line: number;
  readonly incomplete: boolean;
  /** The offending line, which bash repeats after the message; null when it does not. */
  readonly near: string | null;

  constructor(message: string, line: number, options: { incomplete?: boolean; near?: string } = {}) {
    super(message);
    this.name = 'ShellSyntaxError';
    this.line = line;
    this.incomplete = options.incomplete ?? false;
    this.near = options.near ?? null;
  }
}

/** Parsing goes this deep and no deeper, so that hostile input cannot exhaust the engine's stack. */
export const MAX_NESTING = 200;
