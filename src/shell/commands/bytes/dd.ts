/** dd(1): copies blocks. */
import { concatBytes, isOsError, strerror } from '../../../base/index.ts';
import {
  type Fd,
  fileTypeOf,
  O_APPEND,
  O_CREAT,
  O_DIRECT,
  O_DSYNC,
  O_EXCL,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
  type Sys,
  sys,
} from '../../../linux/index.ts';
import { Heap } from '../../heap.ts';
import type { CommandSpec } from '../options.ts';
import { complain, orNull } from '../support.ts';
import { type Amount, DdEnd, type DdSettings, settingsOf } from './ddOperands.ts';
import { binarySize, Statistics } from './ddStatistics.ts';

/** A core copies about two bytes in a nanosecond. */
const COPY_COST = 0.5;

/** Bytes of a buffer that this program can stand in for. */
const LARGEST_BLOCK = 2 ** 30;

class Copy {
  status = 0;
  readonly #settings: DdSettings;
  readonly #statistics = new Statistics();
  readonly #input: Fd;
  readonly #output: Fd;
  /** Bytes that do not fill a block of output yet. */
  #pending = new Uint8Array(0);
  /** The last block was skipped over, not written (conv=sparse). */
  #hole = false;
  /** The buffer as far as blocks have filled it. */
  readonly #heap = new Heap();
  /** Length of a short read that was followed by another: with count= blocks are lost. Told once. */
  #short = 0;

  constructor(settings: DdSettings, input: Fd, output: Fd) {
    this.#settings = settings;
    this.#input = input;
    this.#output = output;
  }

  *run(): Sys<void> {
    const { ibs: size } = this.#settings;
    if (size > LARGEST_BLOCK)
      throw new DdEnd(`memory exhausted by input buffer of size ${size} bytes (${binarySize(size)})`);
    yield* this.#statistics.begin();
    for (const signal of ['INT', 'USR1'] as const) {
      if ((yield* sys.sigaction(signal, 'catch')) === 'ignore') yield* sys.sigaction(signal, 'ignore');
    }
    const { count, ibs, status, conv } = this.#settings;
    if (yield* this.#skip()) {
      for (let left = bytesOf(count, ibs); left > 0; ) {
        const block = yield* this.#block(Math.min(ibs, left));
        if (block === null || block.length === 0) break;
        yield* this.#heap.grow(Math.max(0, block.length - this.#heap.used));
        left -= count?.bytes === true ? block.length : ibs;
        if (!(yield* this.#take(block))) break;
        yield* this.#signals();
        if (status === 'progress') yield* this.#statistics.progress();
      }
    }
    if (this.#pending.length > 0) yield* this.#write(this.#pending);
    if (this.#hole) yield* sys.ftruncate(this.#output, yield* sys.lseek(this.#output, 0, 'cur'));
    if (conv.has('fsync') || conv.has('fdatasync')) yield* sys.fsync(this.#output);
    if (status !== 'none') yield* this.#statistics.report(status !== 'noxfer');
  }

  /** False: nothing is left to copy. */
  *#skip(): Sys<boolean> {
    const { skip, ibs, input } = this.#settings;
    const bytes = bytesOf(skip, ibs);
    if (bytes === 0) return true;
    const stat = yield* sys.fstat(this.#input);
    let missing = 0;
    if (fileTypeOf(stat.mode) === 'file') {
      const at = yield* sys.lseek(this.#input, bytes, 'cur');
      missing = Math.max(0, at - stat.size);
    } else {
      missing = bytes;
      while (missing > 0) {
        const part = yield* sys.read(this.#input, Math.min(ibs, missing));
        if (part.length === 0) break;
        missing -= part.length;
      }
    }
    if (missing > 0 && this.#settings.status !== 'none')
      yield* complain(
        'dd',
        `${input === null ? "'standard input'" : input}: cannot skip to specified offset`,
      );
    return missing === 0;
  }

  /** One read(2), or with iflag=fullblock as many as fill a block. Null after an error that ends the copy. */
  *#block(size: number): Sys<Uint8Array | null> {
    const parts: Uint8Array[] = [];
    let length = 0;
    do {
      let part: Uint8Array;
      try {
        part = yield* sys.read(this.#input, size - length);
      } catch (error) {
        if (!isOsError(error)) throw error;
        if (error.code === 'EINTR') {
          yield* this.#signals();
          continue;
        }
        yield* complain(
          'dd',
          `error reading '${this.#settings.input ?? 'standard input'}': ${strerror(error.code)}`,
        );
        this.status = 1;
        if (!this.#settings.conv.has('noerror') || error.code === 'EISDIR') return null;
        yield* this.#statistics.report(this.#settings.status !== 'noxfer');
        yield* sys.lseek(this.#input, size, 'cur');
        return this.#settings.conv.has('sync') ? new Uint8Array(size) : null;
      }
      if (part.length === 0) break;
      parts.push(part);
      length += part.length;
    } while (length === 0 || (this.#settings.iflag.has('fullblock') && length < size));
    return concatBytes(parts);
  }

  /** False: the output takes no more. */
  *#take(read: Uint8Array): Sys<boolean> {
    const { ibs, obs, conv, direct, iflag, skip, count } = this.#settings;
    const full = read.length === ibs;
    if (full) this.#statistics.read.full++;
    else this.#statistics.read.partial++;
    const counts = skip.value > 0 || count !== null;
    if (this.#short > 0 && direct && counts && !iflag.has('fullblock')) {
      yield* complain('dd', `warning: partial read (${this.#short} bytes); suggest iflag=fullblock`);
      this.#short = Number.NEGATIVE_INFINITY;
    }
    if (!full && this.#short === 0) this.#short = read.length;
    yield* sys.compute(Math.ceil(read.length * COPY_COST));
    let block = convert(read, conv);
    if (!full && conv.has('sync')) block = concatBytes([block, new Uint8Array(ibs - block.length)]);
    if (direct) return yield* this.#write(block);
    this.#pending = concatBytes([this.#pending, block]);
    while (this.#pending.length >= obs) {
      const out = this.#pending.slice(0, obs);
      this.#pending = this.#pending.slice(obs);
      if (!(yield* this.#write(out))) return false;
    }
    return true;
  }

  *#write(block: Uint8Array): Sys<boolean> {
    const { obs, conv, output } = this.#settings;
    this.#hole = conv.has('sparse') && block.every((byte) => byte === 0);
    let left = block;
    try {
      if (this.#hole) {
        yield* sys.lseek(this.#output, block.length, 'cur');
        left = block.subarray(block.length);
      }
      while (left.length > 0) left = left.subarray(yield* sys.write(this.#output, left));
    } catch (error) {
      if (!isOsError(error) || error.code === 'EPIPE') throw error;
      yield* complain('dd', `error writing '${output ?? 'standard output'}': ${strerror(error.code)}`);
      this.status = 1;
    }
    const done = block.length - left.length;
    this.#statistics.bytes += done;
    if (done === obs) this.#statistics.written.full++;
    else if (done > 0) this.#statistics.written.partial++;
    return left.length === 0;
  }

  /** USR1 asks for the statistics; INT too, and then ends dd. */
  *#signals(): Sys<void> {
    for (const signal of yield* sys.takeSignals()) {
      yield* this.#statistics.report(this.#settings.status !== 'noxfer');
      if (signal !== 'INT') continue;
      yield* sys.sigaction('INT', 'default');
      yield* sys.kill(yield* sys.getpid(), 'INT');
    }
  }
}

function bytesOf(amount: Amount | null, block: number): number {
  if (amount === null) return Number.POSITIVE_INFINITY;
  return amount.bytes ? amount.value : amount.value * block;
}

function convert(block: Uint8Array, conv: ReadonlySet<string>): Uint8Array {
  if (conv.has('ucase')) return block.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte));
  if (conv.has('lcase')) return block.map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));
  if (!conv.has('swab')) return block;
  return block.map((byte, at) => block[at ^ 1] ?? byte);
}

function* openOutput(settings: DdSettings): Sys<Fd> {
  const { output, conv, seek, obs, oflag } = settings;
  const skipped = bytesOf(seek, obs);
  let fd = 1;
  if (output !== null) {
    const flags =
      (conv.has('nocreat') ? 0 : O_CREAT) |
      (conv.has('excl') ? O_EXCL : 0) |
      (oflag.has('append') ? O_APPEND : 0) |
      (oflag.has('direct') ? O_DIRECT : 0) |
      (oflag.has('dsync') || oflag.has('sync') ? O_DSYNC : 0) |
      (conv.has('notrunc') || skipped > 0 ? 0 : O_TRUNC);
    fd = yield* sys.open(output, O_WRONLY | flags, 0o666);
  }
  if (skipped === 0) return fd;
  const regular = fileTypeOf((yield* sys.fstat(fd)).mode) === 'file';
  if (regular && output !== null && !conv.has('notrunc')) yield* sys.ftruncate(fd, skipped);
  if ((yield* orNull(() => sys.lseek(fd, skipped, 'cur'))) === null)
    throw new DdEnd(`'${output ?? 'standard output'}': cannot seek: ${strerror('ESPIPE')}`);
  return fd;
}

function* opened(name: string, open: () => Sys<Fd>): Sys<Fd> {
  try {
    return yield* open();
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new DdEnd(`failed to open '${name}': ${strerror(error.code)}`);
  }
}

export const dd: CommandSpec = {
  name: 'dd',
  usage: '[OPERAND]...',
  summary: `Copy a file block by block.

  if=FILE of=FILE       instead of standard input and output
  bs=N ibs=N obs=N      bytes in a block (512), of input and of output
  count=N skip=N seek=N blocks to copy, to skip in the input, in the output; 5B: bytes
  conv=WORDS            notrunc sync noerror fsync fdatasync ucase lcase swab excl nocreat sparse
  iflag=WORDS           fullblock count_bytes skip_bytes direct
  oflag=WORDS           append seek_bytes direct dsync sync
  status=WORD           none, noxfer or progress`,
  options: [],
  *run(parsed) {
    try {
      const settings = settingsOf(parsed.operands);
      const { input, output, iflag } = settings;
      const flags = O_RDONLY | (iflag.has('direct') ? O_DIRECT : 0);
      const from = input === null ? 0 : yield* opened(input, () => sys.open(input, flags));
      const to = yield* opened(output ?? '', () => openOutput(settings));
      const copy = new Copy(settings, from, to);
      yield* copy.run();
      return copy.status;
    } catch (error) {
      if (!(error instanceof DdEnd)) throw error;
      yield* complain('dd', error.message);
      return 1;
    }
  },
};
