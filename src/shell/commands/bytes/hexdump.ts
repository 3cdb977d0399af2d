/** hexdump(1), the formats that have options. */
import { equalBytes, strerror } from '../../../base/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain, orNull } from '../support.ts';
import { ByteInput } from './byteInput.ts';
import { numberOf } from './od.ts';
import { characterOf, unsignedOf } from './odTypes.ts';

const WIDTH = 16;

interface Format {
  readonly size: number;
  /** Columns of one item with the space before it. */
  readonly columns: number;
  readonly show: (item: Uint8Array) => string;
}

const hex = (value: bigint | number, width: number) => value.toString(16).padStart(width, '0');

const plain: Format = { size: 2, columns: 5, show: (item) => hex(unsignedOf(item), 4) };

const formats: Readonly<Record<string, Format>> = {
  'one-byte-octal': { size: 1, columns: 4, show: (item) => item[0]!.toString(8).padStart(3, '0') },
  'one-byte-char': { size: 1, columns: 4, show: (item) => characterOf(item[0]!) },
  'two-bytes-decimal': { size: 2, columns: 8, show: (item) => `${unsignedOf(item)}`.padStart(5, '0') },
  'two-bytes-octal': { size: 2, columns: 8, show: (item) => unsignedOf(item).toString(8).padStart(6, '0') },
  'two-bytes-hex': { size: 2, columns: 8, show: (item) => hex(unsignedOf(item), 4) },
};

function line(format: Format, row: Uint8Array, at: number): string {
  let out = hex(at, 7);
  for (let item = 0; item < row.length; item += format.size) {
    const bytes = new Uint8Array(format.size);
    bytes.set(row.subarray(item, item + format.size));
    out += format.show(bytes).padStart(format.columns);
  }
  // A short line is filled up to the width of a whole one.
  return `${out.padEnd(7 + (WIDTH / format.size) * format.columns)}\n`;
}

function canonicalLine(row: Uint8Array, at: number): string {
  const half = (from: number) => [...row.subarray(from, from + 8)].map((byte) => ` ${hex(byte, 2)}`).join('');
  const text = String.fromCharCode(...row.map((byte) => (byte >= 32 && byte < 127 ? byte : 46)));
  const bytes = `${half(0).padEnd(24)} ${half(8)}`.padEnd(50);
  return `${hex(at, 8)} ${bytes} |${text}|\n`;
}

function amount(parsed: Parsed, key: string): number | null {
  const text = parsed.value(key);
  if (text === null) return null;
  const value = numberOf(text);
  if (value === null)
    throw new UsageError(`failed to parse ${key === 'skip' ? 'offset' : 'length'}: '${text}'`);
  return value;
}

function* dump(parsed: Parsed): Sys<number> {
  const skip = amount(parsed, 'skip') ?? 0;
  const limit = amount(parsed, 'length') ?? Number.POSITIVE_INFINITY;
  const lines = parsed.order.flatMap((key) => {
    if (key === 'canonical') return [canonicalLine];
    const format = formats[key];
    return format === undefined ? [] : [(row: Uint8Array, at: number) => line(format, row, at)];
  });
  if (lines.length === 0) lines.push((row, at) => line(plain, row, at));
  if (skip > 0 && parsed.operands.length === 0 && (yield* orNull(() => sys.lseek(0, 0, 'cur'))) === null) {
    yield* complain('hexdump', `stdin: ${strerror('ESPIPE')}`);
    return 1;
  }
  const input = new ByteInput('hexdump', parsed.operands);
  const skipped = yield* input.skip(skip);
  const verbose = parsed.has('no-squeezing');
  let before: Uint8Array | null = null;
  let starred = false;
  let at = skipped;
  let out = '';
  for (;;) {
    const row = yield* input.take(Math.min(WIDTH, limit - (at - skipped)));
    if (row.length === 0) break;
    const same = !verbose && row.length === WIDTH && before !== null && equalBytes(before, row);
    if (!same) out += lines.map((show) => show(row, at)).join('');
    else if (!starred) out += '*\n';
    starred = same;
    before = row;
    at += row.length;
    if (out.length < 4096) continue;
    yield* writeAll(1, out);
    out = '';
  }
  if (at > 0 && limit > 0) out += `${hex(at, parsed.has('canonical') ? 8 : 7)}\n`;
  yield* writeAll(1, out);
  if (input.opened === 0 && input.status !== 0) yield* complain('hexdump', 'all input file arguments failed');
  return input.status;
}

export const hexdump: CommandSpec = {
  name: 'hexdump',
  usage: '[OPTION]... [FILE]...',
  summary: 'Show FILEs in hexadecimal, or as the options say.',
  options: [
    { short: 'C', long: 'canonical', help: 'bytes in hexadecimal, and as text' },
    { short: 'b', long: 'one-byte-octal', help: 'bytes in octal' },
    { short: 'c', long: 'one-byte-char', help: 'bytes as characters' },
    { short: 'd', long: 'two-bytes-decimal', help: 'pairs of bytes in decimal' },
    { short: 'o', long: 'two-bytes-octal', help: 'pairs of bytes in octal' },
    { short: 'x', long: 'two-bytes-hex', help: 'pairs of bytes in hexadecimal' },
    { short: 'n', long: 'length', argument: 'BYTES', help: 'show BYTES at most' },
    { short: 's', long: 'skip', argument: 'BYTES', help: 'skip BYTES first' },
    { short: 'v', long: 'no-squeezing', help: 'no * for equal lines' },
  ],
  run: dump,
};
