/** tail(1): keeps no more of its input than it may have to print, and that much memory. */
import { isOsError, MILLISECOND } from '../../../base/index.ts';
import { READ_SIZE, type Sys, sys } from '../../../linux/index.ts';
import { Heap, sparing } from '../../heap.ts';
import { type CommandSpec, writeOut } from '../options.ts';
import { complain, eachInput, endsWording } from '../support.ts';
import { count, countOptions, header, oldCount } from './ends.ts';

const NEWLINE = 10;

function newlinesIn(bytes: Uint8Array): number {
  let found = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) found++;
  return found;
}

/** The end of an input, in pieces; `newlines` and `size` are those of all pieces. */
class Kept {
  readonly pieces: Uint8Array[] = [];
  #first = 0;
  #newlines: number[] = [];
  newlines = 0;
  size = 0;
  readonly #heap = new Heap();

  *add(bytes: Uint8Array): Sys<void> {
    yield* this.#grow(bytes.length);
    this.pieces.push(sparing(this.pieces.at(-1), bytes));
    const found = newlinesIn(bytes);
    this.#newlines.push(found);
    this.newlines += found;
    this.size += bytes.length;
  }

  *#grow(bytes: number): Sys<void> {
    try {
      yield* this.#heap.grow(bytes);
    } catch (error) {
      if (!isOsError(error, 'ENOMEM')) throw error;
      yield* complain('tail', 'memory exhausted');
      yield* sys.exit(1);
    }
  }

  get first(): { readonly size: number; readonly newlines: number } | null {
    const piece = this.pieces[this.#first];
    return piece === undefined ? null : { size: piece.length, newlines: this.#newlines[this.#first]! };
  }

  *dropFirst(): Sys<void> {
    const { size, newlines } = this.first!;
    this.newlines -= newlines;
    this.size -= size;
    this.#first++;
    if (this.#first > 32) {
      this.pieces.splice(0, this.#first);
      this.#newlines = this.#newlines.slice(this.#first);
      this.#first = 0;
    }
    yield* this.#heap.shrink(size);
  }

  /** All but the first `skipped` bytes. */
  *print(skipped: number): Sys<void> {
    let left = skipped;
    for (const piece of this.pieces.slice(this.#first)) {
      if (left < piece.length) yield* writeOut(piece.subarray(left));
      left = Math.max(0, left - piece.length);
    }
  }

  /** How many bytes come before the last `lines` lines. */
  beforeLines(lines: number): number {
    let at = this.size;
    let left = lines;
    for (let i = this.pieces.length - 1; i >= this.#first; i--) {
      const piece = this.pieces[i]!;
      for (let j = piece.length - 1; j >= 0; j--, at--) {
        // The newline at the very end belongs to the last line.
        if (piece[j] === NEWLINE && at < this.size && --left === 0) return at;
      }
    }
    return 0;
  }
}

function* lastBytes(fd: number, limit: number): Sys<void> {
  const kept = new Kept();
  for (let bytes = yield* sys.read(fd, READ_SIZE); bytes.length > 0; bytes = yield* sys.read(fd, READ_SIZE)) {
    yield* kept.add(bytes);
    while (kept.first !== null && kept.size - kept.first.size >= limit) yield* kept.dropFirst();
  }
  yield* kept.print(Math.max(0, kept.size - limit));
}

function* lastLines(fd: number, limit: number): Sys<void> {
  const kept = new Kept();
  for (let bytes = yield* sys.read(fd, READ_SIZE); bytes.length > 0; bytes = yield* sys.read(fd, READ_SIZE)) {
    yield* kept.add(bytes);
    while (kept.first !== null && kept.newlines - kept.first.newlines > limit) yield* kept.dropFirst();
  }
  yield* kept.print(limit === 0 ? kept.size : kept.beforeLines(limit));
}

/** From byte or line `from` on, the first being 1. */
function* fromStart(fd: number, from: number, lines: boolean): Sys<void> {
  let left = Math.max(0, from - 1);
  for (let bytes = yield* sys.read(fd, READ_SIZE); bytes.length > 0; bytes = yield* sys.read(fd, READ_SIZE)) {
    let at = 0;
    if (lines) while (left > 0 && at < bytes.length) if (bytes[at++] === NEWLINE) left--;
    if (!lines) {
      at = Math.min(left, bytes.length);
      left -= at;
    }
    if (at < bytes.length) yield* writeOut(bytes.subarray(at));
  }
}

export const tail: CommandSpec = {
  name: 'tail',
  rewrite: oldCount,
  usage: '[OPTION]... [FILE]...',
  summary: 'Print the last 10 lines of each FILE; +N counts from the start.',
  options: [...countOptions, { short: 'f', long: 'follow', help: 'go on as the file grows' }],
  *run(parsed) {
    const bytes = parsed.value('bytes');
    const text = bytes ?? parsed.value('lines') ?? '10';
    const limit = count(text, bytes === null ? 'lines' : 'bytes');
    let first = true;
    return yield* eachInput(
      'tail',
      parsed.operands,
      function* (fd, file) {
        if (!parsed.has('quiet')) yield* header(parsed.operands.length, file, first);
        first = false;
        if (text.startsWith('+')) yield* fromStart(fd, limit, bytes === null);
        else if (bytes !== null) yield* lastBytes(fd, limit);
        else yield* lastLines(fd, limit);
        if (parsed.has('follow')) yield* follow(fd, file);
      },
      endsWording,
    );
  },
};

/** Waits for more, as tail -f does by looking again and again. Ends by a signal. */
function* follow(fd: number, file: string): Sys<void> {
  for (;;) {
    const bytes = yield* sys.read(fd, READ_SIZE);
    if (bytes.length > 0) yield* writeOut(bytes);
    else if (file === '-') return;
    else yield* sys.nanosleep(200 * MILLISECOND);
  }
}
