/** xxd(1). */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  type Fd,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain } from '../support.ts';
import { ByteInput } from './byteInput.ts';
import { numberOf } from './od.ts';
import { revert, revertPlain } from './xxdRevert.ts';

interface Layout {
  readonly columns: number;
  /** Bytes that stand together; 0: all. */
  readonly group: number;
  readonly show: (byte: number) => string;
  readonly digits: number;
  readonly little: boolean;
  readonly decimal: boolean;
}

/** xxd knows one-letter options of several letters: `-ps`, `-len 5`. */
function longWords(argv: readonly string[]): string[] {
  const words: Readonly<Record<string, string>> = {
    '-ps': '-p',
    '-plain': '-p',
    '-postscript': '-p',
    '-bits': '-b',
    '-cols': '-c',
    '-groupsize': '-g',
    '-include': '-i',
    '-len': '-l',
    '-seek': '-s',
    '-revert': '-r',
    '-uppercase': '-u',
    '-autoskip': '-a',
  };
  return argv.map((arg, at) => (at === 0 ? arg : (words[arg] ?? arg)));
}

function amount(parsed: Parsed, key: string, otherwise: number): number {
  const text = parsed.value(key);
  if (text === null) return otherwise;
  const match = /^([-+]?)(.*)$/.exec(text)!;
  const value = numberOf(match[2]!);
  if (value === null) throw new UsageError(`invalid number: '${text}'`);
  return match[1] === '-' ? -value : value;
}

function layoutOf(parsed: Parsed): Layout {
  const bits = parsed.has('b');
  const little = parsed.has('e');
  const plain = parsed.has('p');
  const columns = amount(parsed, 'c', plain ? 30 : parsed.has('i') ? 12 : bits ? 6 : 16);
  const hex = (byte: number) => byte.toString(16).padStart(2, '0');
  const upper = parsed.has('u');
  const group = amount(parsed, 'g', bits ? 1 : little ? 4 : 2);
  return {
    columns,
    group: group < 1 || group > columns ? columns : group,
    show: (byte) => (bits ? byte.toString(2).padStart(8, '0') : upper ? hex(byte).toUpperCase() : hex(byte)),
    digits: bits ? 8 : 2,
    little,
    decimal: parsed.has('d'),
  };
}

function lineOf(layout: Layout, row: Uint8Array, address: number): string {
  const { columns, group, show, digits, little, decimal } = layout;
  const groups: string[] = [];
  for (let at = 0; at < columns; at += group) {
    const items = Array.from({ length: group }, (_, i) => {
      const byte = row[at + i];
      if (at + i >= columns) return '';
      return byte === undefined ? ' '.repeat(digits) : show(byte);
    });
    groups.push((little ? items.reverse() : items).join(''));
  }
  const text = String.fromCharCode(...row.map((byte) => (byte >= 32 && byte < 127 ? byte : 46)));
  const place = address.toString(decimal ? 10 : 16).padStart(8, '0');
  return `${place}: ${groups.join(' ')}  ${text}\n`;
}

/** -i: an array in C. */
function* include(parsed: Parsed, layout: Layout, input: ByteInput, limit: number, output: Fd): Sys<void> {
  const file = parsed.operands[0];
  const given = parsed.value('n') ?? (file === undefined || file === '-' ? null : file);
  const name = given === null ? null : given.replace(/[^0-9A-Za-z]/g, '_').replace(/^(?=\d)/, '__');
  const spelled = parsed.has('C') ? name?.toUpperCase() : name;
  const lines: string[] = [];
  let length = 0;
  for (;;) {
    const row = yield* input.take(Math.min(layout.columns, limit - length));
    if (row.length === 0) break;
    length += row.length;
    lines.push(`  ${[...row].map((byte) => `0x${layout.show(byte)}`).join(', ')}`);
  }
  const body = lines.join(',\n') + (lines.length > 0 ? '\n' : '');
  const suffix = parsed.has('C') ? 'LEN' : 'len';
  const text =
    spelled == null
      ? body
      : `unsigned char ${spelled}[] = {\n${body}};\nunsigned int ${spelled}_${suffix} = ${length};\n`;
  yield* writeAll(output, text);
}

function* dump(parsed: Parsed, layout: Layout, input: ByteInput, start: number, output: Fd): Sys<void> {
  const limit = parsed.has('l') ? amount(parsed, 'l', 0) : Number.POSITIVE_INFINITY;
  if (parsed.has('i')) return yield* include(parsed, layout, input, limit, output);
  const shift = amount(parsed, 'o', 0);
  let done = 0;
  const zeros = new ZeroLines();
  let out = '';
  for (;;) {
    const row = yield* input.take(Math.min(layout.columns, limit - done));
    if (row.length === 0) break;
    const line = lineOf(layout, row, start + done + shift);
    if (parsed.has('p')) out += `${[...row].map(layout.show).join('')}\n`;
    else if (!parsed.has('a')) out += line;
    else if (row.every((byte) => byte === 0)) out += zeros.add(line);
    else out += zeros.end(false) + line;
    done += row.length;
    if (out.length < 4096) continue;
    yield* writeAll(output, out);
    out = '';
  }
  yield* writeAll(output, out + zeros.end(true));
}

/** -a: of more than two lines of zeros the first is shown, a star, and the last of all when nothing else follows. */
class ZeroLines {
  #lines: string[] = [];
  #count = 0;

  /** What a line of zeros shows at once. */
  add(line: string): string {
    this.#count++;
    if (this.#count === 1) return line;
    // The second and the last are all that may still be shown.
    this.#lines = [this.#lines[0] ?? line, line];
    return '';
  }

  /** What the lines show that were kept back, now that another line comes, or the end of all. */
  end(ofAll: boolean): string {
    const [second = '', last = ''] = this.#lines;
    const count = this.#count;
    this.#count = 0;
    this.#lines = [];
    if (count < 2) return '';
    if (count === 2) return second;
    if (!ofAll) return '*\n';
    return (count === 3 ? second : '*\n') + last;
  }
}

function* work(parsed: Parsed): Sys<number> {
  const layout = layoutOf(parsed);
  if (layout.columns < 1 || layout.columns > 256) {
    yield* complain('xxd', 'invalid number of columns (max. 256).');
    return 1;
  }
  const [file, target] = parsed.operands;
  const reverse = parsed.has('r');
  const fd = file === undefined || file === '-' ? 0 : yield* opened(file, O_RDONLY);
  const flags = O_WRONLY | O_CREAT | (reverse ? 0 : O_TRUNC);
  const output = target === undefined || target === '-' ? 1 : yield* opened(target, flags);
  if (reverse) {
    if (parsed.has('p')) yield* revertPlain(fd, output);
    else {
      const wrong = yield* revert(fd, output, amount(parsed, 's', 0), layout.columns);
      if (wrong !== null) yield* complain('xxd', wrong);
      if (wrong !== null) return 5;
    }
    return 0;
  }
  const seek = amount(parsed, 's', 0);
  let start = seek;
  if (seek < 0) {
    const { size } = yield* sys.fstat(fd);
    start = Math.max(0, size + seek);
  }
  const input = new ByteInput('xxd', file === undefined ? [] : [file]);
  if ((yield* input.skip(start)) < start) {
    yield* complain('xxd', 'Sorry, cannot seek.');
    return 4;
  }
  yield* dump(parsed, layout, input, start, output);
  return input.status === 0 ? 0 : 2;
}

/** Cannot be opened: status 2. */
class Unopened extends Error {}

function* opened(path: string, flags: number): Sys<Fd> {
  try {
    return yield* sys.open(path, flags, 0o666);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Unopened(`${path}: ${strerror(error.code)}`);
  }
}

export const xxd: CommandSpec = {
  name: 'xxd',
  usage: '[OPTION]... [INFILE [OUTFILE]]',
  summary: 'Show a file in hexadecimal, or make a file of such a dump.',
  rewrite: longWords,
  options: [
    { short: 'a', help: 'a * for lines of zeros' },
    { short: 'b', help: 'bits' },
    { short: 'c', argument: 'COLS', help: 'bytes in a line (16; -i 12, -p 30, -b 6)' },
    { short: 'C', help: 'names of -i in capitals' },
    { short: 'd', help: 'addresses in decimal' },
    { short: 'e', help: 'groups with the least significant byte last' },
    { short: 'g', argument: 'BYTES', help: 'bytes in a group (2; -e 4)' },
    { short: 'i', help: 'an array in C' },
    { short: 'l', argument: 'LEN', help: 'LEN bytes at most' },
    { short: 'n', argument: 'NAME', help: "the array's name" },
    { short: 'o', argument: 'OFF', help: 'add OFF to the addresses' },
    { short: 'p', help: 'digits alone' },
    { short: 'r', help: 'the other way round: bytes of a dump' },
    { short: 's', argument: 'SEEK', help: 'begin at SEEK; -SEEK from the end' },
    { short: 'u', help: 'digits in capitals' },
  ],
  *run(parsed) {
    try {
      return yield* work(parsed);
    } catch (error) {
      if (!(error instanceof Unopened)) throw error;
      yield* complain('xxd', error.message);
      return 2;
    }
  },
};
