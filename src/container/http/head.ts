/** The lines before a message's body (RFC 9112, 2 to 5), refused as Go's server refuses them. */
import type { Sys } from '../../linux/index.ts';
import { type Headers, HttpError } from './message.ts';
import type { ConnectionReader } from './reader.ts';

/** Bytes of all lines together: the default of Go's server. */
export const HEAD_LIMIT = (1 << 20) + 4096;

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** 0 or 1. */
  readonly minor: number;
  readonly headers: Headers;
}

/** token, RFC 9110 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110, 5.5. */
const NOT_IN_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/;

/** The lines of a head as long as there is room for them all. */
class HeadLines {
  readonly #reader: ConnectionReader;
  #limit = HEAD_LIMIT;

  constructor(reader: ConnectionReader) {
    this.#reader = reader;
  }

  *next(): Sys<string | null> {
    const text = yield* this.#reader.line(this.#limit);
    if (text === null && !this.#reader.ended) throw new HttpError(431);
    this.#limit -= (text ?? '').length + 2;
    return text;
  }
}

/** Null when the client closed before it began one. Throws HttpError. */
export function* readRequestHead(reader: ConnectionReader): Sys<RequestHead | null> {
  const lines = new HeadLines(reader);
  const line = () => lines.next();
  let first = yield* line();
  // An empty line before a request is to be passed over.
  if (first === '') first = yield* line();
  if (first === null) return null;
  const match = /^(\S+) (\S+) HTTP\/(\d)\.(\d)$/.exec(first);
  if (match === null || !TOKEN.test(match[1]!)) throw new HttpError(400);
  const [, method = '', target = '', major, minor] = match;
  if (major !== '1') throw new HttpError(505, 'unsupported protocol version');
  const headers = yield* readHeaders(line);
  if (headers === null) return null;
  requireHost(headers, Number(minor));
  return { method, target, minor: Number(minor) > 0 ? 1 : 0, headers };
}

/** Up to the empty line; null when the other side closed before it. */
export function* readHeaders(line: () => Sys<string | null>): Sys<Headers | null> {
  const headers: Record<string, string> = {};
  for (;;) {
    const text = yield* line();
    if (text === null) return null;
    if (text === '') return headers;
    const colon = text.indexOf(':');
    const name = text.slice(0, Math.max(0, colon));
    // A line that goes on the one before is obsolete (RFC 9112, 5.2): its name is no token.
    if (!TOKEN.test(name)) throw new HttpError(400, colon < 0 ? '' : 'invalid header name');
    const value = text.slice(colon + 1).trim();
    if (NOT_IN_VALUE.test(value)) throw new HttpError(400, 'invalid header value');
    const key = name.toLowerCase();
    const before = Object.hasOwn(headers, key) ? headers[key] : undefined;
    if (before !== undefined && key === 'host') throw new HttpError(400, 'too many Host headers');
    headers[key] = before === undefined ? value : `${before}, ${value}`;
  }
}

function requireHost(headers: Headers, minor: number): void {
  const { host } = headers;
  if (host === undefined && minor > 0) throw new HttpError(400, 'missing required Host header');
  if (host !== undefined && /[\s/\\<>"]/.test(host)) throw new HttpError(400, 'malformed Host header');
}
