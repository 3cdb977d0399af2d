/** The window on a source: which rows of which lines are on the screen, and moving it the way less does. */
import type { Sys } from '../../../../linux/index.ts';
import { type Cell, cellsOf, chopped, painted, paintedText, wrapped } from '../cells.ts';
import type { Terminal } from '../terminal.ts';
import type { LessOptions } from './options.ts';
import type { Searching } from './search.ts';
import type { Source } from './source.ts';

/** A row of a line that may take several. */
export interface Position {
  readonly line: number;
  readonly row: number;
}

const NUMBER_WIDTH = 7;

export class View {
  readonly source: Source;
  /** From the top; null is a row past the end. Fewer than fit after a first screen that is not full. */
  shown: (Position | null)[] = [];
  /** Columns that arrow keys have moved over. */
  shift = 0;
  readonly #terminal: Terminal;
  readonly #options: LessOptions;
  readonly #searching: Searching;
  #rows = new Map<number, readonly Cell[][]>();

  constructor(source: Source, terminal: Terminal, options: LessOptions, searching: Searching) {
    this.source = source;
    this.#terminal = terminal;
    this.#options = options;
    this.#searching = searching;
  }

  get height(): number {
    return Math.max(1, this.#terminal.rows - 1);
  }

  /** The first row that shows text: a text shorter than the screen may stand at its bottom. */
  get top(): Position | null {
    return this.shown.find((position) => position !== null) ?? null;
  }

  /** The last row that shows text. */
  get bottom(): Position | null {
    return this.shown.findLast((position) => position !== null) ?? null;
  }

  /** Nothing follows what is shown. Reads on when that is not clear yet. */
  *atEnd(): Sys<boolean> {
    const bottom = this.shown.at(-1);
    return bottom === null || bottom === undefined || (yield* this.#after(bottom)) === null;
  }

  /** Bytes up to the end of the bottom row. */
  bottomByte(): number {
    const { bottom } = this;
    if (bottom === null) return this.source.read;
    const next = this.#rowsOf(bottom.line)[bottom.row + 1];
    return next === undefined
      ? this.source.offset(bottom.line + 1)
      : this.source.offset(bottom.line, next[0]!.at);
  }

  topByte(): number {
    const { top } = this;
    if (top === null) return 0;
    return this.source.offset(top.line, this.#rowsOf(top.line)[top.row]?.[0]?.at ?? 0);
  }

  /** Options or the size have changed: nothing that was laid out holds any more. */
  forget(): void {
    this.#rows.clear();
  }

  /** Shows the screen that starts with `position`, as new rows below what is there. */
  *start(position: Position, first = false): Sys<void> {
    if (!first) this.#terminal.write('\r\x1b[K...skipping...\n');
    this.shown = [];
    let next = (yield* this.source.has(position.line)) ? this.#clamped(position) : null;
    while (this.shown.length < this.height) {
      if (next === null && first) return;
      this.#append(next);
      next = next === null ? null : yield* this.#after(next);
    }
  }

  /** Draws what should be there, with the rows below a short text marked. */
  *repaint(): Sys<void> {
    const top = this.top === null ? null : this.#clamped(this.top);
    const above =
      this.shown.length < this.height
        ? 0
        : Math.max(
            0,
            this.shown.findIndex((row) => row !== null),
          );
    this.#terminal.write('\x1b[H\x1b[J');
    this.shown = [];
    for (let i = 0; i < above; i++) this.#append(null);
    let next = top ?? ((yield* this.source.has(0)) ? { line: 0, row: 0 } : null);
    while (this.shown.length < this.height) {
      this.#append(next);
      next = next === null ? null : yield* this.#after(next);
    }
  }

  /** A first screen that was not full is drawn in full. */
  *fill(): Sys<void> {
    if (this.shown.length < this.height) yield* this.repaint();
  }

  /** Scrolls down by `count` rows; past the end only when `force`, and never the last row away. False when it could not move. */
  *forward(count: number, force: boolean): Sys<boolean> {
    if (force) yield* this.fill();
    let moved = false;
    for (let i = 0; i < count; i++) {
      const last = this.shown.at(-1) ?? null;
      const next = last === null ? null : yield* this.#after(last);
      if (next === null && (!force || this.shown[1] === null || this.height === 1)) return moved;
      yield* this.fill();
      if (!moved) this.#terminal.write('\r\x1b[K');
      moved = true;
      this.shown.shift();
      this.#append(next);
    }
    return moved;
  }

  /** Scrolls up by `count` rows. False at the start. */
  *backward(count: number): Sys<boolean> {
    yield* this.fill();
    let moved = false;
    for (let i = 0; i < count; i++) {
      const [first = null] = this.shown;
      const before = first === null ? (this.top === null ? this.#lastRow() : null) : this.#before(first);
      if (before === null) break;
      moved = true;
      this.shown.pop();
      this.shown.unshift(before);
      if (count <= this.height) this.#terminal.write(`\x1b[H\x1bM${this.#painted(before)}\r\n`);
    }
    if (moved && count > this.height) yield* this.repaint();
    this.#terminal.write(`\x1b[${this.#terminal.rows};1H\r\x1b[K`);
    return moved;
  }

  /** Brings a line to the top: by scrolling when it is on the screen. */
  *jump(line: number): Sys<void> {
    yield* this.fill();
    const at = this.shown.findIndex((position) => position?.line === line && position.row === 0);
    if (at >= 0 && this.shown[0] !== null) {
      yield* this.forward(at, true);
      return;
    }
    const { top } = this;
    if (top !== null && line < top.line) {
      this.shown = [{ line, row: 0 }];
      yield* this.repaint();
    } else yield* this.start({ line, row: 0 });
  }

  /** The last screenful. False when reading to the end was interrupted. */
  *end(): Sys<boolean> {
    const complete = yield* this.source.toEnd();
    const last = this.#lastRow();
    const bottom = this.shown.at(-1);
    const full = this.shown.length === this.height && this.shown[0] !== null;
    if (full && last !== null && bottom?.line === last.line && bottom.row === last.row) return complete;
    const rows: (Position | null)[] = [];
    for (let row = last; rows.length < this.height; row = row === null ? null : this.#before(row))
      rows.unshift(row);
    this.#terminal.write('\r\x1b[K...skipping...\n');
    this.shown = [];
    for (const row of rows) this.#append(row);
    return complete;
  }

  #lastRow(): Position | null {
    const line = this.source.lines.length - 1;
    return line < 0 ? null : { line, row: this.#rowsOf(line).length - 1 };
  }

  #clamped({ line, row }: Position): Position {
    return { line, row: Math.min(row, this.#rowsOf(line).length - 1) };
  }

  *#after({ line, row }: Position): Sys<Position | null> {
    if (row + 1 < this.#rowsOf(line).length) return { line, row: row + 1 };
    return (yield* this.source.has(line + 1)) ? { line: line + 1, row: 0 } : null;
  }

  #before({ line, row }: Position): Position | null {
    if (row > 0) return { line, row: row - 1 };
    return line === 0 ? null : { line: line - 1, row: this.#rowsOf(line - 1).length - 1 };
  }

  #append(position: Position | null): void {
    this.shown.push(position);
    this.#terminal.write(`${this.#painted(position)}\r\n`);
  }

  #painted(position: Position | null): string {
    if (position === null) return this.#options.tildes ? paintedText('~', '1') : '';
    const row = painted(
      this.#searching.marked(this.#rowsOf(position.line)[position.row] ?? [], this.source, position.line),
    );
    if (!this.#options.numbers) return row;
    return `${paintedText(`${position.line + 1}`.padStart(NUMBER_WIDTH), '1')} ${row}`;
  }

  #rowsOf(line: number): readonly Cell[][] {
    let rows = this.#rows.get(line);
    if (rows === undefined) {
      const cells = cellsOf(this.source.lines[line] ?? '', this.#options.colours);
      const width = Math.max(1, this.#terminal.cols - (this.#options.numbers ? NUMBER_WIDTH + 1 : 0));
      rows =
        this.#options.chop || this.shift > 0 ? [chopped(cells, width, this.shift)] : wrapped(cells, width);
      if (this.#rows.size > 500) this.#rows.clear();
      this.#rows.set(line, rows);
    }
    return rows;
  }
}
