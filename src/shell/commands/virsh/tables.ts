/** Lists as virsh prints them. */
import { type Nanos, SECOND } from '../../../base/index.ts';

/** A head and rows: each cell a blank before it and two behind; the last column is ragged. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => ` ${i === row.length - 1 ? cell : `${cell.padEnd(widths[i]!)}  `}`).join('');
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 3, 0));
  return `${[line(head), rule, ...rows.slice(1).map(line)].join('\n')}\n`;
}

/** `Name:           value`. */
export function fields(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([name, value]) => `${`${name}:`.padEnd(15)} ${value}\n`).join('');
}

export const seconds = (time: Nanos): string => `${(time / SECOND).toFixed(1)}s`;
