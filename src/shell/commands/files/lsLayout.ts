/** How ls(1) puts names beside each other, as src/ls.c of coreutils 9.1 does. */

export interface Layout {
  readonly manner: 'down' | 'across' | 'commas' | 'lines';
  /** Of a line, in characters; 0 is no limit. */
  readonly width: number;
  /** Whether there may be tabs between columns. */
  readonly tabs: boolean;
}

interface Label {
  /** On the screen. */
  readonly width: number;
  readonly text: string;
}

const TAB = 8;
/** A name of one character, and what keeps it from the next. */
const LEAST_COLUMN = 3;
const GAP = 2;

/** From one place in a line to another. */
function space(from: number, to: number, tabs: boolean): string {
  let text = '';
  for (let at = from; at < to; ) {
    const tab = tabs && Math.floor(to / TAB) > Math.floor((at + 1) / TAB);
    text += tab ? '\t' : ' ';
    at += tab ? TAB - (at % TAB) : 1;
  }
  return text;
}

/** As many columns as fit: the width of each, with the gap behind it. */
function columnWidths(labels: readonly Label[], { width, manner }: Layout): number[] {
  const most = Math.max(1, Math.min(labels.length, Math.ceil(width / LEAST_COLUMN)));
  for (let count = most; count > 1; count--) {
    const widths: number[] = Array.from({ length: count }, () => LEAST_COLUMN);
    const rows = Math.ceil(labels.length / count);
    for (const [i, label] of labels.entries()) {
      const column = manner === 'down' ? Math.floor(i / rows) : i % count;
      widths[column] = Math.max(widths[column]!, label.width + (column === count - 1 ? 0 : GAP));
    }
    if (widths.reduce((sum, one) => sum + one, 0) < width) return widths;
  }
  return [LEAST_COLUMN];
}

function columnsText(labels: readonly Label[], layout: Layout): string {
  const widths = columnWidths(labels, layout);
  const count = widths.length;
  const rows = Math.ceil(labels.length / count);
  const at = (row: number, column: number) =>
    labels[layout.manner === 'down' ? column * rows + row : row * count + column];
  let out = '';
  for (let row = 0; row < rows; row++) {
    let place = 0;
    for (let column = 0; column < count; column++) {
      const label = at(row, column);
      if (label === undefined) break;
      out += label.text;
      const next = column + 1 < count ? at(row, column + 1) : undefined;
      if (next !== undefined) out += space(place + label.width, place + widths[column]!, layout.tabs);
      place += widths[column]!;
    }
    out += '\n';
  }
  return out;
}

/** One behind the other; a line ends where the next one would not fit. */
function separated(labels: readonly Label[], separator: string, width: number): string {
  let place = 0;
  let out = '';
  for (const [i, label] of labels.entries()) {
    if (i > 0) {
      const fits = width === 0 || place + label.width + GAP < width;
      place = fits ? place + GAP : 0;
      out += `${separator}${fits ? ' ' : '\n'}`;
    }
    out += label.text;
    place += label.width;
  }
  return `${out}\n`;
}

export function arranged(labels: readonly Label[], layout: Layout): string {
  if (layout.manner === 'lines') return labels.map(({ text }) => `${text}\n`).join('');
  if (labels.length === 0) return '';
  if (layout.manner === 'commas') return separated(labels, ',', layout.width);
  return layout.width === 0 ? separated(labels, ' ', 0) : columnsText(labels, layout);
}
