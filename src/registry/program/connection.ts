/** The server's side of a connection: requests one after the other (RFC 9112, 9.3), each in memory as a whole. */
import { concatBytes, encodeUtf8, isOsError } from '../../base/index.ts';
import {
  bodyOf,
  ConnectionReader,
  expectsContinue,
  HttpError,
  hasToken,
  readBody,
  readRequestHead,
} from '../../container/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../../linux/index.ts';
import type { RegistryRequest, RegistryResponse } from '../messages.ts';

/** Bytes of a request's body. */
const BODY_LIMIT = 1 << 30;

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Request Entity Too Large',
  416: 'Requested Range Not Satisfiable',
  417: 'Expectation Failed',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  505: 'HTTP Version Not Supported',
};

export type Answer = (request: RegistryRequest) => Sys<RegistryResponse>;

/** Until one side has enough; the caller closes it. */
export function* serveConnection(fd: Fd, remote: string, answer: Answer): Sys<void> {
  const reader = new ConnectionReader(fd);
  try {
    while (yield* serveOne(fd, reader, remote, answer));
  } catch (error) {
    if (error instanceof HttpError) yield* refuse(fd, error);
    // A client that goes away in the middle has nobody to be told.
    else if (!isOsError(error, 'EPIPE', 'ECONNRESET')) throw error;
  }
}

/** Whether another request may follow. */
function* serveOne(fd: Fd, reader: ConnectionReader, remote: string, answer: Answer): Sys<boolean> {
  const head = yield* readRequestHead(reader);
  if (head === null) return false;
  const { method, target, minor, headers } = head;
  const body = bodyOf(headers, reader);
  if (headers.expect !== undefined) {
    if (!expectsContinue(headers)) throw new HttpError(417);
    if (!body.done) yield* writeAll(fd, 'HTTP/1.1 100 Continue\r\n\r\n');
  }
  const at = target.indexOf('?');
  const response = yield* answer({
    method,
    path: at < 0 ? target : target.slice(0, at),
    query: at < 0 ? '' : target.slice(at + 1),
    headers,
    body: yield* readBody(body, BODY_LIMIT),
    remote,
  });
  const stays = minor > 0 && !hasToken(headers.connection, 'close');
  yield* writeAll(fd, yield* responseBytes(response, stays));
  return stays;
}

/** `Docker-Upload-Uuid`: as Go's server writes all names. */
const canonical = (name: string): string =>
  name.toLowerCase().replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());

/** Headers in the order in which Go's server sends them. */
function* responseBytes({ status, headers, body }: RegistryResponse, stays: boolean): Sys<Uint8Array> {
  const { sec } = yield* sys.clock_gettime('realtime');
  const lines = Object.entries(headers)
    .map(([name, value]) => `${canonical(name)}: ${value}\r\n`)
    .sort();
  const more = `Date: ${new Date(sec * 1000).toUTCString()}\r\n${stays ? '' : 'Connection: close\r\n'}`;
  const head = `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n${lines.join('')}${more}\r\n`;
  return concatBytes([encodeUtf8(head), body]);
}

function* refuse(fd: Fd, { status, message }: HttpError): Sys<void> {
  const text = `${status} ${reasons[status] ?? ''}${message === '' ? '' : `: ${message}`}`;
  try {
    yield* writeAll(
      fd,
      `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${text}`,
    );
  } catch (error) {
    if (!isOsError(error)) throw error;
  }
}
