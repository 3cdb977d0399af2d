/** Tables of util-linux 2.38's programs, as its libsmartcols writes them: as a tree, a list, KEY="value", raw, or JSON. */

/** A list is a line each in a table. */
export type Value = string | number | boolean | null | readonly (string | null)[];

export interface SmartColumn {
  readonly name: string;
  readonly right?: boolean;
  /** Its usual width, in characters. */
  readonly usual?: number;
  /** In a table of columns; else as it is. */
  readonly padded?: (text: string) => string;
}

export interface SmartRow {
  /** For each column. */
  readonly values: readonly Value[];
  readonly children: readonly SmartRow[];
}

export interface SmartLayout {
  readonly head: boolean;
  readonly ascii: boolean;
  /** The column that has the branches before it; null: a list. */
  readonly tree: string | null;
}

const textOf = (value: Value): string => {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'string' || typeof value === 'number') return `${value}`;
  return value === null ? '' : value.map((item) => item ?? '').join('\n');
};

/** All rows without what is above and below them. */
export const flatRows = (rows: readonly SmartRow[]): SmartRow[] =>
  rows.flatMap((row) => [{ ...row, children: [] }, ...flatRows(row.children)]);

/** Lines of columns. */
export function smartTable(
  rows: readonly SmartRow[],
  columns: readonly SmartColumn[],
  { head, ascii, tree }: SmartLayout,
): string {
  const [side, last, down] = ascii ? ['|-', '`-', '| '] : ['├─', '└─', '│ '];
  // Of each row the lines of its cells, and the branches that go on below the first one.
  const drawn: { cells: string[][]; goesOn: string }[] = [];
  const add = ({ values, children }: SmartRow, own: string, below: string): void => {
    const cells = columns.map(({ name, padded }, i) => {
      const text = textOf(values[i]!);
      return ((name === tree ? own : '') + (padded?.(text) ?? text)).split('\n');
    });
    drawn.push({ cells, goesOn: children.length > 0 ? below + down : below });
    for (const [i, child] of children.entries()) {
      const isLast = i === children.length - 1;
      add(child, below + (isLast ? last : side), below + (isLast ? '  ' : down));
    }
  };
  for (const row of rows) add(row, '', '');
  const widths = columns.map(({ name, usual = 0 }, i) => {
    const longest = Math.max(...drawn.flatMap(({ cells }) => cells[i]!.map((line) => line.length)));
    // What is as long as its name at least gets the usual width (count_column_width).
    return longest < name.length ? name.length : Math.max(longest, name.length < usual ? usual : 0);
  });
  if (head) drawn.unshift({ cells: columns.map(({ name }) => [name]), goesOn: '' });
  return drawn
    .flatMap(({ cells, goesOn }) =>
      Array.from({ length: Math.max(...cells.map((lines) => lines.length)) }, (_, at) =>
        cells.map((lines, i) => lines[at] ?? (columns[i]!.name === tree ? goesOn : '')),
      ),
    )
    .map(
      (line) =>
        `${line.map((text, i) => placed(text, columns[i]!, widths[i]!, i === line.length - 1)).join(' ')}\n`,
    )
    .join('');
}

/** What stands at the end of a line ends where it ends. */
function placed(text: string, { right = false }: SmartColumn, width: number, last: boolean): string {
  if (right && !(last && text === '')) return text.padStart(width);
  return last ? text : text.padEnd(width);
}

const hexEscape = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
const RAW = /[\s\\]/g;
const QUOTED = /["\\`$\p{Cc}]/gu;

/** `KEY="value"`, or cells with a blank between them. */
export function smartLines(
  rows: readonly SmartRow[],
  columns: readonly SmartColumn[],
  kind: 'pairs' | 'raw',
  head: boolean,
): string {
  const names = columns.map(({ name }) => name);
  const lines = flatRows(rows).map(({ values }) =>
    values
      .map((value, i) => {
        const text = textOf(value);
        if (kind === 'raw') return text.replace(RAW, hexEscape);
        return `${names[i]!}="${text.replace(QUOTED, hexEscape)}"`;
      })
      .join(' '),
  );
  return [...(head && kind === 'raw' ? [names.join(' ')] : []), ...lines].map((line) => `${line}\n`).join('');
}

/** `title` is the name of the whole. */
export function smartJson(rows: readonly SmartRow[], columns: readonly SmartColumn[], title: string): string {
  const valueText = (value: Value, indent: string) => {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    return `[\n${indent}    ${value.map((item) => JSON.stringify(item)).join(', ')}\n${indent}]`;
  };
  const list = (some: readonly SmartRow[], indent: string): string =>
    some
      .map(({ values, children }) => {
        const within = `${indent}   `;
        const fields = values.map(
          (value, i) => `"${columns[i]!.name.toLowerCase()}": ${valueText(value, within)}`,
        );
        const below =
          children.length === 0 ? [] : [`"children": [\n${list(children, `${within}   `)}${within}]`];
        return `${indent}{\n${[...fields, ...below].map((line) => `${within}${line}`).join(',\n')}\n${indent}}`;
      })
      .join(',')
      .replaceAll(`},${indent}{`, '},{')
      .concat('\n');
  return `{\n   "${title}": [\n${list(rows, '      ')}   ]\n}\n`;
}
