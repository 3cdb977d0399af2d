/** One request and its answer on the daemon's side: in one piece, as a stream of chunks, or as a raw stream that the connection becomes. */
import { concatBytes, encodeUtf8, isOsError } from '../../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../../linux/index.ts';
import { contentOf, messageBytes } from './content.ts';
import type { RequestHead } from './head.ts';
import { type Headers, hasToken, JSON_TYPE, type Response, reasons } from './message.ts';
import type { ConnectionReader } from './reader.ts';

/** The API's version from which on a stream in frames has a type of its own. */
const MULTIPLEXED_SINCE = 42;

export class Exchange {
  /** The connection: after `hijack` a raw stream. */
  readonly fd: Fd;
  readonly #head: RequestHead;
  readonly #reader: ConnectionReader;
  /** What every answer has. */
  readonly #common: Headers;
  #state: 'open' | 'streaming' | 'answered' | 'raw' = 'open';
  #chunked = false;
  #keepAlive: boolean;
  #lost = false;

  constructor(fd: Fd, head: RequestHead, reader: ConnectionReader, common: Headers) {
    this.fd = fd;
    this.#head = head;
    this.#reader = reader;
    this.#common = common;
    const { connection } = head.headers;
    this.#keepAlive = head.minor > 0 ? !hasToken(connection, 'close') : hasToken(connection, 'keep-alive');
  }

  /** Whether another request may follow. */
  get keepsAlive(): boolean {
    return this.#keepAlive && this.#state === 'answered' && !this.#lost;
  }

  /** Whether an answer has begun. */
  get begun(): boolean {
    return this.#state !== 'open';
  }

  /** No request is read after this one: its body was not. */
  closeAfter(): void {
    this.#keepAlive = false;
  }

  *respond({ status, body, headers }: Response): Sys<void> {
    const { data, length, type } = contentOf(body);
    const bodiless = status === 204 || status === 304;
    const own: Record<string, string> = {
      'content-type': bodiless || body === null ? '' : type,
      ...headers,
    };
    if (!bodiless) own['content-length'] = `${length}`;
    const head = this.#headText(status, own, yield* sys.clock_gettime('realtime'));
    yield* this.#send(messageBytes(head, this.#head.method === 'HEAD' || bodiless ? '' : data));
    this.#state = 'answered';
  }

  /** Begins an answer whose pieces `write` sends as they come: its head is sent now. */
  *stream(type = JSON_TYPE, status = 200, headers: Headers = {}): Sys<void> {
    this.#chunked = this.#head.minor > 0;
    if (!this.#chunked) this.#keepAlive = false;
    const coding: Headers = this.#chunked ? { 'transfer-encoding': 'chunked' } : {};
    const own = { 'content-type': type, ...headers, ...coding };
    yield* this.#send(encodeUtf8(this.#headText(status, own, yield* sys.clock_gettime('realtime'))));
    this.#state = 'streaming';
  }

  /** A piece of the stream, at once. Somebody who is gone gets nothing. */
  *write(piece: Uint8Array | string): Sys<void> {
    const bytes = typeof piece === 'string' ? encodeUtf8(piece) : piece;
    if (bytes.length === 0 || this.#head.method === 'HEAD') return;
    const size = encodeUtf8(`${bytes.length.toString(16)}\r\n`);
    yield* this.#send(this.#chunked ? concatBytes([size, bytes, encodeUtf8('\r\n')]) : bytes);
  }

  /** Whether the client has gone, or has no more to say, which is the same to Go's server. Does not wait. */
  *gone(): Sys<boolean> {
    if (this.#lost) return true;
    const [reply] = yield* sys.poll([{ fd: this.fd, events: 'in' }], 0);
    if (reply === undefined || (!reply.in && !reply.hup)) return false;
    if (!(yield* this.#reader.peek())) this.#lost = true;
    return this.#lost;
  }

  /**
   * Makes the connection a raw stream, of frames if not of a terminal; returns what the client has already said. Clients that do not ask for
   * an upgrade get an answer without an end.
   */
  *hijack(tty: boolean, version = '1.47'): Sys<Uint8Array> {
    const framed = !tty && Number(version.split('.')[1]) >= MULTIPLEXED_SINCE;
    const upgrade = this.#head.headers.upgrade !== undefined;
    const type = `application/vnd.docker.${upgrade && framed ? 'multiplexed' : 'raw'}-stream`;
    const lines = upgrade
      ? `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n`
      : `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n`;
    this.#state = 'raw';
    this.#keepAlive = false;
    yield* this.#send(encodeUtf8(`${lines}\r\n`));
    return this.#reader.takeKept();
  }

  /** After the handler: the end of a stream. */
  *finish(): Sys<void> {
    if (this.#state !== 'streaming') return;
    if (this.#chunked && this.#head.method !== 'HEAD') yield* this.#send(encodeUtf8('0\r\n\r\n'));
    this.#state = 'answered';
  }

  /** Its own headers may be in the place of those that every answer has; empty ones are left out. */
  #headText(status: number, own: Headers, { sec }: { readonly sec: number }): string {
    let lines = `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n`;
    for (const name of Object.keys(this.#common)) lines += headerLine(name, own[name] ?? this.#common[name]!);
    for (const name of Object.keys(own))
      if (!Object.hasOwn(this.#common, name)) lines += headerLine(name, own[name]!);
    lines += headerLine('date', dateOf(sec));
    return this.#keepAlive ? `${lines}\r\n` : `${lines}Connection: close\r\n\r\n`;
  }

  *#send(bytes: Uint8Array): Sys<void> {
    if (this.#lost) return;
    try {
      yield* writeAll(this.fd, bytes);
    } catch (error) {
      if (!isOsError(error, 'EPIPE')) throw error;
      this.#lost = true;
    }
  }
}

const titles = new Map<string, string>();

/** A header's name as servers write it: `Content-Type`. */
function titleOf(name: string): string {
  let title = titles.get(name);
  if (title === undefined) {
    title = name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
    titles.set(name, title);
  }
  return title;
}

const headerLine = (name: string, value: string): string =>
  value === '' ? '' : `${titleOf(name)}: ${value}\r\n`;

let lastDate = { sec: 0, text: '' };

/** IMF-fixdate, RFC 9110 5.6.7, of a second since 1970: answers within the same have the same. */
function dateOf(sec: number): string {
  if (lastDate.text === '' || lastDate.sec !== sec)
    lastDate = { sec, text: new Date(sec * 1000).toUTCString() };
  return lastDate.text;
}
