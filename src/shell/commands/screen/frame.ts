/** A whole screen drawn row by row: only rows that have changed are sent. */
import { painted, type Style, textWidth } from './cells.ts';
import type { Terminal } from './terminal.ts';

/** A piece of a row in one style. */
export interface Span {
  readonly shown: string;
  readonly style: Style;
}

export type Row = readonly Span[];

export const plainRow = (text: string): Row => [{ shown: text, style: '' }];

/** `text` in `style` over the whole width. */
export function bar(text: string, style: Style, cols: number): Row {
  const cut = fitted(text, cols);
  return [{ shown: cut + ' '.repeat(cols - textWidth(cut)), style }];
}

/** As much of `text` as fits into `cols` columns. */
export function fitted(text: string, cols: number): string {
  let out = '';
  let width = 0;
  for (const char of text) {
    width += textWidth(char);
    if (width > cols) break;
    out += char;
  }
  return out;
}

export class Frame {
  readonly #terminal: Terminal;
  #rows: string[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Draws everything anew the next time. */
  forget(): void {
    this.#rows = [];
    this.#terminal.write('\x1b[m\x1b[2J');
  }

  /** Shows `rows` from the top, and the cursor at `cursor`; hides it when that is null. */
  draw(rows: readonly Row[], cursor: { readonly row: number; readonly col: number } | null): void {
    const { rows: height, cols } = this.#terminal;
    let out = '\x1b[?25l';
    for (let index = 0; index < height; index++) {
      const row = rows[index] ?? [];
      const text = painted(row);
      if (this.#rows[index] === text) continue;
      this.#rows[index] = text;
      const width = row.reduce((sum, span) => sum + textWidth(span.shown), 0);
      out += `\x1b[${index + 1};1H${text}${width < cols ? '\x1b[K' : ''}`;
    }
    if (cursor !== null) out += `\x1b[${cursor.row + 1};${cursor.col + 1}H\x1b[?25h`;
    this.#terminal.write(out);
  }
}
