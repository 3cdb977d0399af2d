/** How ps(1) lays out a line: what is too long for its column takes from the space before the following ones. */

/** How a column is filled: `user` is cut off with a `+`, `open` goes to the end of the line where it is last and is cut off elsewhere. */
export type Justification = 'left' | 'right' | 'user' | 'open';

export interface Place {
  readonly kind: Justification;
  readonly width: number;
}

function fitted(text: string, { kind, width }: Place, last: boolean): string {
  if (kind === 'user' && text.length > width) return `${text.slice(0, width - 1)}+`;
  return kind === 'open' && !last ? text.slice(0, width) : text;
}

/** A line of at most `columns` characters, without its end. Headings are not cut off to their width. */
export function lineOf(
  cells: readonly string[],
  places: readonly Place[],
  columns: number,
  heading = false,
): string {
  let line = '';
  let due = 0;
  for (const [i, place] of places.entries()) {
    const text = heading ? cells[i]! : fitted(cells[i]!, place, i === places.length - 1);
    const before = place.kind === 'right' ? Math.max(0, place.width - text.length) : 0;
    line += ' '.repeat(Math.max(i === 0 ? 0 : 1, due - line.length + before)) + text;
    due += place.width + 1;
  }
  return line.slice(0, columns);
}
