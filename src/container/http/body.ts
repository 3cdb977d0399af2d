/** The body of a message: so many bytes, chunks, or all there is (RFC 9112, 6 and 7). */
import { concatBytes } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import { HeadLines, readHeaders } from './head.ts';
import { type Headers, HttpError, hasToken } from './message.ts';
import type { ConnectionReader } from './reader.ts';

/** Bytes of a chunk's size with its extensions. */
const CHUNK_LINE = 4096;
const NOTHING = new Uint8Array(0);
const DIGITS = /^\d+$/;
/** Bytes of what may follow the last chunk. */
const TRAILER_LINE = 65_536;

export interface Body {
  /** At least one byte; none at the end. Throws HttpError when it is malformed or ends early. */
  next(): Sys<Uint8Array>;
  /** What of it was read already, perhaps nothing. */
  come(): Uint8Array;
  /** Whether all of it was read. */
  readonly done: boolean;
}

/**
 * As the headers say; where they do not, it is empty, or with `untilEnd` everything up to the other side's end. Throws HttpError for headers
 * that contradict themselves.
 */
export function bodyOf(headers: Headers, reader: ConnectionReader, untilEnd = false): Body {
  const coding = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (coding !== undefined) {
    if (coding.trim().toLowerCase() !== 'chunked') throw new HttpError(501, 'Unsupported transfer encoding');
    // RFC 9112, 6.3: a length besides is a sign of smuggling.
    if (length !== undefined) throw new HttpError(400);
    return new ChunkedBody(reader);
  }
  if (length === undefined) return new SizedBody(reader, untilEnd ? null : 0);
  return new SizedBody(reader, sizeOf(length));
}

/** Of a Content-Length, which may say the same more than once (RFC 9110, 8.6). Throws HttpError. */
function sizeOf(length: string): number {
  const only = DIGITS.test(length) ? length : repeated(length);
  const size = Number(only);
  if (!DIGITS.test(only) || !Number.isSafeInteger(size)) throw new HttpError(400);
  return size;
}

function repeated(list: string): string {
  const [first = '', ...others] = new Set(list.split(',').map((one) => one.trim()));
  if (others.length > 0) throw new HttpError(400);
  return first;
}

/** The whole of it. Throws HttpError 413 when it is longer than `limit` bytes. */
export function* readBody(body: Body, limit: number): Sys<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  while (!body.done) {
    const come = body.come();
    const part = come.length > 0 ? come : yield* body.next();
    size += part.length;
    if (size > limit) throw new HttpError(413, `the body of the request is longer than ${limit} bytes`);
    parts.push(part);
  }
  return joined(parts);
}

/** Most bodies come in one piece, or are none. */
export const joined = (parts: readonly Uint8Array[]): Uint8Array =>
  parts.length === 1 ? parts[0]! : concatBytes(parts);

/** Whether the client waits to be told that it may send: RFC 9110, 10.1.1. */
export function expectsContinue(headers: Headers): boolean {
  return hasToken(headers.expect, '100-continue');
}

class SizedBody implements Body {
  readonly #reader: ConnectionReader;
  /** Null: up to the end. */
  #left: number | null;
  #done: boolean;

  constructor(reader: ConnectionReader, size: number | null) {
    this.#reader = reader;
    this.#left = size;
    this.#done = size === 0;
  }

  get done(): boolean {
    return this.#done;
  }

  *next(): Sys<Uint8Array> {
    if (this.#done) return NOTHING;
    const part = yield* this.#reader.some(this.#left ?? undefined);
    if (this.#left === null) this.#done = part.length === 0;
    else if (part.length === 0) throw new HttpError(400, 'unexpected EOF');
    this.#count(part);
    return part;
  }

  come(): Uint8Array {
    const part = this.#reader.take(this.#left ?? Number.POSITIVE_INFINITY);
    this.#count(part);
    return part;
  }

  #count({ length }: Uint8Array): void {
    if (this.#left === null) return;
    this.#left -= length;
    this.#done = this.#left === 0;
  }
}

class ChunkedBody implements Body {
  readonly #reader: ConnectionReader;
  /** Bytes of the present chunk that have not come yet. */
  #left = 0;
  #first = true;
  #done = false;

  constructor(reader: ConnectionReader) {
    this.#reader = reader;
  }

  get done(): boolean {
    return this.#done;
  }

  /** The chunks' sizes are looked for by `next` alone. */
  come(): Uint8Array {
    return NOTHING;
  }

  *next(): Sys<Uint8Array> {
    if (!this.#done && this.#left === 0) yield* this.#begin();
    if (this.#done) return NOTHING;
    const part = yield* this.#reader.some(this.#left);
    if (part.length === 0) throw new HttpError(400, 'unexpected EOF');
    this.#left -= part.length;
    return part;
  }

  *#begin(): Sys<void> {
    if (!this.#first && (yield* this.#reader.line(2)) !== '')
      throw new HttpError(400, 'malformed chunked encoding');
    this.#first = false;
    const [size = ''] = ((yield* this.#reader.line(CHUNK_LINE)) ?? '').split(';');
    // Thirteen digits are more than any body and fewer than a number can hold exactly.
    if (!/^[0-9a-f]{1,13}[ \t]*$/i.test(size)) throw new HttpError(400, 'invalid byte in chunk length');
    this.#left = Number.parseInt(size, 16);
    if (this.#left > 0) return;
    if ((yield* readHeaders(new HeadLines(this.#reader, TRAILER_LINE), this.#reader)) === null)
      throw new HttpError(400, 'unexpected EOF');
    this.#done = true;
  }
}
