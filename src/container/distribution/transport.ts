/**
 * HTTP requests to a registry. There is no TLS in this world: at port 443, where it would be, both sides speak plainly; elsewhere a registry
 * that speaks plainly is not what the daemon wants to see.
 */
import { concatBytes, encodeUtf8, isOsError } from '../../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../../linux/index.ts';
import { type Body, bodyOf, readBody } from '../http/body.ts';
import { HEAD_LIMIT, HeadLines, readHeaders } from '../http/head.ts';
import { type Headers, HttpError, hasToken } from '../http/message.ts';
import { ConnectionReader } from '../http/reader.ts';
import { EngineError, VERSION } from '../model.ts';
import { DialError, dial } from './dialing.ts';
import type { Endpoint } from './endpoint.ts';

const TLS_PORT = 443;
/** Bytes of a body that are sent between two looks at whether it is still wanted. */
const PIECE = 65_536;
/** Bytes of answers that are in memory as a whole: manifests, configurations, tokens, errors. */
const ANSWER_LIMIT = 8 << 20;

export interface Outgoing {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers?: Headers;
  readonly body?: Uint8Array;
  /** Told how many bytes of the body are sent. */
  readonly sent?: (bytes: number) => Sys<void>;
}

export interface Incoming {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

interface Open {
  readonly fd: Fd;
  readonly reader: ConnectionReader;
}

/** One connection for each registry, held while requests follow each other. */
export class Transport {
  readonly #open = new Map<string, Open>();

  /** The answer's body has to be read before the next request. Throws EngineError in the words of Go's client. */
  *send(to: Endpoint, request: Outgoing): Sys<Incoming> {
    const kept = this.#open.get(to.url);
    try {
      return yield* this.#exchange(to, request, kept ?? (yield* this.#connect(to)));
    } catch (error) {
      yield* this.#drop(to);
      // The other side may have closed a connection that was not used for a while.
      if (kept !== undefined && !(error instanceof EngineError)) return yield* this.send(to, request);
      throw this.#failure(to, request, error);
    }
  }

  #failure(to: Endpoint, { method, path }: Outgoing, error: unknown): unknown {
    const verb = method[0]! + method.slice(1).toLowerCase();
    const about = `${verb} "${to.url}${path}"`;
    if (error instanceof DialError) return new EngineError(500, `${about}: ${error.message}`);
    if (error instanceof HttpError)
      return new EngineError(500, `${about}: net/http: ${error.message || 'malformed HTTP response'}`);
    return isOsError(error) ? new EngineError(500, `${about}: ${error.message}`) : error;
  }

  *#connect(to: Endpoint): Sys<Open> {
    const fd = yield* dial(to.host, to.port);
    if (to.scheme === 'https' && to.port !== TLS_PORT) {
      yield* sys.close(fd);
      throw new DialError('http: server gave HTTP response to HTTPS client');
    }
    const open = { fd, reader: new ConnectionReader(fd) };
    this.#open.set(to.url, open);
    return open;
  }

  *#exchange(to: Endpoint, request: Outgoing, { fd, reader }: Open): Sys<Incoming> {
    const { method, path, headers = {}, body, sent } = request;
    const isDefault = to.port === (to.scheme === 'http' ? 80 : TLS_PORT);
    const all: Headers = {
      Host: isDefault ? to.host : `${to.host}:${to.port}`,
      'User-Agent': `docker/${VERSION} (linux)`,
      ...(body !== undefined && { 'Content-Length': `${body.length}` }),
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = encodeUtf8(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
    if (body === undefined || sent === undefined)
      yield* writeAll(fd, concatBytes([head, body ?? new Uint8Array(0)]));
    else {
      yield* writeAll(fd, head);
      for (let at = 0; at < body.length; at += PIECE) {
        yield* writeAll(fd, body.subarray(at, at + PIECE));
        yield* sent(Math.min(body.length, at + PIECE));
      }
    }
    const answer = yield* this.#head(reader);
    const bodiless = method === 'HEAD' || [204, 304].includes(answer.status);
    const incoming = bodyOf(bodiless ? { 'content-length': '0' } : answer.headers, reader, true);
    if (hasToken(answer.headers.connection, 'close')) this.#open.delete(to.url);
    return { ...answer, body: incoming };
  }

  *#head(reader: ConnectionReader): Sys<{ status: number; headers: Headers }> {
    const lines = new HeadLines(reader, HEAD_LIMIT);
    const first = yield* lines.next();
    if (first === null) throw new HttpError(500, 'unexpected EOF');
    const status = /^HTTP\/1\.\d (\d{3})/.exec(first)?.[1];
    const headers = status === undefined ? null : yield* readHeaders(lines, reader);
    if (headers === null)
      throw new HttpError(500, `malformed HTTP response ${JSON.stringify(first.slice(0, 60))}`);
    return { status: Number(status), headers };
  }

  *#drop(to: Endpoint): Sys<void> {
    const open = this.#open.get(to.url);
    this.#open.delete(to.url);
    if (open !== undefined) yield* sys.close(open.fd);
  }

  *close(): Sys<void> {
    for (const { fd } of this.#open.values()) yield* sys.close(fd);
    this.#open.clear();
  }
}

/** A body in memory. Throws EngineError for one that ends early. */
export function* wholeBody({ body }: Incoming): Sys<Uint8Array> {
  try {
    return yield* readBody(body, ANSWER_LIMIT);
  } catch (error) {
    if (error instanceof HttpError) throw new EngineError(500, error.message || 'unexpected EOF');
    throw error;
  }
}
