/** Lists as docker prints them: aligned columns, --quiet, --format, `table` formats and json. */
import { type Sys, writeAll } from '../../../linux/index.ts';
import type { OptionSpec } from '../options.ts';
import { fill } from './template.ts';

/** Of commands that list. */
export const listOptions: readonly OptionSpec[] = [
  { long: 'format', argument: 'string', help: 'table, json or a Go template' },
  { short: 'q', long: 'quiet', help: 'Only ids or names' },
];

export interface Column {
  readonly head: string;
  readonly field: string;
}

/** Columns at least `least` wide and three blanks apart, the last one ragged: text/tabwriter as docker sets it. */
export function align(rows: readonly (readonly string[])[], least = 10): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows
    .map(
      (row) =>
        `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(Math.max(least, widths[i]! + 3)))).join('')}\n`,
    )
    .join('');
}

interface ListFormat {
  readonly format: string | null;
  readonly quiet: string | null;
  /** What a row is in the client, as it says of a field that there is not. */
  readonly type: string;
  readonly lead?: string;
}

type Method = (argument: string) => string;
type Rows = readonly Readonly<Record<string, string | null | Method>>[];

/** Prints `rows`, whose keys are the fields that --format may name. */
export function* printList(rows: Rows, columns: readonly Column[], options: ListFormat): Sys<void> {
  yield* writeAll(1, listText(rows, columns, options));
}

export function listText(rows: Rows, columns: readonly Column[], options: ListFormat): string {
  const { quiet } = options;
  const format = options.format === '' ? null : options.format;
  const telling = { type: `*${options.type}`, ...(options.lead !== undefined && { lead: options.lead }) };
  if (quiet !== null) return rows.map((row) => `${row[quiet]}\n`).join('');
  if (format === null || format === 'table') {
    const lines = rows.map((row) => columns.map((column) => row[column.field] as string));
    return align([columns.map((column) => column.head), ...lines]);
  }
  if (format === 'json') return rows.map((row) => `${goJson(row)}\n`).join('');
  if (/^\{\{ ?json \. ?\}\}$/.test(format)) return rows.map((row) => `${goJson(row)}\n`).join('');
  if (!format.startsWith('table ')) return rows.map((row) => `${fill(format, row, telling)}\n`).join('');
  const template = format.slice('table '.length);
  const head = Object.fromEntries(columns.map((column) => [column.field, column.head]));
  const all = new Proxy(head, {
    get: (target, key) =>
      key === 'Label' ? (label: string) => label : (target[String(key)] ?? String(key).toUpperCase()),
    has: () => true,
  });
  const within = { ...telling, skipped: 'table '.length };
  const lines = [fill(template, all), ...rows.map((row) => fill(template, row, within))];
  return align(lines.map((line) => line.split('\t')));
}

/** So many digits; what lies exactly between two numbers becomes the even one, as Go's %g has it: 1.0625 is 1.062. */
function rounded(value: number, digits: number): number {
  const [mantissa = '', exponent = ''] = value.toExponential(60).split('e');
  const all = mantissa.replace('.', '');
  const kept = all.slice(0, digits);
  const isTie = /^50*$/.test(all.slice(digits));
  if (!isTie || Number(kept) % 2 !== 0) return Number(value.toPrecision(digits));
  return Number(`${kept}e${Number(exponent) - digits + 1}`);
}

/** 1.994MB: powers of 1000, four digits, as go-units' HumanSize. */
export function humanSize(bytes: number, digits = 4): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < 4) {
    value /= 1000;
    unit++;
  }
  return `${rounded(value, digits)}${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`;
}

export const shorten = (text: string, width: number) =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text;

/** 64MiB: powers of 1024, four digits, as go-units' BytesSize. */
export function binarySize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    unit++;
  }
  return `${rounded(value, 4)}${['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit]}`;
}

/** As Go's encoder writes it, safe within HTML. */
const goJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
