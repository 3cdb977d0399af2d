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
const CR = 13;
/** RFC 9110, 5.5. */
const NOT_IN_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/;
/** The same for lines with their ends. */
const NOT_IN_LINES = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r[^\n]/;

/** Names as clients and servers write them, to their small letters: no other name has to be looked at. net/textproto's commonHeader. */
const COMMON: ReadonlyMap<string, string> = new Map(
  (
    'Accept Accept-Encoding Api-Version Connection Content-Length Content-Type Date Docker-Experimental Expect Host Ostype Server ' +
    'Transfer-Encoding Upgrade User-Agent X-Registry-Auth X-Registry-Config'
  )
    .split(' ')
    .map((name) => [name, name.toLowerCase()]),
);

/** The lines of a head, or of a trailer: those that have come together are taken together. */
export class HeadLines {
  readonly #reader: ConnectionReader;
  readonly #together: boolean;
  #limit: number;
  /** What was taken, up to and with the last line's end. */
  #text = '';
  #at = 0;
  #clean = true;

  /** At most `limit` bytes a line, or `together` for all of them. */
  constructor(reader: ConnectionReader, limit: number, together = false) {
    this.#reader = reader;
    this.#limit = limit;
    this.#together = together;
  }

  /** The next line without its end, LF or CR LF (RFC 9112, 2.2); undefined when it has not come yet, or is too long. */
  come(): string | undefined {
    if (this.#at === this.#text.length) {
      this.#text = this.#reader.takeLines();
      this.#at = 0;
      this.#clean = !NOT_IN_LINES.test(this.#text);
    }
    const from = this.#at;
    const end = this.#text.indexOf('\n', from);
    if (end < 0 || end - from > this.#limit) return undefined;
    this.#at = end + 1;
    const line = this.#text.slice(from, this.#text.charCodeAt(end - 1) === CR ? end - 1 : end);
    if (this.#together) this.#limit -= line.length + 2;
    return line;
  }

  /** The same, waited for. Null: the other side ended within it, or it is too long. */
  *next(): Sys<string | null> {
    for (;;) {
      const line = this.come();
      if (line !== undefined) return line;
      if (this.tooLong || !(yield* this.#reader.more())) return null;
    }
  }

  /** Whether the last line that has come, and those that came with it, have nothing in them that no value of a header has. */
  get clean(): boolean {
    return this.#clean;
  }

  /** Whether what comes next is a line for which there is no room. */
  get tooLong(): boolean {
    return this.#at < this.#text.length || this.#reader.waiting > this.#limit;
  }
}

/** Null when the client closed before it began one. Throws HttpError. */
export function* readRequestHead(reader: ConnectionReader): Sys<RequestHead | null> {
  const lines = new HeadLines(reader, HEAD_LIMIT, true);
  let first = yield* lines.next();
  // An empty line before a request is to be passed over.
  if (first === '') first = yield* lines.next();
  if (first === null) return ended(lines);
  const match = /^(\S+) (\S+) HTTP\/(\d)\.(\d)$/.exec(first);
  if (match === null || !TOKEN.test(match[1]!)) throw new HttpError(400);
  if (match[3] !== '1') throw new HttpError(505, 'unsupported protocol version');
  const headers: Record<string, string> = {};
  while (!takeHeaders(lines, headers)) if (lines.tooLong || !(yield* reader.more())) return ended(lines);
  const minor = match[4] === '0' ? 0 : 1;
  requireHost(headers, minor);
  return { method: match[1]!, target: match[2]!, minor, headers };
}

/** Throws HttpError when there was no room for a line. */
function ended(lines: HeadLines): null {
  if (lines.tooLong) throw new HttpError(431);
  return null;
}

/** Up to the empty line; null when the other side closed before it, or there is no room for a line. */
export function* readHeaders(lines: HeadLines, reader: ConnectionReader): Sys<Headers | null> {
  const headers: Record<string, string> = {};
  while (!takeHeaders(lines, headers)) if (lines.tooLong || !(yield* reader.more())) return null;
  return headers;
}

/** Adds those that have come; true when the empty line has. Throws HttpError. */
function takeHeaders(lines: HeadLines, headers: Record<string, string>): boolean {
  for (;;) {
    const line = lines.come();
    if (line === undefined) return false;
    if (line === '') return true;
    addHeader(headers, line, lines.clean);
  }
}

/** Throws HttpError for what is no header. */
function addHeader(headers: Record<string, string>, line: string, clean: boolean): void {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon));
  const key = COMMON.get(name) ?? lowered(name, colon);
  const value = line.slice(colon + 1).trim();
  if (!clean && NOT_IN_VALUE.test(value)) throw new HttpError(400, 'invalid header value');
  const before = Object.hasOwn(headers, key) ? headers[key] : undefined;
  if (before !== undefined && key === 'host') throw new HttpError(400, 'too many Host headers');
  headers[key] = before === undefined ? value : `${before}, ${value}`;
}

/** A line that goes on the one before is obsolete (RFC 9112, 5.2): its name is no token. */
function lowered(name: string, colon: number): string {
  if (!TOKEN.test(name)) throw new HttpError(400, colon < 0 ? '' : 'invalid header name');
  return name.toLowerCase();
}

function requireHost(headers: Headers, minor: number): void {
  const { host } = headers;
  if (host === undefined && minor > 0) throw new HttpError(400, 'missing required Host header');
  if (host !== undefined && /[\s/\\<>"]/.test(host)) throw new HttpError(400, 'malformed Host header');
}
