/** The table of -c and -C. */
import type { SortKey } from './settings.ts';

interface Row {
  readonly name: string;
  time: number;
  calls: number;
  errors: number;
}

const RULE = '------ ----------- ----------- --------- --------- ----------------\n';

const orders: Readonly<Record<SortKey, (a: Row, b: Row) => number>> = {
  time: (a, b) => b.time - a.time,
  'avg-time': (a, b) => b.time / b.calls - a.time / a.calls,
  calls: (a, b) => b.calls - a.calls,
  errors: (a, b) => b.errors - a.errors,
  name: (a, b) => (a.name < b.name ? -1 : 1),
  none: () => 0,
};

/** A row's line; `whole` is the time of all, in nanoseconds as the row's. */
function line({ name, time, calls, errors }: Row, whole: number, isTotal = false): string {
  const share = isTotal ? 100 : whole === 0 ? 0 : (100 * time) / whole;
  const seconds = (time / 1e9).toFixed(6).padStart(11);
  const each = String(calls === 0 ? 0 : Math.floor(time / 1000 / calls)).padStart(11);
  const failed = (errors === 0 ? '' : String(errors)).padStart(9);
  return `${share.toFixed(2).padStart(6)} ${seconds} ${each} ${String(calls).padStart(9)} ${failed} ${name}\n`;
}

export class Summary {
  readonly #rows = new Map<string, Row>();

  /** `time` in nanoseconds. */
  count(name: string, time: number, failed: boolean): void {
    const row = this.#rows.get(name) ?? { name, time: 0, calls: 0, errors: 0 };
    row.time += time;
    row.calls++;
    row.errors += Number(failed);
    this.#rows.set(name, row);
  }

  text(sort: SortKey): string {
    const rows = [...this.#rows.values()].sort(orders[sort]);
    if (rows.length === 0) return '';
    const total: Row = { name: 'total', time: 0, calls: 0, errors: 0 };
    for (const { time, calls, errors } of rows) {
      total.time += time;
      total.calls += calls;
      total.errors += errors;
    }
    const head = '% time     seconds  usecs/call     calls    errors syscall\n';
    const body = rows.map((row) => line(row, total.time)).join('');
    return `${head}${RULE}${body}${RULE}${line(total, total.time, true)}`;
  }
}
