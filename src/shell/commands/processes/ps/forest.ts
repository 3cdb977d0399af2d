/** The processes as trees: ps --forest and ps f draw lines, ps -H indents. */
import type { ProcessRow } from '../rows.ts';

export interface Forest {
  readonly rows: readonly ProcessRow[];
  /** What stands before the command, by process number. */
  readonly branches: ReadonlyMap<number, string>;
}

/** Of `rows`, whose order is kept among siblings; a tree whose root has a greater parent comes earlier, as with procps. */
export function forestOf(rows: readonly ProcessRow[], drawn: boolean): Forest {
  const sorted = [...rows].sort((a, b) => a.ppid - b.ppid);
  const shown = new Set(rows.map((row) => row.pid));
  const ordered: ProcessRow[] = [];
  const branches = new Map<number, string>();
  const visit = (row: ProcessRow, before: string, own: string, below: string) => {
    ordered.push(row);
    branches.set(row.pid, `${before}${own}`);
    const children = sorted.filter((other) => other.ppid === row.pid && other !== row);
    for (const [i, child] of children.entries()) {
      const last = i === children.length - 1;
      visit(child, `${before}${below}`, drawn ? ' \\_ ' : '  ', drawn ? (last ? '    ' : ' |  ') : '  ');
    }
  };
  for (const root of [...sorted].reverse()) if (!shown.has(root.ppid)) visit(root, '', '', '');
  return { rows: ordered, branches };
}
