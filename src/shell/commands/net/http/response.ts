/** Answers of HTTP/1 (RFC 9112): their heads, and their bodies as they come. */
import { concatBytes, decodeUtf8 } from '../../../../base/index.ts';
import type { Sys } from '../../../../linux/index.ts';
import { HttpFault, type HttpStream } from './stream.ts';

export interface ResponseHead {
  /** As it came, with the empty line. */
  readonly text: string;
  readonly version: '1.0' | '1.1';
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
}

/** The value of a field; null when it is not there. */
export function fieldOf({ fields }: ResponseHead, name: string): string | null {
  return fields.find((field) => field.name.toLowerCase() === name)?.value ?? null;
}

/** The end of the head: behind its empty line, or -1. */
function endOfHead(bytes: Uint8Array): number {
  for (let i = bytes.indexOf(10); i >= 0; i = bytes.indexOf(10, i + 1)) {
    if (bytes[i + 1] === 10) return i + 2;
    if (bytes[i + 1] === 13 && bytes[i + 2] === 10) return i + 3;
  }
  return -1;
}

/** Throws HttpFault. */
export function* readHead(stream: HttpStream, until: number | null): Sys<ResponseHead> {
  let bytes: Uint8Array = new Uint8Array(0);
  for (;;) {
    const piece = yield* stream.read(until);
    if (piece.length === 0) throw new HttpFault(bytes.length === 0 ? { kind: 'empty' } : { kind: 'foreign' });
    bytes = concatBytes([bytes, piece]);
    const begin = decodeUtf8(bytes.subarray(0, 5));
    if (!'HTTP/'.startsWith(begin) && begin !== 'HTTP/') throw new HttpFault({ kind: 'foreign' });
    const end = endOfHead(bytes);
    if (end < 0) continue;
    stream.unread(bytes.slice(end));
    return parseHead(decodeUtf8(bytes.subarray(0, end)));
  }
}

function parseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const match = /^HTTP\/1\.([01])\s+(\d{3})(?:\s+(.*))?$/.exec(first);
  if (match === null) throw new HttpFault({ kind: 'foreign' });
  const fields = lines.flatMap((line) => {
    const at = line.indexOf(':');
    return at <= 0 ? [] : [{ name: line.slice(0, at), value: line.slice(at + 1).trim() }];
  });
  return {
    text,
    version: match[1] === '1' ? '1.1' : '1.0',
    status: Number(match[2]),
    reason: match[3] ?? '',
    fields,
  };
}

/** How the end of a body is known (RFC 9112, 6.3): a number of bytes, by its chunks, or with the connection. */
export function bodyLength(head: ResponseHead, method: string): number | 'chunked' | 'close' {
  if (method === 'HEAD' || head.status === 204 || head.status === 304 || head.status < 200) return 0;
  if (/\bchunked\b/i.test(fieldOf(head, 'transfer-encoding') ?? '')) return 'chunked';
  const length = fieldOf(head, 'content-length');
  return length !== null && /^\d+$/.test(length) ? Number(length) : 'close';
}

/** Whether the connection can be used again. */
export function staysOpen(head: ResponseHead): boolean {
  const connection = fieldOf(head, 'connection') ?? '';
  return head.version === '1.1' ? !/\bclose\b/i.test(connection) : /\bkeep-alive\b/i.test(connection);
}

export interface BodyReader {
  /** Takes a piece of the body. */
  readonly deliver: (piece: Uint8Array) => Sys<void>;
  /** Hears how many bytes came from the connection, with what belongs to chunks. */
  readonly onRead: (bytes: number) => Sys<void>;
  /** Fields behind a chunked body, as they came. */
  readonly trailer: (line: string) => Sys<void>;
  readonly until: number | null;
}

/** Reads a whole body. Throws HttpFault. */
export function* readBody(
  stream: HttpStream,
  length: number | 'chunked' | 'close',
  reader: BodyReader,
): Sys<void> {
  if (length === 'chunked') return yield* readChunks(stream, reader);
  let left = length === 'close' ? Number.POSITIVE_INFINITY : length;
  while (left > 0) {
    const piece = yield* stream.read(reader.until);
    if (piece.length === 0) {
      if (length === 'close') return;
      throw new HttpFault({ kind: 'short', missing: left });
    }
    const mine = piece.subarray(0, Math.min(left, piece.length));
    if (mine.length < piece.length) stream.unread(piece.slice(mine.length));
    left -= mine.length;
    yield* reader.onRead(mine.length);
    yield* reader.deliver(mine);
  }
}

/** RFC 9112, 7.1. */
function* readChunks(stream: HttpStream, reader: BodyReader): Sys<void> {
  const lines = new LineReader(stream, reader);
  for (;;) {
    const line = yield* lines.line();
    const size = /^([0-9a-f]{1,8})\s*(?:;.*)?$/i.exec(line)?.[1];
    if (size === undefined) throw new HttpFault({ kind: 'bad chunk' });
    const count = Number.parseInt(size, 16);
    if (count === 0) break;
    yield* lines.bytes(count);
    if ((yield* lines.line()) !== '') throw new HttpFault({ kind: 'bad chunk' });
  }
  for (;;) {
    const line = yield* lines.line();
    if (line === '') break;
    yield* reader.trailer(`${line}\r\n`);
  }
  lines.putBack();
}

class LineReader {
  readonly #stream: HttpStream;
  readonly #reader: BodyReader;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(stream: HttpStream, reader: BodyReader) {
    this.#stream = stream;
    this.#reader = reader;
  }

  *#more(): Sys<void> {
    const piece = yield* this.#stream.read(this.#reader.until);
    if (piece.length === 0) throw new HttpFault({ kind: 'short', missing: null });
    yield* this.#reader.onRead(piece.length);
    this.#bytes = concatBytes([this.#bytes, piece]);
  }

  *line(): Sys<string> {
    for (;;) {
      const at = this.#bytes.indexOf(10);
      if (at >= 0) {
        const text = decodeUtf8(this.#bytes.subarray(0, at)).replace(/\r$/, '');
        this.#bytes = this.#bytes.slice(at + 1);
        return text;
      }
      yield* this.#more();
    }
  }

  /** Hands on so many bytes, as they come. */
  *bytes(count: number): Sys<void> {
    let left = count;
    while (left > 0) {
      if (this.#bytes.length === 0) yield* this.#more();
      const mine = this.#bytes.slice(0, left);
      this.#bytes = this.#bytes.slice(mine.length);
      left -= mine.length;
      yield* this.#reader.deliver(mine);
    }
  }

  putBack(): void {
    this.#stream.unread(this.#bytes);
  }
}
