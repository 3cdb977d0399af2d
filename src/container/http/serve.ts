/** The server's side of a connection: requests one after the other until one side has enough (RFC 9112, 9.3). */
import { decodeUtf8, encodeUtf8 } from '../../base/index.ts';
import { type Fd, type Sys, writeAll } from '../../linux/index.ts';
import { bodyOf, expectsContinue, readBody } from './body.ts';
import { Exchange } from './exchange.ts';
import { type RequestHead, readRequestHead } from './head.ts';
import { type Headers, HttpError, JSON_TYPE, type Request, type Response, reasons, TAR } from './message.ts';
import { ConnectionReader } from './reader.ts';
import { parseTarget, type Target } from './target.ts';

/** Bytes of a request's body, which has to be in memory as a whole. */
const BODY_LIMIT = 1 << 30;
const NOTHING = new Uint8Array(0);

export interface Service {
  /** What every answer has, with names in small letters. */
  readonly headers: Headers;
  /** The version that a request speaks whose path says none. */
  readonly version: string;
  /** Null: it is answered, or nobody is there any more. */
  readonly answer: (request: Request, client: Exchange) => Sys<Response | null>;
}

/** Returns when the connection is over; the caller closes it. */
export function* serveConnection(fd: Fd, service: Service): Sys<void> {
  const reader = new ConnectionReader(fd);
  for (;;) {
    let exchange: Exchange;
    try {
      const head = yield* readRequestHead(reader);
      if (head === null) return;
      const target = parseTarget(head.target);
      exchange = new Exchange(fd, head, reader, service.headers);
      const request = yield* readRequest(head, target, exchange, reader, service.version);
      const response =
        request instanceof HttpError ? refusal(request) : yield* service.answer(request, exchange);
      if (response !== null) yield* exchange.respond(response);
      else yield* exchange.finish();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      yield* refuse(fd, error);
      return;
    }
    if (!exchange.keepsAlive) return;
  }
}

/** An error that is the body's alone is told as the daemon tells its own. */
function* readRequest(
  { method, headers }: RequestHead,
  { path, query, queryValues, version }: Target,
  exchange: Exchange,
  reader: ConnectionReader,
  ownVersion: string,
): Sys<Request | HttpError> {
  const incoming = bodyOf(headers, reader);
  if (headers.expect !== undefined) {
    if (!expectsContinue(headers)) throw new HttpError(417);
    if (!incoming.done) yield* writeAll(exchange.fd, 'HTTP/1.1 100 Continue\r\n\r\n');
  }
  const bytes = incoming.done ? NOTHING : yield* readBody(incoming, BODY_LIMIT);
  let body: unknown;
  try {
    body = contentsOf(bytes, headers['content-type']);
  } catch {
    return new HttpError(400, 'invalid JSON: it is malformed');
  }
  return { method, path, version: version ?? ownVersion, query, queryValues, headers, body };
}

/** What a body of a type is to a handler; null where there is none. Throws for what is no JSON. */
function contentsOf(bytes: Uint8Array, said: string | undefined): unknown {
  if (bytes.length === 0) return null;
  const type = said ?? (beginsAsJson(bytes) ? JSON_TYPE : TAR);
  const isJson = type === JSON_TYPE || type.split(';', 1)[0]!.trim().toLowerCase() === JSON_TYPE;
  return isJson ? (JSON.parse(decodeUtf8(bytes)) as unknown) : bytes;
}

/** A body that does not say what it is: podman's client sends objects and archives so. */
function beginsAsJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => ![9, 10, 13, 32].includes(byte));
  return first === 0x7b || first === 0x5b;
}

const refusal = ({ status, message }: HttpError): Response => ({ status, body: { message } });

/** As Go's server words it. */
function* refuse(fd: Fd, { status, message }: HttpError): Sys<void> {
  const text = `${status} ${reasons[status]}${message === '' ? '' : `: ${message}`}`;
  const head = `HTTP/1.1 ${status} ${reasons[status]}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n`;
  yield* writeAll(fd, encodeUtf8(`${head}${text}`));
}
