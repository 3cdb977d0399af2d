/** gzip data (RFC 1952) as streams: bytes are compressed and expanded as they come, by fflate; checksums are held here. */
import { type FlateError, Gunzip, Gzip } from 'fflate';
import { concatBytes } from '../../../base/index.ts';
import { type Fd, READ_SIZE, type Sys, sys } from '../../../linux/index.ts';
import { crc32 } from './crc32.ts';

/** Gives the next bytes; none at the end. */
export type Source = () => Sys<Uint8Array>;

export const NOTHING = new Uint8Array(0);

export function sourceOf(fd: Fd): Source {
  return () => sys.read(fd, READ_SIZE);
}

/** Data that cannot be expanded; the message is gzip's. */
export class GzipError extends Error {}

/** What one core does in a nanosecond: about 50 MB a second compressing, 250 MB a second expanding. */
const COMPRESS_COST = 20;
const EXPAND_COST = 4;

export const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** RFC 1952, section 2.3, the parts that gzip(1) uses. */
export interface GzipHeader {
  /** Seconds since 1970; 0: not given. */
  readonly mtime: number;
  /** The file's name, byte for byte; null when there is none. */
  readonly name: Uint8Array | null;
}

export function headerOf(bytes: Uint8Array): GzipHeader {
  const flags = bytes[3] ?? 0;
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + (bytes[10] ?? 0) + ((bytes[11] ?? 0) << 8);
  const end = bytes.indexOf(0, at);
  return {
    mtime: wordAt(bytes, 4),
    name: (flags & 8) === 0 || end < 0 ? null : bytes.slice(at, end),
  };
}

export function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

export interface CompressOptions {
  /** 1 … 9 */
  readonly level: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** The name to keep, byte for byte; empty: none. */
  readonly name: Uint8Array;
}

/** The compressed form of all of `source`. */
export function compress(source: Source, options: CompressOptions): Source {
  const ready: Uint8Array[] = [];
  let ended = false;
  const gzip = new Gzip(
    {
      level: options.level as 6,
      // fflate stamps its own clock unless the time is 0, and counts in milliseconds.
      mtime: options.mtime * 1000,
      filename: String.fromCharCode(...options.name),
    },
    (bytes) => void ready.push(bytes),
  );
  return function* () {
    for (;;) {
      const bytes = ready.shift();
      if (bytes !== undefined && bytes.length > 0) return bytes;
      if (bytes !== undefined) continue;
      if (ended) return NOTHING;
      const raw = yield* source();
      ended = raw.length === 0;
      // fflate keeps what it is given: what a pipe's reader gets is its own, so that this is safe.
      gzip.push(raw, ended);
      yield* sys.compute(raw.length * COMPRESS_COST);
    }
  };
}

/** Expands all members of gzip data. After the last bytes, `read` throws GzipError when the data was damaged. */
export class Expander {
  /** Something that is no gzip data follows the last member. */
  garbage = false;
  /** Bytes of input and output up to now. */
  consumed = 0;
  produced = 0;
  readonly #source: Source;
  readonly #gunzip: Gunzip;
  #ready: Uint8Array[] = [];
  #error: GzipError | null = null;
  #ended = false;
  /** The piece of input in work with the one before it: a member's trailer may lie across both. */
  #recent: Uint8Array = NOTHING;
  #last: Uint8Array = NOTHING;
  #crc = 0;
  #size = 0;
  /** Where the member in work begins. */
  #member = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#gunzip = new Gunzip((bytes) => {
      this.#crc = crc32(bytes, this.#crc);
      this.#size += bytes.length;
      this.produced += bytes.length;
      if (bytes.length > 0) this.#ready.push(bytes);
    });
    this.#gunzip.onmember = (offset) => {
      const trailer = offset - 8 - (this.consumed - this.#recent.length);
      if (!this.#isTrailer(trailer)) throw new GzipError('invalid compressed data--crc error');
      this.#crc = 0;
      this.#size = 0;
      this.#member = offset;
    };
  }

  /** The next bytes; none at the end. */
  *read(): Sys<Uint8Array> {
    for (;;) {
      const bytes = this.#ready.shift();
      if (bytes !== undefined) return bytes;
      if (this.#error !== null) throw this.#error;
      if (this.#ended) return NOTHING;
      yield* this.#fill();
    }
  }

  *#fill(): Sys<void> {
    const bytes = yield* this.#source();
    if (bytes.length === 0) {
      this.#ended = true;
      this.#finish();
      return;
    }
    this.consumed += bytes.length;
    this.#recent = concatBytes([this.#last, bytes]);
    this.#last = bytes;
    const before = this.produced;
    const error = this.#push(bytes);
    yield* sys.compute((this.produced - before) * EXPAND_COST);
    if (error === null) return;
    this.#ended = true;
    if (error instanceof GzipError) this.#error = error;
    else if (error.code !== NOT_GZIP) this.#error = new GzipError('invalid compressed data--format violated');
    else if (!this.#findTrailer()) this.#error = new GzipError('invalid compressed data--crc error');
    else {
      // Zeros that fill up a block are no garbage, however many follow.
      for (let rest = bytes; rest.length > 0 && !this.garbage; rest = yield* this.#source())
        this.garbage = rest !== bytes && rest.some((byte) => byte !== 0);
    }
  }

  #push(bytes: Uint8Array): GzipError | FlateError | null {
    try {
      this.#gunzip.push(bytes.slice(), false);
      return null;
    } catch (error) {
      if (error instanceof GzipError || isFlateError(error)) return error;
      throw error;
    }
  }

  #isTrailer(at: number): boolean {
    const { length } = this.#recent;
    return (
      at >= 0 &&
      at + 8 <= length &&
      wordAt(this.#recent, at) === this.#crc &&
      wordAt(this.#recent, at + 4) === this.#size % 2 ** 32
    );
  }

  /** Whether the member in work ends within the recent input; sets `garbage` when more than zeros follows. */
  #findTrailer(): boolean {
    const first = Math.max(0, this.#member - (this.consumed - this.#recent.length));
    for (let at = this.#recent.length - 8; at >= first; at--) {
      if (!this.#isTrailer(at)) continue;
      this.garbage = this.#recent.subarray(at + 8).some((byte) => byte !== 0);
      return true;
    }
    return false;
  }

  #finish(): void {
    if (this.consumed > 0 && this.#findTrailer()) return;
    // Behind a whole trailer four zeros are refused as no gzip data; before its end they are taken as part of it.
    const error = this.#push(new Uint8Array(4));
    const complete = error !== null && !(error instanceof GzipError) && error.code === NOT_GZIP;
    const message =
      complete && this.consumed > 18 ? 'invalid compressed data--crc error' : 'unexpected end of file';
    this.#error = new GzipError(message);
    this.#ready = [];
  }
}

/** fflate's number for data without the magic bytes of gzip. */
const NOT_GZIP = 6;

function isFlateError(error: unknown): error is FlateError {
  return error instanceof Error && typeof (error as Partial<FlateError>).code === 'number';
}
