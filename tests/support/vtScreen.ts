/**
 * A terminal's screen as ECMA-48 and xterm's control sequences describe it: scrolling, alternate screen, scroll region,
 * reverse video. Enough for what full-screen programs send, the real ones included; an unknown sequence is an error.
 */
import { charWidth } from '../../src/shell/editor/width.ts';

interface Cell {
  readonly char: string;
  readonly marked: boolean;
}

const BLANK: Cell = { char: ' ', marked: false };
const SEQUENCE = /^\x1b(?:\[([?>!]?)([0-9;]*)([@-~])|\][^\x07]*\x07|([()][A-Z0-9])|([=>78MDEc]))/;
const UNFINISHED = /^\x1b(?:\[[?>!]?[0-9;]*|\][^\x07]*|[()])?$/;

export class VtScreen {
  rows: number;
  cols: number;
  #cells: Cell[][];
  #main: { cells: Cell[][]; row: number; col: number } | null = null;
  #row = 0;
  #col = 0;
  #marked = false;
  #region: [number, number];
  #saved = { row: 0, col: 0 };
  #rest = '';
  /** Rows that left the top of the main screen. */
  readonly scrolledAway: string[] = [];
  bells = 0;

  constructor(rows: number, cols: number) {
    this.rows = rows;
    this.cols = cols;
    this.#cells = this.#blankRows(rows);
    this.#region = [0, rows - 1];
  }

  /** The program shows its alternate screen. */
  get alternate(): boolean {
    return this.#main !== null;
  }

  /** Rows without trailing blanks; what is in reverse video stands in `«…»`. */
  get lines(): string[] {
    return this.#cells.map((row) => textOf(row));
  }

  get cursor(): { row: number; col: number } {
    return { row: this.#row, col: Math.min(this.#col, this.cols - 1) };
  }

  resize(rows: number, cols: number): void {
    const resized = (cells: Cell[][]) => {
      const kept = cells.slice(0, rows).map((row) => {
        const cut = row.slice(0, cols);
        while (cut.length < cols) cut.push(BLANK);
        return cut;
      });
      while (kept.length < rows) kept.push(Array<Cell>(cols).fill(BLANK));
      return kept;
    };
    this.#cells = resized(this.#cells);
    if (this.#main !== null) this.#main.cells = resized(this.#main.cells);
    this.rows = rows;
    this.cols = cols;
    this.#region = [0, rows - 1];
    this.#row = Math.min(this.#row, rows - 1);
    this.#col = Math.min(this.#col, cols - 1);
  }

  write(text: string): void {
    let rest = this.#rest + text;
    this.#rest = '';
    while (rest !== '') {
      if (rest.startsWith('\x1b')) {
        const sequence = SEQUENCE.exec(rest);
        if (sequence === null) {
          if (!UNFINISHED.test(rest))
            throw new Error(`unknown sequence ${JSON.stringify(rest.slice(0, 12))}`);
          this.#rest = rest;
          return;
        }
        rest = rest.slice(sequence[0].length);
        if (sequence[3] !== undefined) this.#control(sequence[1]!, sequence[2]!, sequence[3]);
        else if (sequence[5] !== undefined) this.#escape(sequence[5]);
        continue;
      }
      const char = String.fromCodePoint(rest.codePointAt(0)!);
      rest = rest.slice(char.length);
      this.#put(char);
    }
  }

  #blankRows(count: number): Cell[][] {
    return Array.from({ length: count }, () => Array<Cell>(this.cols).fill(BLANK));
  }

  #put(char: string): void {
    if (char === '\r') this.#col = 0;
    else if (char === '\n') this.#lineFeed();
    else if (char === '\b') this.#col = Math.max(0, Math.min(this.#col, this.cols - 1) - 1);
    else if (char === '\t') this.#col = Math.min(this.cols - 1, (Math.floor(this.#col / 8) + 1) * 8);
    else if (char === '\x07') this.bells++;
    else if (char >= ' ') this.#print(char);
  }

  #print(char: string): void {
    const width = charWidth(char);
    if (this.#col + width > this.cols) {
      this.#col = 0;
      this.#lineFeed();
    }
    const row = this.#cells[this.#row]!;
    if (width === 0) {
      const before = Math.max(0, this.#col - 1);
      row[before] = { ...row[before]!, char: row[before]!.char + char };
      return;
    }
    row[this.#col] = { char, marked: this.#marked };
    if (width === 2) row[this.#col + 1] = { char: '', marked: this.#marked };
    this.#col += width;
  }

  #lineFeed(): void {
    if (this.#row === this.#region[1]) this.#scrollUp(1);
    else if (this.#row < this.rows - 1) this.#row++;
  }

  #scrollUp(count: number, top = this.#region[0]): void {
    for (let i = 0; i < count; i++) {
      const [gone] = this.#cells.splice(top, 1);
      if (top === 0 && this.#main === null) this.scrolledAway.push(textOf(gone!));
      this.#cells.splice(this.#region[1], 0, this.#blankRows(1)[0]!);
    }
  }

  #scrollDown(count: number, top = this.#region[0]): void {
    for (let i = 0; i < count; i++) {
      this.#cells.splice(this.#region[1], 1);
      this.#cells.splice(top, 0, this.#blankRows(1)[0]!);
    }
  }

  #escape(final: string): void {
    if (final === 'M') {
      if (this.#row === this.#region[0]) this.#scrollDown(1);
      else this.#row = Math.max(0, this.#row - 1);
    } else if (final === 'D') this.#lineFeed();
    else if (final === 'E') {
      this.#col = 0;
      this.#lineFeed();
    } else if (final === '7') this.#saved = { row: this.#row, col: this.#col };
    else if (final === '8') [this.#row, this.#col] = [this.#saved.row, this.#saved.col];
  }

  #control(mark: string, parameters: string, final: string): void {
    if (mark === '?') {
      if (parameters.split(';').includes('1049') && (final === 'h' || final === 'l'))
        this.#switch(final === 'h');
      return;
    }
    if (mark !== '') return;
    const [first, second] = parameters.split(';').map((text) => (text === '' ? undefined : Number(text)));
    const count = first || 1;
    const col = Math.min(this.#col, this.cols - 1);
    const moves: Record<string, () => void> = {
      A: () => this.#goTo(this.#row - count, col),
      B: () => this.#goTo(this.#row + count, col),
      C: () => this.#goTo(this.#row, col + count),
      D: () => this.#goTo(this.#row, col - count),
      G: () => this.#goTo(this.#row, count - 1),
      d: () => this.#goTo(count - 1, col),
      H: () => this.#goTo(count - 1, (second || 1) - 1),
      f: () => this.#goTo(count - 1, (second || 1) - 1),
      J: () => this.#eraseScreen(first ?? 0),
      K: () => this.#eraseLine(this.#row, first ?? 0),
      L: () => this.#scrollDown(count, this.#row),
      M: () => this.#scrollUp(count, this.#row),
      S: () => this.#scrollUp(count),
      T: () => this.#scrollDown(count),
      P: () => this.#splice(col, count, []),
      '@': () => this.#splice(col, 0, Array<Cell>(count).fill(BLANK)),
      X: () => this.#cells[this.#row]!.fill(BLANK, col, col + count),
      b: () => {
        const { char } = this.#cells[this.#row]![this.#col - 1] ?? BLANK;
        for (let i = 0; i < count; i++) this.#print(char);
      },
      r: () => {
        this.#region = [(first ?? 1) - 1, (second ?? this.rows) - 1];
        this.#goTo(0, 0);
      },
      m: () => this.#style(parameters),
    };
    const ignored = 'hlntcq';
    if (ignored.includes(final)) return;
    const move = moves[final];
    if (move === undefined) throw new Error(`unknown control sequence ${parameters}${final}`);
    move();
  }

  #splice(at: number, remove: number, add: Cell[]): void {
    const row = this.#cells[this.#row]!;
    row.splice(at, remove, ...add);
    row.length = Math.min(row.length, this.cols);
    while (row.length < this.cols) row.push(BLANK);
  }

  #goTo(row: number, col: number): void {
    this.#row = Math.max(0, Math.min(this.rows - 1, row));
    this.#col = Math.max(0, Math.min(this.cols - 1, col));
  }

  #style(parameters: string): void {
    for (const word of parameters === '' ? ['0'] : parameters.split(';')) {
      if (word === '7') this.#marked = true;
      else if (word === '0' || word === '' || word === '27') this.#marked = false;
    }
  }

  #eraseLine(row: number, how: number): void {
    const from = how === 0 ? this.#col : 0;
    const to = how === 1 ? this.#col + 1 : this.cols;
    this.#cells[row]!.fill(BLANK, from, to);
  }

  #eraseScreen(how: number): void {
    if (how === 3) return;
    if (how === 2) this.#cells = this.#blankRows(this.rows);
    else if (how === 0) {
      this.#eraseLine(this.#row, 0);
      for (let row = this.#row + 1; row < this.rows; row++) this.#cells[row]!.fill(BLANK);
    } else throw new Error(`unknown erasing ${how}`);
  }

  #switch(alternate: boolean): void {
    if (alternate && this.#main === null) {
      this.#main = { cells: this.#cells, row: this.#row, col: this.#col };
      this.#cells = this.#blankRows(this.rows);
    } else if (!alternate && this.#main !== null) {
      this.#cells = this.#main.cells;
      this.#goTo(this.#main.row, this.#main.col);
      this.#main = null;
    }
  }
}

function textOf(row: readonly Cell[]): string {
  let out = '';
  let marked = false;
  for (const cell of row) {
    if (cell.marked !== marked) out += cell.marked ? '«' : '»';
    marked = cell.marked;
    out += cell.char;
  }
  return marked ? `${out.trimEnd()}»` : out.trimEnd();
}
