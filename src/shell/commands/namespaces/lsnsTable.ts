/** A table whose rows may stand below others, as the programs of util-linux draw it. */

export interface Row<C extends string> {
  readonly cells: Readonly<Record<C, string>>;
  readonly parent: Row<C> | null;
}

export interface Cell<C extends string> {
  readonly name: C;
  readonly right: boolean;
}

interface Line<C extends string> {
  readonly row: Row<C>;
  /** `├─` and its kin, for the column of the tree. */
  readonly branch: string;
}

/** Children follow their parents. */
function linesOf<C extends string>(rows: readonly Row<C>[]): Line<C>[] {
  const below = (parent: Row<C> | null, indent: string): Line<C>[] => {
    const children = rows.filter((row) => row.parent === parent);
    return children.flatMap((row, i) => {
      const last = i === children.length - 1;
      const branch = parent === null ? '' : `${indent}${last ? '└─' : '├─'}`;
      return [{ row, branch }, ...below(row, parent === null ? '' : `${indent}${last ? '  ' : '│ '}`)];
    });
  };
  return below(null, '');
}

/** `tree` is the column in which the branches stand. Raw: single blanks between. */
export function drawTable<C extends string>(
  rows: readonly Row<C>[],
  columns: readonly Cell<C>[],
  options: { readonly tree: C; readonly heading: boolean; readonly raw: boolean },
): string {
  const { tree, heading, raw } = options;
  const lines = linesOf(rows).map(({ row, branch }) =>
    columns.map(({ name }) => (name === tree && !raw ? branch : '') + row.cells[name]),
  );
  const head = columns.map(({ name }) => name as string);
  const all = heading ? [head, ...lines] : lines;
  // Blanks in cells would be taken for those between.
  if (raw)
    return all.map((cells) => `${cells.map((cell) => cell.replaceAll(' ', '\\x20')).join(' ')}\n`).join('');
  const widths = columns.map((_, i) => Math.max(...[head, ...lines].map((cells) => cells[i]!.length)));
  // Branches go to the left of what they lead to.
  const right = columns.map(
    (column) => column.right && !(column.name === tree && rows.some(({ parent }) => parent !== null)),
  );
  const draw = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        if (right[i]) return cell.padStart(widths[i]!);
        return i === cells.length - 1 ? cell : cell.padEnd(widths[i]!);
      })
      .join(' ')
      .trimEnd();
  return all.map((cells) => `${draw(cells)}\n`).join('');
}
