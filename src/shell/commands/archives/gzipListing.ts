/** The table of gzip -l. */
import { type Sys, writeAll } from '../../../linux/index.ts';
import { calendar, MONTHS, pad } from '../support.ts';
import { ratioText } from './gzipNames.ts';
import { wordAt } from './gzipStream.ts';

export interface Totals {
  files: number;
  compressed: number;
  expanded: number;
  /** Of the file listed last: gzip counts one header for all of them. */
  overhead: number;
}

export interface ListRow {
  readonly name: string;
  readonly compressed: number;
  readonly expanded: number;
  /** Bytes of header and trailer, which do not count for the ratio. */
  readonly overhead: number;
  /** Seconds since 1970. */
  readonly time: number;
  /** The last eight bytes, or none for what cannot be read again. */
  readonly tail: Uint8Array;
}

const number = (value: number) => String(value).padStart(19);

function sizes(row: Pick<ListRow, 'name' | 'compressed' | 'expanded' | 'overhead'>): string {
  const saved = row.expanded - (row.compressed - row.overhead);
  return `${number(row.compressed)} ${number(row.expanded)} ${ratioText(saved, row.expanded)} ${row.name}\n`;
}

export function* listLine(
  totals: Totals,
  { verbose, quiet }: { verbose: boolean; quiet: boolean },
  row: ListRow,
): Sys<void> {
  if (totals.files === 0 && !quiet) {
    const names = `${'compressed'.padStart(19)} ${'uncompressed'.padStart(19)}  ratio uncompressed_name\n`;
    yield* writeAll(1, (verbose ? 'method  crc     date  time  ' : '') + names);
  }
  totals.files++;
  totals.compressed += row.compressed;
  totals.expanded += row.expanded;
  totals.overhead = row.overhead;
  yield* writeAll(1, (verbose ? `${details(row)} ` : '') + sizes(row));
}

function details({ tail, time }: ListRow): string {
  const crc = tail.length === 8 ? wordAt(tail, 0).toString(16).padStart(8, '0') : 'ffffffff';
  const { month, day, hour, minute } = calendar(time);
  return `defla ${crc} ${MONTHS[month - 1]} ${String(day).padStart(2)} ${pad(hour)}:${pad(minute)}`;
}

/** The last line for more than one file. */
export function* listTotals(totals: Totals, verbose: boolean): Sys<void> {
  if (totals.files < 2) return;
  const indent = verbose ? ' '.repeat(28) : '';
  yield* writeAll(1, indent + sizes({ ...totals, name: '(totals)' }));
}
