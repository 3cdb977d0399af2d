/** Lists as docker prints them: aligned columns, --quiet, --format, `table` formats and json. */
import { type Sys, writeAll } from '../../../linux/index.ts';
import type { OptionSpec } from '../options.ts';
import { fill, templateOf } from './templates.ts';

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
  /** Before what is wrong with the template as it is given, where that is looked at first. */
  readonly unprepared?: string;
}

type Method = (argument: string) => string;
type Rows = readonly Readonly<Record<string, string | boolean | null | Method>>[];

/** The method Label of a row. */
export const labelIn =
  (labels: Readonly<Record<string, string>> | null | undefined): Method =>
  (key) =>
    labels && Object.hasOwn(labels, key) ? labels[key]! : '';

/** Its field Labels: in the order of their keys. */
export const labelsText = (labels: Readonly<Record<string, string>> | null | undefined): string =>
  Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

/** Prints `rows`, whose keys are the fields that --format may name. */
export function* printList(rows: Rows, columns: readonly Column[], options: ListFormat): Sys<void> {
  yield* writeAll(1, listText(rows, columns, options));
}

/** Whether a --format asks for all there is, as JSON. */
export const isJson = (format: string): boolean => format === 'json' || /^\{\{ *json \. *\}\}$/.test(format);

/** `\n` and `\t` of a list's format are meant as such, wherever they stand: formatter.Context's preFormat. */
const prepared = (format: string) =>
  format
    .replace(/^ +| +$/g, '')
    .replace(/\\t/g, '\t')
    .replace(/\\n/g, '\n');

export function listText(rows: Rows, columns: readonly Column[], options: ListFormat): string {
  const { quiet } = options;
  const format = options.format === '' ? null : options.format;
  const telling = {
    ...{ type: `*${options.type}`, syntaxStatus: 1 },
    ...(options.lead !== undefined && { lead: options.lead }),
  };
  if (quiet !== null) return rows.map((row) => `${row[quiet]}\n`).join('');
  if (format === null || format === 'table') {
    const lines = rows.map((row) => columns.map((column) => row[column.field] as string));
    return align([columns.map((column) => column.head), ...lines]);
  }
  if (isJson(format)) return rows.map((row) => `${goJson(row)}\n`).join('');
  // docker ps looks at a format before it asks for anything.
  if (options.unprepared !== undefined) templateOf(format, { ...telling, syntax: options.unprepared });
  if (!format.startsWith('table ')) {
    const filled = templateOf(prepared(format), telling);
    return rows.map((row) => `${filled(row)}\n`).join('');
  }
  const template = prepared(format.slice('table '.length));
  const head = new Map(columns.map((column) => [column.field, column.head]));
  const headed = (key: string) =>
    key === 'Label' ? (label: string) => label : (head.get(key) ?? key.toUpperCase());
  // Every field is there, and is its own.
  const all = new Proxy(Object.fromEntries(head), {
    get: (_, key) => headed(String(key)),
    getOwnPropertyDescriptor: (_, key) => ({
      ...{ value: headed(String(key)), configurable: true, enumerable: true, writable: true },
    }),
  });
  const skipped = options.unprepared === undefined ? 0 : 'table '.length;
  const filled = templateOf(template, { ...telling, skipped });
  const lines = [fill(template, all, telling), ...rows.map(filled)];
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

/** As Go's encoder writes a map: its keys in order, safe within HTML. */
const goJson = (row: Rows[number]): string =>
  JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))).replace(
    /[<>&]/g,
    (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`,
  );
