/** cmp(1) of GNU diffutils. */
import { isOsError, strerror } from '../../../base/index.ts';
import { type Fd, O_RDONLY, READ_SIZE, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain } from '../support.ts';
import { PieceWriter } from './lineTools.ts';

const SAME = 0;
const DIFFERENT = 1;
const TROUBLE = 2;

const factors: Readonly<Record<string, number>> = {
  '': 1,
  kB: 1e3,
  K: 1024,
  k: 1024,
  KiB: 1024,
  MB: 1e6,
  M: 2 ** 20,
  MiB: 2 ** 20,
  GB: 1e9,
  G: 2 ** 30,
  GiB: 2 ** 30,
};

function bytesOf(text: string, option: string): number {
  const match = /^(\d+)([A-Za-z]*)$/.exec(text);
  const factor = match === null ? undefined : factors[match[2]!];
  if (factor === undefined) throw new UsageError(`invalid --${option} value '${text}'`);
  return Number(match![1]) * factor;
}

/** What cannot be opened or read. */
class Unreadable extends Error {}

function* guarded<T>(file: string, body: Sys<T>): Sys<T> {
  try {
    return yield* body;
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new Unreadable(`${file}: ${strerror(error.code)}`);
  }
}

/** A file from the byte on at which the comparison begins. */
class Side {
  readonly name: string;
  readonly #fd: Fd;
  #rest: Uint8Array = new Uint8Array(0);

  private constructor(name: string, fd: Fd) {
    this.name = name;
    this.#fd = fd;
  }

  static *open(name: string): Sys<Side> {
    return new Side(name, name === '-' ? 0 : yield* guarded(name, sys.open(name, O_RDONLY)));
  }

  *skip(count: number): Sys<void> {
    for (let left = count; left > 0; ) {
      const part = yield* this.available();
      if (part.length === 0) return;
      const passed = Math.min(left, part.length);
      this.drop(passed);
      left -= passed;
    }
  }

  /** The next bytes, as many as are at hand; none at the end of the file. They stay until they are dropped. */
  *available(): Sys<Uint8Array> {
    if (this.#rest.length === 0) this.#rest = yield* guarded(this.name, sys.read(this.#fd, READ_SIZE));
    return this.#rest;
  }

  drop(count: number): void {
    this.#rest = this.#rest.subarray(count);
  }
}

/** A byte as `cat -t` shows it. */
function visible(byte: number): string {
  const low = byte & 0x7f;
  const text = low < 32 ? `^${String.fromCharCode(low + 64)}` : low === 127 ? '^?' : String.fromCharCode(low);
  return (byte > 127 ? 'M-' : '') + text;
}

const octal = (byte: number) => byte.toString(8).padStart(3);

interface Settings {
  readonly list: boolean;
  readonly silent: boolean;
  readonly bytes: boolean;
  readonly limit: number;
}

function* compare([left, right]: readonly [Side, Side], settings: Settings): Sys<number> {
  const out = new PieceWriter();
  let at = 0;
  let newlines = 0;
  let lastNewline = false;
  let status = SAME;
  while (at < settings.limit) {
    const a = yield* left.available();
    const b = yield* right.available();
    const size = Math.min(a.length, b.length, settings.limit - at);
    if (size === 0) {
      if (a.length === b.length) break;
      yield* out.flush();
      if (settings.silent) return DIFFERENT;
      const { name } = a.length === 0 ? left : right;
      const line = settings.list ? '' : lastNewline ? `, line ${newlines}` : `, in line ${newlines + 1}`;
      yield* complain(
        'cmp',
        at === 0 ? `EOF on ${name} which is empty` : `EOF on ${name} after byte ${at}${line}`,
      );
      return DIFFERENT;
    }
    for (let i = 0; i < size; i++) {
      const [x, y] = [a[i]!, b[i]!];
      if (x !== y) {
        status = DIFFERENT;
        if (settings.silent) return status;
        const place = String(at + i + 1);
        if (!settings.list) {
          const shown = settings.bytes ? ` is ${octal(x)} ${visible(x)} ${octal(y)} ${visible(y)}` : '';
          yield* writeAll(
            1,
            `${left.name} ${right.name} differ: byte ${place}, line ${newlines + 1}${shown}\n`,
          );
          return status;
        }
        yield* out.write(
          settings.bytes
            ? `${place} ${octal(x)} ${visible(x).padEnd(4)} ${octal(y)} ${visible(y)}\n`
            : `${place} ${octal(x)} ${octal(y)}\n`,
        );
      }
      if (x === 10) newlines++;
      lastNewline = x === 10;
    }
    at += size;
    left.drop(size);
    right.drop(size);
  }
  yield* out.flush();
  return status;
}

/** `-i 5` or `-i 5:7`, or as operands. */
function skips(parsed: Parsed): [number, number] {
  const text = parsed.value('ignore-initial');
  const option = 'ignore-initial';
  const [, , first, second] = parsed.operands;
  if (first !== undefined)
    return [bytesOf(first, option), second === undefined ? 0 : bytesOf(second, option)];
  if (text === null) return [0, 0];
  const [one = '', two = one] = text.split(':');
  return [bytesOf(one, option), bytesOf(two, option)];
}

function* run(parsed: Parsed): Sys<number> {
  const [first, second = '-', , , extra] = parsed.operands;
  if (first === undefined) throw new UsageError("missing operand after 'cmp'");
  if (extra !== undefined) throw new UsageError(`extra operand '${extra}'`);
  if (parsed.has('verbose') && parsed.has('silent'))
    throw new UsageError('options -l and -s are incompatible');
  const limit = parsed.value('bytes');
  const skipped = skips(parsed);
  const settings: Settings = {
    list: parsed.has('verbose'),
    silent: parsed.has('silent'),
    bytes: parsed.has('print-bytes'),
    limit: limit === null ? Number.POSITIVE_INFINITY : bytesOf(limit, 'bytes'),
  };
  try {
    const sides = [yield* Side.open(first), yield* Side.open(second)] as const;
    if (first === second) return SAME;
    for (const [i, side] of sides.entries()) yield* side.skip(skipped[i]!);
    return yield* compare(sides, settings);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    if (!settings.silent) yield* complain('cmp', error.message);
    return TROUBLE;
  }
}

export const cmp: CommandSpec = {
  name: 'cmp',
  usage: '[OPTION]... FILE1 [FILE2 [SKIP1 [SKIP2]]]',
  summary: 'Say where two files first differ, byte by byte.',
  options: [
    { short: 'b', long: 'print-bytes', help: 'show the bytes that differ' },
    {
      short: 'i',
      long: 'ignore-initial',
      argument: 'SKIP',
      help: 'skip the first bytes of both, or SKIP1:SKIP2',
    },
    { short: 'l', long: 'verbose', help: 'every byte that differs, with its place' },
    { short: 'n', long: 'bytes', argument: 'LIMIT', help: 'compare at most so many bytes' },
    { short: 's', long: 'silent', help: 'print nothing; the status tells' },
  ],
  usageStatus: TROUBLE,
  run,
};
