/** The client's side: one request a connection, or one after the other. */
import { decodeUtf8 } from '../../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../../linux/index.ts';
import { type Body, bodyOf, joined } from './body.ts';
import { contentOf, messageBytes } from './content.ts';
import { HEAD_LIMIT, HeadLines, readHeaders } from './head.ts';
import { type Headers, HttpError, hasToken, JSON_TYPE, type Response } from './message.ts';
import { ConnectionReader } from './reader.ts';

/** The version of the API that the book's own client speaks. */
export const CLIENT_VERSION = '1.47';

export interface RequestOptions {
  /** Sent as JSON; bytes as an archive. */
  readonly body?: unknown;
  readonly headers?: Headers;
  /** The connection is to become a raw stream. */
  readonly upgrade?: boolean;
  /** Another request is to follow on the connection. */
  readonly keep?: boolean;
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

/** Sends a request to the daemon at `to` and reads the head of its answer. Throws OsError when it cannot be reached. */
export function* send(to: Address, method: string, path: string, options: RequestOptions = {}): Sys<Answer> {
  return yield* answerOn(yield* sent(to, method, path, options), method);
}

/** As `send`, but the call that it gives reads the answer's head: until then others can be asked. */
export function* ask(
  to: Address,
  method: string,
  path: string,
  options: RequestOptions = {},
): Sys<() => Sys<Answer>> {
  const fd = yield* sent(to, method, path, options);
  return () => answerOn(fd, method);
}

/** The connection on which the answer will come. */
function* sent(to: Address, method: string, path: string, options: RequestOptions): Sys<Fd> {
  return yield* sentOn(yield* connectionTo(to), method, path, options);
}

function* connectionTo(to: Address): Sys<Fd> {
  if (typeof to !== 'string') return yield* to();
  const fd = yield* sys.socket();
  try {
    yield* sys.connect(fd, to);
    return fd;
  } catch (error) {
    yield* sys.close(fd);
    throw error;
  }
}

function* sentOn(fd: Fd, method: string, path: string, options: RequestOptions): Sys<Fd> {
  try {
    yield* writeAll(fd, requestBytes(method, path, options));
    return fd;
  } catch (error) {
    yield* sys.close(fd);
    throw error;
  }
}

function* answerOn(fd: Fd, method: string): Sys<Incoming> {
  try {
    const reader = new ConnectionReader(fd);
    const head = yield* readAnswerHead(reader);
    return new Incoming(fd, method, head, reader);
  } catch (error) {
    yield* sys.close(fd);
    throw error;
  }
}

interface AnswerHead {
  readonly status: number;
  readonly headers: Headers;
}

const EMPTY: Headers = { 'content-length': '0' };

class Incoming implements Answer {
  readonly fd: Fd;
  readonly status: number;
  readonly headers: Headers;
  readonly #reader: ConnectionReader;
  readonly #body: Body;
  /** The daemon closed the connection before it had answered. */
  readonly #lost: boolean;

  constructor(fd: Fd, method: string, head: AnswerHead | null, reader: ConnectionReader) {
    this.fd = fd;
    this.status = head?.status ?? 500;
    this.headers = head?.headers ?? EMPTY;
    this.#reader = reader;
    this.#lost = head === null;
    const bodiless = method === 'HEAD' || this.status === 101 || this.status === 204 || this.status === 304;
    this.#body = bodyOf(bodiless ? EMPTY : this.headers, reader, true);
  }

  /** A body that ends early has ended: what it lacks, its reader sees. */
  *next(): Sys<Uint8Array> {
    try {
      return yield* this.#body.next();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      return new Uint8Array(0);
    }
  }

  *whole(): Sys<Response> {
    const { status, headers } = this;
    if (this.#lost) return { status: 500, body: { message: 'the daemon closed the connection' } };
    const parts: Uint8Array[] = [];
    while (!this.#body.done) {
      const come = this.#body.come();
      const part = come.length > 0 ? come : yield* this.next();
      if (part.length === 0) break;
      parts.push(part);
    }
    const bytes = joined(parts);
    if (bytes.length === 0) return { status, headers, body: null };
    const isJson = headers['content-type']?.startsWith(JSON_TYPE) === true;
    return { status, headers, body: isJson ? (JSON.parse(decodeUtf8(bytes)) as unknown) : bytes };
  }

  first(): Uint8Array {
    return this.#reader.takeKept();
  }

  /** Whether another request may be sent on the connection, now that all of the body was read. */
  get mayFollow(): boolean {
    return !this.#lost && this.#body.done && !hasToken(this.headers.connection, 'close');
  }

  close(): Sys<void> {
    return sys.close(this.fd);
  }
}

/** A request and its whole answer. Throws OsError when the daemon cannot be reached. */
export function* request(to: Address, method: string, path: string, body: unknown = null): Sys<Response> {
  const answer = yield* answerOn(yield* sent(to, method, path, { body }), method);
  try {
    return yield* answer.whole();
  } finally {
    yield* answer.close();
  }
}

/**
 * A connection for requests that follow each other (RFC 9112, 9.3), as Go's client keeps one: made by the first of them, and made anew when the
 * daemon has ended it meanwhile. It ends with its process.
 */
export class Connection {
  #idle: Fd | null = null;

  /** As {@link request}. */
  *request(to: Address, method: string, path: string, body: unknown = null): Sys<Response> {
    const fd = (yield* this.#take()) ?? (yield* connectionTo(to));
    const answer = yield* answerOn(yield* sentOn(fd, method, path, { body, keep: true }), method);
    const whole = yield* answer.whole();
    if (answer.mayFollow) this.#idle = fd;
    else yield* answer.close();
    return whole;
  }

  /** The one that is left; null when there is none. */
  *#take(): Sys<Fd | null> {
    const fd = this.#idle;
    this.#idle = null;
    if (fd === null) return null;
    // On an idle connection there is nothing to be read but its end.
    const [ended] = yield* sys.poll([{ fd, events: 'in' }], 0);
    if (ended === undefined || !(ended.in || ended.hup)) return fd;
    yield* sys.close(fd);
    return null;
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

function requestBytes(
  method: string,
  path: string,
  { body = null, headers, upgrade, keep }: RequestOptions,
): Uint8Array {
  const { data, length, type } = contentOf(body);
  const all: Headers = {
    Host: 'docker',
    ...(upgrade ? { Connection: 'Upgrade', Upgrade: 'tcp' } : keep ? {} : { Connection: 'close' }),
    'Content-Type': type,
    'Content-Length': `${length}`,
    ...headers,
  };
  let head = `${method} /v${CLIENT_VERSION}${path} HTTP/1.1\r\n`;
  for (const name of Object.keys(all)) head += `${name}: ${all[name]}\r\n`;
  return messageBytes(`${head}\r\n`, data);
}

/** Null: the daemon closed the connection, or spoke something else. */
function* readAnswerHead(reader: ConnectionReader): Sys<AnswerHead | null> {
  const lines = new HeadLines(reader, HEAD_LIMIT);
  const first = yield* lines.next();
  const status = first === null ? undefined : /^HTTP\/1\.\d (\d{3})/.exec(first)?.[1];
  if (status === undefined) return null;
  const headers = yield* readHeaders(lines, reader);
  return headers === null ? null : { status: Number(status), headers };
}
