/** split(1): a file in pieces. */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  type Fd,
  LineReader,
  O_CREAT,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  READ_SIZE,
  type Sys,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain } from '../support.ts';
import { lengthFor, type NameSettings, splitName } from './splitNames.ts';

/** Ends split with status 1, without the line about --help. */
class SplitEnd extends Error {}

const units: Readonly<Record<string, number>> = { '': 1, b: 512 };

function sizeOf(text: string, what: string): number {
  const match = /^(\d+)([A-Za-z]*)$/.exec(text);
  const suffix = /^([kKMGTP])(iB|B)?$/.exec(match?.[2] ?? '');
  const unit =
    suffix === null
      ? units[match?.[2] ?? '']
      : (suffix[2] === 'B' ? 1000 : 1024) ** ('KMGTP'.indexOf(suffix[1]!.toUpperCase()) + 1);
  if (match === null || unit === undefined) throw new SplitEnd(`invalid number of ${what}: ‘${text}’`);
  const size = Number(match[1]) * unit;
  if (size === 0) throw new SplitEnd(`invalid number of ${what}: ‘${text}’: Numerical result out of range`);
  return size;
}

class Pieces {
  readonly #names: NameSettings;
  readonly #verbose: boolean;
  #count = 0;
  #fd: Fd | null = null;

  constructor(names: NameSettings, verbose: boolean) {
    this.#names = names;
    this.#verbose = verbose;
  }

  *next(): Sys<void> {
    yield* this.close();
    const name = splitName(this.#names, this.#count++);
    if (name === null) throw new SplitEnd('output file suffixes exhausted');
    if (this.#verbose) yield* writeAll(1, `creating file '${name}'\n`);
    try {
      this.#fd = yield* sys.open(name, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new SplitEnd(`${name}: ${strerror(error.code)}`);
    }
  }

  *write(bytes: Uint8Array): Sys<void> {
    yield* writeAll(this.#fd!, bytes);
  }

  *close(): Sys<void> {
    if (this.#fd !== null) yield* sys.close(this.#fd);
    this.#fd = null;
  }
}

function* byLines(fd: Fd, count: number, pieces: Pieces): Sys<void> {
  let left = 0;
  for (;;) {
    let part = yield* sys.read(fd, READ_SIZE);
    if (part.length === 0) return;
    while (part.length > 0) {
      if (left === 0) {
        yield* pieces.next();
        left = count;
      }
      let end = 0;
      while (end < part.length && left > 0) if (part[end++] === 10) left--;
      yield* pieces.write(part.subarray(0, end));
      part = part.subarray(end);
    }
  }
}

function* byBytes(fd: Fd, size: number, pieces: Pieces): Sys<void> {
  let left = 0;
  for (;;) {
    let part = yield* sys.read(fd, READ_SIZE);
    if (part.length === 0) return;
    while (part.length > 0) {
      if (left === 0) {
        yield* pieces.next();
        left = size;
      }
      const end = Math.min(left, part.length);
      yield* pieces.write(part.subarray(0, end));
      left -= end;
      part = part.subarray(end);
    }
  }
}

/** Whole lines, as many as fit into `size` bytes; a line that is longer is divided. */
function* byWholeLines(fd: Fd, size: number, pieces: Pieces): Sys<void> {
  const lines = new LineReader(fd);
  let used = size;
  for (let line = yield* lines.next(); line !== null; line = yield* lines.next()) {
    while (line.length > 0) {
      if (used === size || (used > 0 && used + line.length > size)) {
        yield* pieces.next();
        used = 0;
      }
      const end: number = Math.min(line.length, size - used);
      yield* pieces.write(line.subarray(0, end));
      used += end;
      line = line.subarray(end);
    }
  }
}

interface Chunks {
  readonly count: number;
  /** Only this one, from 1, to standard output. */
  readonly only: number | null;
  readonly lines: boolean;
}

function chunksOf(text: string): Chunks {
  const match = /^(l\/)?(?:(\d+)\/)?(\d+)$/.exec(text);
  if (match === null) {
    if (/^r\//.test(text)) throw new SplitEnd('chunks r/N are not simulated');
    throw new SplitEnd(`invalid number of chunks: ‘${text}’`);
  }
  const count = Number(match[3]);
  if (count === 0)
    throw new SplitEnd(`invalid number of chunks: ‘${match[3]}’: Numerical result out of range`);
  const only = match[2] === undefined ? null : Number(match[2]);
  if (only !== null && (only < 1 || only > count))
    throw new SplitEnd(`invalid chunk number: ‘${only}’: Numerical result out of range`);
  return { count, only, lines: match[1] !== undefined };
}

/** As many pieces of the same size as asked for, the last with what is left over. A line belongs where it begins. */
function* byChunks(fd: Fd, file: string, chunks: Chunks, elide: boolean, pieces: Pieces): Sys<void> {
  const stat = yield* sys.fstat(fd);
  if (stat.mode >> 12 !== 0o10) throw new SplitEnd(`${file}: cannot determine file size`);
  const each = Math.max(1, Math.floor(stat.size / chunks.count));
  const endOf = (chunk: number) => (chunk === chunks.count ? stat.size : Math.min(stat.size, chunk * each));
  const lines = new LineReader(fd);
  let rest: Uint8Array = new Uint8Array(0);
  let at = 0;
  for (let chunk = 1; chunk <= chunks.count; chunk++) {
    const wanted = chunks.only === null || chunks.only === chunk;
    let opened = chunks.only !== null;
    if (!elide && !opened) {
      yield* pieces.next();
      opened = true;
    }
    while (at < endOf(chunk)) {
      if (rest.length === 0)
        rest = (chunks.lines ? yield* lines.next() : yield* sys.read(fd, READ_SIZE)) ?? rest;
      if (rest.length === 0) return;
      const part = chunks.lines ? rest : rest.subarray(0, endOf(chunk) - at);
      rest = rest.subarray(part.length);
      at += part.length;
      if (!wanted) continue;
      if (!opened) yield* pieces.next();
      opened = true;
      if (chunks.only === null) yield* pieces.write(part);
      else yield* writeAll(1, part);
    }
  }
}

function* run(parsed: Parsed): Sys<number> {
  const [file = '-', prefix = 'x', extra] = parsed.operands;
  if (extra !== undefined) throw new UsageError(`extra operand ‘${extra}’`);
  const ways = ['lines', 'bytes', 'line-bytes', 'number'].filter((key) => parsed.has(key));
  if (ways.length > 1) throw new UsageError('cannot split in more than one way');
  const [way = 'lines'] = ways;
  try {
    const text = parsed.value(way) ?? '1000';
    const chunks = way === 'number' ? chunksOf(text) : null;
    const size = chunks === null ? sizeOf(text, way === 'lines' ? 'lines' : 'bytes') : 0;
    const pieces = new Pieces(namesOf(parsed, prefix, chunks), parsed.has('verbose'));
    const fd = file === '-' ? 0 : yield* opened(file);
    if (chunks !== null) yield* byChunks(fd, file, chunks, parsed.has('elide-empty-files'), pieces);
    else if (way === 'lines') yield* byLines(fd, size, pieces);
    else if (way === 'bytes') yield* byBytes(fd, size, pieces);
    else yield* byWholeLines(fd, size, pieces);
    yield* pieces.close();
    return 0;
  } catch (error) {
    if (!(error instanceof SplitEnd)) throw error;
    yield* complain('split', error.message);
    return 1;
  }
}

function* opened(file: string): Sys<Fd> {
  try {
    return yield* sys.open(file, O_RDONLY);
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new SplitEnd(`cannot open '${file}' for reading: ${strerror(error.code)}`);
  }
}

function namesOf(parsed: Parsed, prefix: string, chunks: Chunks | null): NameSettings {
  const last = parsed.order.findLast((key) => ['d', 'x', 'numeric-suffixes', 'hex-suffixes'].includes(key));
  const kind =
    last === undefined ? 'letters' : last === 'd' || last === 'numeric-suffixes' ? 'decimal' : 'hex';
  const start = last === undefined ? '' : (parsed.value(last) ?? '');
  const from = Number.parseInt(start === '' ? '0' : start, kind === 'hex' ? 16 : 10);
  if (Number.isNaN(from)) throw new SplitEnd(`${start}: invalid start value for numerical suffix`);
  const given = parsed.value('suffix-length');
  if (given !== null && !/^\d+$/.test(given)) throw new SplitEnd(`invalid suffix length: ‘${given}’`);
  const additional = parsed.value('additional-suffix') ?? '';
  if (additional.includes('/'))
    throw new UsageError(`invalid suffix ‘${additional}’, contains directory separator`);
  const needed = chunks === null ? 2 : lengthFor(chunks.count, kind);
  const length = Number(given ?? 0) > 0 ? Number(given) : chunks !== null || start !== '' ? needed : null;
  return { prefix, kind, length, from, additional };
}

export const split: CommandSpec = {
  name: 'split',
  usage: '[OPTION]... [FILE [PREFIX]]',
  summary: 'Put a file into pieces: PREFIXaa, PREFIXab …',
  options: [
    {
      short: 'a',
      long: 'suffix-length',
      argument: 'N',
      help: 'letters of the suffixes (default 2, more as needed)',
    },
    { long: 'additional-suffix', argument: 'SUFFIX', help: 'at the end of the names' },
    { short: 'b', long: 'bytes', argument: 'SIZE', help: 'pieces of SIZE bytes' },
    { short: 'C', long: 'line-bytes', argument: 'SIZE', help: 'as many whole lines as fit into SIZE bytes' },
    { short: 'd', help: 'numbers, not letters' },
    { long: 'numeric-suffixes', argument: 'FROM', optional: true, help: 'numbers from FROM on' },
    { short: 'x', help: 'hexadecimal numbers' },
    { long: 'hex-suffixes', argument: 'FROM', optional: true, help: 'hexadecimal numbers from FROM on' },
    { short: 'e', long: 'elide-empty-files', help: 'no empty files with -n' },
    { short: 'l', long: 'lines', argument: 'NUMBER', help: 'pieces of NUMBER lines (default 1000)' },
    {
      short: 'n',
      long: 'number',
      argument: 'CHUNKS',
      help: 'N pieces, the K-th of N to standard output (K/N), of whole lines (l/N, l/K/N)',
    },
    { long: 'verbose', help: 'tell of each file' },
  ],
  // `split -100 file`
  rewrite: ([name = '', ...rest]) => [name, ...rest.map((word) => word.replace(/^-(\d+)$/, '--lines=$1'))],
  run,
};
