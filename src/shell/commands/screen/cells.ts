/** Text as it stands on a terminal: what each character shows, how wide, in which style. */
import { charWidth } from '../../editor/width.ts';

/** Parameters of a Select Graphic Rendition sequence, ECMA-48 section 8.3.117; empty for plain. */
export type Style = string;
export const REVERSE: Style = '7';
export const BOLD: Style = '1';
export const UNDERLINE: Style = '4';

export interface Cell {
  /** The character of the text. */
  readonly char: string;
  /** What is shown for it: `^A` for a control character. */
  readonly shown: string;
  readonly width: number;
  readonly style: Style;
  /** Index of its character in the line. */
  readonly at: number;
}

export const TAB_WIDTH = 8;

export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

export function both(style: Style, more: Style): Style {
  return style === '' || more === '' ? style + more : `${style};${more}`;
}

/** A control character or a byte that is no UTF-8, as one can see it; null for what shows itself. */
export function visibleForm(char: string): string | null {
  const code = char.codePointAt(0)!;
  if (code === 0x1b) return 'ESC';
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
  if (code === 0x7f) return '^?';
  if (code >= 0x80 && code < 0xa0) return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  if (code >= 0xdc80 && code <= 0xdcff) return `<${(code - 0xdc00).toString(16).toUpperCase()}>`;
  return null;
}

/**
 * The cells of a line. Backspaces overstrike as in manual pages: `x\bx` is bold, `_\bx` underlined. With `colours` SGR
 * sequences style what follows instead of being shown.
 */
export function cellsOf(line: string, colours: boolean): Cell[] {
  const cells: Cell[] = [];
  let style: Style = '';
  let col = 0;
  for (let at = 0; at < line.length; ) {
    const char = String.fromCodePoint(line.codePointAt(at)!);
    const sequence = colours && char === '\x1b' ? /^\x1b\[([0-9;:]*)m/.exec(line.slice(at, at + 40)) : null;
    if (sequence !== null) {
      style = styleAfter(style, sequence[1]!);
      at += sequence[0].length;
      continue;
    }
    const last = cells.at(-1);
    if (char === '\b' && last !== undefined && at + 1 < line.length) {
      const over = String.fromCodePoint(line.codePointAt(at + 1)!);
      cells[cells.length - 1] = overstruck(last, over);
      at += 1 + over.length;
      continue;
    }
    const cell = cellOf(char, style, col, at);
    cells.push(cell);
    col += cell.width;
    at += char.length;
  }
  return cells;
}

function cellOf(char: string, style: Style, col: number, at: number): Cell {
  if (char === '\t') {
    const width = TAB_WIDTH - (col % TAB_WIDTH);
    return { char, shown: ' '.repeat(width), width, style, at };
  }
  const form = visibleForm(char);
  if (form !== null) return { char, shown: form, width: form.length, style: both(style, REVERSE), at };
  return { char, shown: char, width: charWidth(char), style, at };
}

function overstruck(below: Cell, over: string): Cell {
  if (over === below.char) return { ...below, style: both(below.style, BOLD) };
  if (over === '_') return { ...below, style: both(below.style, UNDERLINE) };
  const cell = cellOf(over, below.style, 0, below.at);
  return below.char === '_' ? { ...cell, style: both(cell.style, UNDERLINE) } : cell;
}

/** Zero resets, the rest adds up. */
function styleAfter(style: Style, parameters: string): Style {
  const reset = /^(?:.*;)?0*(?=;|$)/.exec(parameters);
  if (reset === null) return both(style, parameters);
  return parameters.slice(reset[0].length).replace(/^;/, '');
}

/** A line cut into rows of `width` columns. */
export function wrapped(cells: readonly Cell[], width: number): Cell[][] {
  const rows: Cell[][] = [];
  let row: Cell[] = [];
  let col = 0;
  for (const cell of cells) {
    if (col + cell.width > width && row.length > 0) {
      rows.push(row);
      row = [];
      col = 0;
    }
    row.push(cell);
    col += cell.width;
  }
  rows.push(row);
  return rows;
}

/** The part of a line from column `from` on that fits into `width`; a mark in the last column where more follows. */
export function chopped(cells: readonly Cell[], width: number, from: number): Cell[] {
  const row: Cell[] = [];
  let col = 0;
  for (const cell of cells) {
    const start = col;
    col += cell.width;
    if (start < from) continue;
    if (col - from <= width) {
      row.push(cell);
      continue;
    }
    while (row.length > 0 && row.reduce((sum, { width: own }) => sum + own, 0) >= width) row.pop();
    row.push({ char: '>', shown: '>', width: 1, style: REVERSE, at: cell.at });
    break;
  }
  return row;
}

/** The escape sequences and characters that show a row; plain afterwards. */
export function painted(row: readonly Pick<Cell, 'shown' | 'style'>[]): string {
  let out = '';
  let style: Style = '';
  for (const cell of row) {
    if (cell.style !== style) {
      if (style !== '') out += '\x1b[m';
      if (cell.style !== '') out += `\x1b[${cell.style}m`;
      style = cell.style;
    }
    out += cell.shown;
  }
  return style === '' ? out : `${out}\x1b[m`;
}

export function paintedText(text: string, style: Style): string {
  return painted([{ shown: text, style }]);
}
