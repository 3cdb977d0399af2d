/** The client's side: one request a connection. */
import { concatBytes, decodeUtf8, encodeUtf8 } from '../../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../../linux/index.ts';
import { type Body, bodyOf } from './body.ts';
import { encoded } from './exchange.ts';
import { HEAD_LIMIT, readHeaders } from './head.ts';
import { type Headers, HttpError, JSON_TYPE, type Response } from './message.ts';
import { ConnectionReader } from './reader.ts';

/** The version of the API that the book's own client speaks. */
export const CLIENT_VERSION = '1.47';

export interface RequestOptions {
  /** Sent as JSON; bytes as an archive. */
  readonly body?: unknown;
  readonly headers?: Headers;
  /** The connection is to become a raw stream. */
  readonly upgrade?: boolean;
}

/** An answer whose body is still to be read; who has it closes it. */
export interface Answer {
  readonly fd: Fd;
  readonly status: number;
  readonly headers: Headers;
  /** At least one byte; none at the end. */
  next(): Sys<Uint8Array>;
  /** With the rest of the body: JSON where the daemon says so, bytes otherwise, null when there is none. */
  whole(): Sys<Response>;
  /** What has been read of a raw stream. */
  first(): Uint8Array;
  close(): Sys<void>;
}

/** A connection that has become a raw stream. */
export interface RawStream {
  readonly fd: Fd;
  /** Bytes that came together with the answer's head. */
  readonly first: Uint8Array;
}

/** A socket's path, or what makes a connection. */
export type Address = string | (() => Sys<Fd>);

function* connectTo(address: Address): Sys<Fd> {
  if (typeof address !== 'string') return yield* address();
  const fd = yield* sys.socket();
  try {
    yield* sys.connect(fd, address);
    return fd;
  } catch (error) {
    yield* sys.close(fd);
    throw error;
  }
}

/** Sends a request to the daemon at `to` and reads the head of its answer. Throws OsError when it cannot be reached. */
export function* send(to: Address, method: string, path: string, options: RequestOptions = {}): Sys<Answer> {
  return yield* (yield* ask(to, method, path, options))();
}

/** As `send`, but the call that it gives reads the answer's head: until then others can be asked. */
export function* ask(
  to: Address,
  method: string,
  path: string,
  options: RequestOptions = {},
): Sys<() => Sys<Answer>> {
  const fd = yield* connectTo(to);
  try {
    yield* writeAll(fd, requestBytes(method, path, options));
  } catch (error) {
    yield* sys.close(fd);
    throw error;
  }
  return () => answerOn(fd, method);
}

function* answerOn(fd: Fd, method: string): Sys<Answer> {
  try {
    const reader = new ConnectionReader(fd);
    const head = yield* readAnswerHead(reader);
    const { status, headers } = head ?? { status: 500, headers: { 'content-length': '0' } };
    const bodiless = method === 'HEAD' || status === 101 || status === 204 || status === 304;
    const body = bodyOf(bodiless ? { 'content-length': '0' } : headers, reader, true);
    return {
      fd,
      status,
      headers,
      next: () => partOf(body),
      whole: () => (head === null ? lost() : wholeOf(status, headers, body)),
      first: () => reader.takeKept(),
      close: () => sys.close(fd),
    };
  } catch (error) {
    yield* sys.close(fd);
    throw error;
  }
}

/** A request and its whole answer. Throws OsError when the daemon cannot be reached. */
export function* request(to: Address, method: string, path: string, body: unknown = null): Sys<Response> {
  const answer = yield* send(to, method, path, { body });
  try {
    return yield* answer.whole();
  } finally {
    yield* answer.close();
  }
}

/** A request that turns into a stream, or the refusal. */
export function* requestStream(to: Address, path: string, body: unknown): Sys<RawStream | Response> {
  const answer = yield* send(to, 'POST', path, { body, upgrade: true });
  if (answer.status === 101) return { fd: answer.fd, first: answer.first() };
  try {
    return yield* answer.whole();
  } finally {
    yield* answer.close();
  }
}

function requestBytes(method: string, path: string, options: RequestOptions): Uint8Array {
  const { bytes, type } = encoded(options.body ?? null);
  const headers: Headers = {
    Host: 'docker',
    ...(options.upgrade ? { Connection: 'Upgrade', Upgrade: 'tcp' } : { Connection: 'close' }),
    'Content-Type': type,
    'Content-Length': `${bytes.length}`,
    ...options.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return concatBytes([
    encodeUtf8(`${method} /v${CLIENT_VERSION}${path} HTTP/1.1\r\n${lines.join('')}\r\n`),
    bytes,
  ]);
}

/** Null: the daemon closed the connection, or spoke something else. */
function* readAnswerHead(reader: ConnectionReader): Sys<{ status: number; headers: Headers } | null> {
  const line = () => reader.line(HEAD_LIMIT);
  const status = /^HTTP\/1\.\d (\d{3})/.exec((yield* line()) ?? '')?.[1];
  const headers = status === undefined ? null : yield* readHeaders(line);
  return headers === null ? null : { status: Number(status), headers };
}

function* lost(): Sys<Response> {
  return { status: 500, body: { message: 'the daemon closed the connection' } };
}

/** A body that ends early has ended: what it lacks, its reader sees. */
function* partOf(body: Body): Sys<Uint8Array> {
  try {
    return yield* body.next();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return new Uint8Array(0);
  }
}

function* wholeOf(status: number, headers: Headers, body: Body): Sys<Response> {
  const parts: Uint8Array[] = [];
  for (let part = yield* partOf(body); part.length > 0; part = yield* partOf(body)) parts.push(part);
  const bytes = concatBytes(parts);
  if (bytes.length === 0) return { status, headers, body: null };
  const isJson = headers['content-type']?.startsWith(JSON_TYPE) === true;
  return { status, headers, body: isJson ? (JSON.parse(decodeUtf8(bytes)) as unknown) : bytes };
}
