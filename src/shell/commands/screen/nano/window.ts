/** nano's window: title, text, status line, help lines, as rows of a frame. */
import { REVERSE, type Style, textWidth, visibleForm } from '../cells.ts';
import { bar, fitted, type Row, type Span } from '../frame.ts';
import { type Buffer, columnOf, columns, isBefore, type Place } from './buffer.ts';

export type HelpEntry = readonly [key: string, what: string];

export interface Message {
  readonly text: string;
  readonly kind: 'info' | 'notice' | 'alert';
}

export interface WindowState {
  readonly buffer: Buffer;
  readonly name: string;
  readonly lineNumbers: boolean;
  readonly viewOnly: boolean;
  readonly autoIndent: boolean;
  /** The first line shown. */
  readonly top: number;
  readonly mark: Place | null;
  /** A part of the text that a question is about. */
  readonly spot: readonly [Place, Place] | null;
  readonly message: Message | null;
}

const TITLE = 'nano';
/** Columns that the program's name and version take in the real one's title, which centres the file's name. */
const TITLE_WIDTH = 12;
const STATE_WIDTH = 7;
const ALERT: Style = '1;37;41';
const SPOT: Style = '30;43';
/** Rows besides the text: title, status, two of help. */
export const OTHER_ROWS = 4;

/** Columns of line numbers and the blank behind them. */
export function marginOf(state: Pick<WindowState, 'buffer' | 'lineNumbers'>): number {
  return state.lineNumbers ? String(state.buffer.lines.length).length + 2 : 0;
}

/** The column that a long line is shown from, so that column `col` can be seen. */
export function pageStart(col: number, width: number): number {
  if (col === 0 || col + 2 < width) return 0;
  return width > 8 ? col - 6 - ((col - 6) % (width - 8)) : col - (width - 2);
}

/** The name in the middle with a star when it was changed; on the right `View`, or `I` and `M` for indenting and a mark. */
export function titleRow({ name, buffer, viewOnly, autoIndent, mark }: WindowState, cols: number): Row {
  const shown = name === '' ? 'New Buffer' : name;
  const flagged = buffer.modified ? `${shown} *` : shown;
  const room = cols - TITLE_WIDTH - 3 - STATE_WIDTH;
  const path = textWidth(flagged) <= room ? flagged : `...${flagged.slice(-Math.max(1, room - 3))}`;
  const centred = Math.floor((cols + (viewOnly ? 8 : 5) - textWidth(shown)) / 2);
  const left = `  ${TITLE}`.padEnd(Math.max(TITLE_WIDTH + 3, centred)) + path;
  const state = viewOnly ? 'View  ' : `${autoIndent ? 'I' : ' '}${mark === null ? ' ' : 'M'}     `;
  const gap = cols - state.length - textWidth(left);
  return bar(gap < 0 ? left : left + ' '.repeat(gap) + state, REVERSE, cols);
}

export function textRows(state: WindowState, rows: number, cols: number): Row[] {
  const margin = marginOf(state);
  const width = Math.max(1, cols - margin);
  const { buffer, top } = state;
  return Array.from({ length: rows }, (_, i) => {
    const line = top + i;
    const text = buffer.lines[line];
    if (text === undefined) return [];
    const from = line === buffer.cursor.line ? pageStart(columnOf(text, buffer.cursor.at), width) : 0;
    const number: Row = state.lineNumbers
      ? [
          { shown: String(line + 1).padStart(margin - 1), style: REVERSE },
          { shown: ' ', style: '' },
        ]
      : [];
    return [...number, ...lineSpans(text, from, width, highlight(state, line))];
  });
}

interface Highlight {
  readonly from: number;
  readonly to: number;
  readonly style: Style;
}

/** The marked part of a line, or what a question is about, as indices; null when none of it is. */
function highlight({ mark, spot, buffer }: WindowState, line: number): Highlight | null {
  const marked =
    mark === null ? null : isBefore(mark, buffer.cursor) ? [mark, buffer.cursor] : [buffer.cursor, mark];
  const [first, last] = spot ?? marked ?? [];
  if (first === undefined || last === undefined || line < first.line || line > last.line) return null;
  return {
    from: line === first.line ? first.at : 0,
    to: line === last.line ? last.at : Number.POSITIVE_INFINITY,
    style: spot === null ? REVERSE : SPOT,
  };
}

function lineSpans(text: string, from: number, width: number, lit: Highlight | null): Span[] {
  const spans: Span[] = [];
  let col = 0;
  let at = 0;
  for (const char of text) {
    const start = col;
    col += columns(char, col);
    const style = lit !== null && at >= lit.from && at < lit.to ? lit.style : '';
    at += char.length;
    if (col <= from) continue;
    if (start >= from + width) break;
    if (start < from || col > from + width) {
      spans.push({ shown: ' '.repeat(Math.min(col, from + width) - Math.max(start, from)), style });
      continue;
    }
    const shown = char === '\t' ? ' '.repeat(col - start) : (visibleForm(char) ?? char);
    spans.push({ shown, style });
  }
  const more = columnOf(text, text.length) > from + width;
  return withEdges(spans, from > 0, more);
}

/** The first and the last column tell that the line goes on there. */
function withEdges(spans: readonly Span[], before: boolean, after: boolean): Span[] {
  const out = [...spans];
  // Of a character two columns wide that is cut, the other half shows a bracket.
  if (before && out.length > 0) {
    const { shown, style } = out.shift()!;
    if (textWidth(shown) > 1) out.unshift({ shown: cutForm(shown, ']'), style });
    out.unshift({ shown: '<', style: REVERSE });
  }
  if (after && out.length > 0) {
    const { shown, style } = out.pop()!;
    if (textWidth(shown) > 1) out.push({ shown: cutForm(shown, '['), style });
    out.push({ shown: '>', style: REVERSE });
  }
  return out;
}

/** What is left of a character that lost a column. */
function cutForm(shown: string, bracket: string): string {
  return shown.trim() === '' ? shown.slice(1) : bracket.padEnd(textWidth(shown) - 1);
}

export function messageRow(message: Message | null, cols: number): Row {
  if (message === null) return [];
  const text = fitted(`[ ${message.text} ]`, cols);
  const pad = ' '.repeat(Math.floor((cols - textWidth(text)) / 2));
  return [
    { shown: pad, style: '' },
    { shown: text, style: message.kind === 'info' ? REVERSE : ALERT },
  ];
}

/** Two rows of keys and what they do, in pairs from left to right. */
export function helpRows(entries: readonly HelpEntry[], cols: number, fixedWidth?: number): [Row, Row] {
  const most = Math.floor((cols + 40) / 20) * 2;
  const shown = entries.slice(0, most);
  const width = fixedWidth ?? Math.floor(cols / Math.max(1, Math.ceil(shown.length / 2)));
  const rows: [Span[], Span[]] = [[], []];
  shown.forEach(([key, what], index) => {
    const room = width - key.length;
    const text = room < 2 ? '' : fitted(` ${what}`, room);
    rows[index % 2]!.push({ shown: key, style: REVERSE }, { shown: text.padEnd(room), style: '' });
  });
  return rows;
}
