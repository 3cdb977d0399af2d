/** od(1). */

import { equalBytes } from '../../../base/index.ts';
import { type Sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain } from '../support.ts';
import { ByteInput } from './byteInput.ts';
import { type DumpType, typesOf } from './odTypes.ts';

/** Old options, and the types they stand for. */
const shorthand: Readonly<Record<string, string>> = {
  a: 'a',
  b: 'o1',
  c: 'c',
  d: 'u2',
  i: 'd4',
  l: 'd8',
  o: 'o2',
  s: 'd2',
  x: 'x2',
};

/** A number with a unit: `b`, `k`, `m`, octal or hexadecimal by its prefix. Null when it is none. */
export function numberOf(text: string): number | null {
  const match = /^(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)([bkKmMG]?)(B?)$/.exec(text);
  if (match === null) return null;
  const digits = match[1]!;
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  if (match[2] === 'b') return value * 512;
  const power = ['', 'k', 'm', 'g'].indexOf(match[2]!.toLowerCase());
  return value * (match[3] === 'B' ? 1000 : 1024) ** power;
}

interface Layout {
  readonly types: readonly DumpType[];
  readonly width: number;
  readonly radix: string;
}

/** Numbers of bytes, in the radix of -A. */
function addressOf(at: number, radix: string): string {
  if (radix === 'n') return '';
  if (radix === 'x') return at.toString(16).padStart(6, '0');
  return at.toString(radix === 'd' ? 10 : 8).padStart(7, '0');
}

function rowText({ types, width, radix }: Layout, row: Uint8Array, at: number): string {
  const columns = Math.max(...types.map((type) => ((type.width + 1) * width) / type.size));
  let out = '';
  types.forEach((type, index) => {
    const items = width / type.size;
    // Where several types share the lines, each item is widened so that the bytes stand below each other.
    let left = columns - (type.width + 1) * items;
    const start = addressOf(at, radix);
    let line = index === 0 ? start : ' '.repeat(start.length);
    for (let item = 0; item * type.size < row.length; item++) {
      const next = Math.floor(((columns - (type.width + 1) * items) * (items - item - 1)) / items);
      const bytes = new Uint8Array(type.size);
      bytes.set(row.subarray(item * type.size, (item + 1) * type.size));
      line += type.show(bytes).padStart(type.width + 1 + left - next);
      left = next;
    }
    if (type.text) {
      const text = String.fromCharCode(...row.map((byte) => (byte >= 32 && byte < 127 ? byte : 46)));
      line = `${line.padEnd(start.length + columns)}  >${text}<`;
    }
    out += `${line}\n`;
  });
  return out;
}

function* layoutOf(parsed: Parsed): Sys<Layout> {
  const types: DumpType[] = [];
  const formats = [...parsed.values('format')];
  for (const key of parsed.order) {
    const text = key === 'format' ? formats.shift() : shorthand[key];
    if (text !== undefined) types.push(...typesOf(text));
  }
  if (types.length === 0) types.push(...typesOf('o2'));
  const unit = Math.max(...types.map((type) => type.size));
  const given = parsed.value('width');
  const wanted = given === null ? 16 : given === '' ? 32 : (numberOf(given) ?? 0);
  if (wanted === 0) throw new UsageError(`invalid -w argument '${given}'`);
  const width = wanted % unit === 0 ? wanted : unit;
  if (width !== wanted) yield* complain('od', `warning: invalid width ${wanted}; using ${width} instead`);
  const radix = parsed.value('address-radix') ?? 'o';
  if (!/^[doxn]$/.test(radix))
    throw new UsageError(`invalid output address radix '${radix}'; it must be one character from [doxn]`);
  return { types, width, radix };
}

function amount(parsed: Parsed, key: string, letter: string): number | null {
  const text = parsed.value(key);
  if (text === null) return null;
  const value = numberOf(text);
  if (value === null) throw new UsageError(`invalid -${letter} argument '${text}'`);
  return value;
}

function* dump(parsed: Parsed): Sys<number> {
  const layout = yield* layoutOf(parsed);
  const skip = amount(parsed, 'skip-bytes', 'j') ?? 0;
  const limit = amount(parsed, 'read-bytes', 'N') ?? Number.POSITIVE_INFINITY;
  const input = new ByteInput('od', parsed.operands);
  if ((yield* input.skip(skip)) < skip) throw new UsageError('cannot skip past end of combined input');
  const verbose = parsed.has('output-duplicates');
  let before: Uint8Array | null = null;
  let starred = false;
  let at = skip;
  let out = '';
  for (;;) {
    const row = yield* input.take(Math.min(layout.width, limit - (at - skip)));
    if (row.length === 0) break;
    const same = !verbose && row.length === layout.width && before !== null && equalBytes(before, row);
    if (!same) out += rowText(layout, row, at);
    else if (!starred) out += '*\n';
    starred = same;
    before = row;
    at += row.length;
    if (out.length < 4096) continue;
    yield* writeAll(1, out);
    out = '';
  }
  const end = addressOf(at, layout.radix);
  // Nothing could be opened: there is no end to tell of.
  if (end !== '' && (input.opened > 0 || input.status === 0)) out += `${end}\n`;
  yield* writeAll(1, out);
  return input.status;
}

export const od: CommandSpec = {
  name: 'od',
  usage: '[OPTION]... [FILE]...',
  summary: 'Show FILEs byte by byte, in octal or as -t says.',
  options: [
    { short: 'A', long: 'address-radix', argument: 'RADIX', help: 'd, o, x or n (none)' },
    { short: 'j', long: 'skip-bytes', argument: 'BYTES', help: 'skip BYTES first' },
    { short: 'N', long: 'read-bytes', argument: 'BYTES', help: 'show BYTES at most' },
    {
      short: 't',
      long: 'format',
      argument: 'TYPE',
      help: 'a, c, or d o u x with the size 1 2 4 8; z: text too',
    },
    { short: 'v', long: 'output-duplicates', help: 'no * for equal lines' },
    { short: 'w', long: 'width', argument: 'BYTES', optional: true, help: 'bytes in a line (16; 32)' },
    ...Object.entries(shorthand).map(([short, type]) => ({ short, help: `as -t ${type}` })),
  ],
  *run(parsed) {
    try {
      return yield* dump(parsed);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      yield* complain('od', error.message);
      return 1;
    }
  },
};
