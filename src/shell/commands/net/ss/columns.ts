/** ss's columns: as wide as what stands in them, and on a terminal spread over its width. */

export interface Column {
  readonly title: string;
  readonly right: boolean;
  /** What stands before it, when it is not the first. */
  readonly before: string;
}

export const COLUMNS: readonly Column[] = [
  { title: 'Netid', right: false, before: '' },
  { title: 'State', right: false, before: ' ' },
  { title: 'Recv-Q', right: false, before: ' ' },
  { title: 'Send-Q', right: false, before: ' ' },
  { title: 'Local Address:', right: true, before: ' ' },
  { title: 'Port', right: false, before: '' },
  { title: 'Peer Address:', right: true, before: ' ' },
  { title: 'Port', right: false, before: '' },
  { title: 'Process', right: false, before: '' },
];

/** Widths of lines of the given cells; `screen` is a terminal's width, null for what is no terminal. */
function widthsOf(lines: readonly (readonly string[])[], screen: number | null): number[] {
  const widths = COLUMNS.map(({ before }, i) => {
    // What is written last is never measured (field_flush() of misc/ss.c).
    const measured = i === COLUMNS.length - 1 && lines.length > 1 ? lines.slice(0, -1) : lines;
    const longest = Math.max(...measured.map((line) => line[i]!.length));
    return longest === 0 ? 0 : longest + before.length;
  });
  const first = widths.findIndex((width) => width > 0);
  widths[first]! -= COLUMNS[first]!.before.length;
  if (screen === null) return widths;
  const used = widths.filter((width) => width > 0).length;
  const room = screen - widths.reduce((sum, width) => sum + width, 0);
  if (room <= 0) return widths;
  let rest = room % used;
  // What cannot be shared out goes to the last columns.
  for (let i = widths.length - 1; i >= 0; i--) {
    if (widths[i] === 0) continue;
    widths[i]! += Math.floor(room / used) + (rest-- > 0 ? 1 : 0);
  }
  return widths;
}

/** A column that is empty in all lines is left out. */
export function renderColumns(lines: readonly (readonly string[])[], screen: number | null): string {
  if (lines.length === 0) return '';
  const widths = widthsOf(lines, screen);
  const first = widths.findIndex((width) => width > 0);
  const cell = (text: string, i: number) => {
    const { before, right } = COLUMNS[i]!;
    const lead = i === first ? '' : before;
    const width = widths[i]! - lead.length;
    return lead + (right ? text.padStart(width) : text.padEnd(width));
  };
  return lines
    .map((line) => `${line.map((text, i) => (widths[i] === 0 ? text : cell(text, i))).join('')}\n`)
    .join('');
}
