/**
 * Shows the prompt and the line, wrapped at the window's width, and moves the terminal's cursor. It knows where the cursor is
 * relative to the prompt's first row, and nothing else of the screen.
 */
import { charWidth } from './width.ts';

interface Position {
  readonly row: number;
  readonly col: number;
}

interface Shown {
  readonly text: string;
  readonly cursor: number;
}

/** A character as it is shown: control characters as `^A`. */
function visible(char: string): string {
  const code = char.codePointAt(0)!;
  if (char === '\n' || code >= 0x20) return code === 0x7f ? '^?' : char;
  return `^${String.fromCharCode(code + 0x40)}`;
}

function visibleText(text: string): string {
  return [...text].map(visible).join('');
}

/** Takes out what stands between \x01 and \x02: escape sequences that take no room. */
function printable(prompt: string): string {
  return prompt.replace(/\x01[^\x02]*\x02?/g, '').replace(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, '');
}

export class Display {
  #cols = 80;
  #prompt = '';
  #promptEnd: Position = { row: 0, col: 0 };
  #shown: Shown = { text: '', cursor: 0 };
  #at: Position = { row: 0, col: 0 };
  #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  set cols(value: number) {
    this.#cols = Math.max(2, value);
    this.#promptEnd = this.#advance({ row: 0, col: 0 }, printable(this.#prompt));
  }

  /** Prints the prompt afresh where the cursor is. Lines of it before the last are printed once. */
  start(prompt: string): void {
    const newline = prompt.lastIndexOf('\n');
    if (newline >= 0) this.#write(clean(prompt.slice(0, newline + 1)));
    this.setPrompt(prompt.slice(newline + 1));
    this.#shown = { text: '', cursor: 0 };
    this.#write(clean(this.#prompt));
    this.#at = this.#settle(this.#promptEnd);
  }

  /** The last line of the prompt, which is drawn again with the line. */
  get prompt(): string {
    return this.#prompt;
  }

  setPrompt(prompt: string): void {
    this.#prompt = prompt;
    this.#promptEnd = this.#advance({ row: 0, col: 0 }, printable(prompt));
  }

  /** Where the cursor is after `text` was written from `from`. A column equal to the width means: at the margin, not wrapped yet. */
  #advance(from: Position, text: string): Position {
    let { row, col } = from;
    for (const char of text) {
      if (char === '\n') {
        row++;
        col = 0;
        continue;
      }
      for (const shown of visible(char)) {
        const width = charWidth(shown);
        if (col + width > this.#cols) {
          row++;
          col = 0;
        }
        col += width;
      }
    }
    return { row, col };
  }

  /** Makes a terminal that waits at the margin go on to the next row. */
  #settle(position: Position): Position {
    if (position.col < this.#cols) return position;
    this.#write(' \r');
    return { row: position.row + 1, col: 0 };
  }

  #positionOf(text: string, cursor: number): Position {
    const position = this.#advance(this.#promptEnd, [...text].slice(0, cursor).join(''));
    return position.col >= this.#cols ? { row: position.row + 1, col: 0 } : position;
  }

  /** Shows `text` with the cursor before its character `cursor`: writes from the first difference on. */
  update(text: string, cursor: number): void {
    const old = this.#shown;
    if (text !== old.text) {
      const chars = [...text];
      const oldChars = [...old.text];
      let same = 0;
      while (same < chars.length && chars[same] === oldChars[same]) same++;
      const from = this.#positionOf(text, same);
      this.#moveTo(from);
      const rest = chars.slice(same).join('');
      this.#write(visibleText(rest));
      this.#at = this.#settle(this.#advance(from, rest));
      if (oldChars.length > same) this.#write('\x1b[J');
    }
    this.#moveTo(this.#positionOf(text, cursor));
    this.#shown = { text, cursor };
  }

  /** Shows another prompt and line in the place of these. */
  replace(prompt: string, text: string, cursor: number): void {
    this.setPrompt(prompt);
    this.#shown = { text, cursor };
    this.refresh();
  }

  /** Draws all of it again, from the prompt's first row. */
  refresh(): void {
    const { text, cursor } = this.#shown;
    const up = this.#at.row > 0 ? `\x1b[${this.#at.row}A` : '';
    this.#write(`\r${up}\x1b[J${clean(this.#prompt)}${visibleText(text)}`);
    this.#at = this.#settle(this.#advance(this.#promptEnd, text));
    this.#moveTo(this.#positionOf(text, cursor));
  }

  #moveTo(target: Position): void {
    const { row, col } = this.#at;
    let out = '';
    if (target.row < row) out += `\x1b[${row - target.row}A`;
    if (target.row > row) out += `\x1b[${target.row - row}B`;
    if (target.col !== col) {
      const distance = target.col - col;
      if (distance < 0 && distance >= -4) out += '\b'.repeat(-distance);
      else if (distance < 0) out += target.col === 0 ? '\r' : `\x1b[${-distance}D`;
      else out += `\x1b[${distance}C`;
    }
    this.#write(out);
    this.#at = target;
  }

  /** Leaves the line: the cursor goes to the start of the row below its end. */
  finish(): void {
    this.#moveTo(this.#positionOf(this.#shown.text, [...this.#shown.text].length));
    this.#write('\n');
    this.#at = { row: 0, col: 0 };
  }

  /** C-l */
  clearScreen(): void {
    this.#write('\x1b[H\x1b[2J');
    this.#at = { row: 0, col: 0 };
    this.refresh();
  }

  /** After a window change the terminal has wrapped the rows anew; where the cursor is follows from the new width. */
  resized(cols: number): void {
    this.cols = cols;
    this.#at = this.#positionOf(this.#shown.text, this.#shown.cursor);
    this.refresh();
  }
}

/** The prompt without readline's markers. */
function clean(prompt: string): string {
  return prompt.replace(/[\x01\x02]/g, '');
}
