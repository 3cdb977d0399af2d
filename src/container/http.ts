/** HTTP/1.1 over a descriptor (RFC 9112), as much as the Docker Engine API needs: one exchange a connection, and upgrades to a raw stream. */
import { concatBytes, decodeUtf8, encodeUtf8 } from '../base/index.ts';
import { type Fd, readAll, type Sys, sys, writeAll } from '../linux/index.ts';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  /** Parsed JSON, or the bytes of an archive. */
  readonly body: unknown;
}

export interface Response {
  readonly status: number;
  /** To be sent as JSON; bytes are an archive. */
  readonly body: unknown;
  /** Besides those that every answer has; as the client sees them, with names in small letters. */
  readonly headers?: Readonly<Record<string, string>>;
}

const TAR = 'application/x-tar';

const reasons: Record<number, string> = {
  101: 'UPGRADED',
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  500: 'Internal Server Error',
};

interface Head {
  readonly first: string;
  readonly length: number | null;
  readonly headers: Readonly<Record<string, string>>;
  /** What came after the empty line. */
  readonly rest: Uint8Array;
}

/** Reads up to the empty line; null when the other side closed before it. */
function* readHead(fd: Fd): Sys<Head | null> {
  let bytes: Uint8Array = new Uint8Array(0);
  for (;;) {
    const text = decodeUtf8(bytes);
    const end = text.indexOf('\r\n\r\n');
    if (end >= 0) {
      const [first = '', ...lines] = text.slice(0, end).split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => {
          const at = line.indexOf(':');
          return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
        }),
      );
      const length = headers['content-length'];
      return {
        first,
        length: length === undefined ? null : Number(length),
        headers,
        rest: bytes.subarray(encodeUtf8(text.slice(0, end + 4)).length),
      };
    }
    const part = yield* sys.read(fd, 65_536);
    if (part.length === 0) return null;
    bytes = concatBytes([bytes, part]);
  }
}

function* readBody(fd: Fd, { rest, length, headers }: Head): Sys<unknown> {
  const parts = [rest];
  for (let got = rest.length; length !== null && got < length; got += parts.at(-1)!.length) {
    parts.push(yield* sys.read(fd, 65_536));
    if (parts.at(-1)!.length === 0) break;
  }
  if (length === null) parts.push(yield* readAll(fd));
  const bytes = concatBytes(parts);
  if (headers['content-type'] === TAR) return bytes;
  return bytes.length === 0 ? null : (JSON.parse(decodeUtf8(bytes)) as unknown);
}

/** Null when nothing was asked. */
export function* readRequest(fd: Fd): Sys<Request | null> {
  const head = yield* readHead(fd);
  if (head === null) return null;
  const [method = '', target = ''] = head.first.split(' ');
  const [path = '', search = ''] = target.split('?');
  const query = new Map<string, string>();
  for (const pair of search.split('&')) {
    const [key = '', value = ''] = pair.split('=');
    if (key !== '') query.set(decodeURIComponent(key), decodeURIComponent(value));
  }
  const body = head.length === null ? null : yield* readBody(fd, head);
  return { method, path: path.replace(/^\/v\d+\.\d+/, ''), query, body };
}

/** A body's bytes and its type. */
function encoded(body: unknown): { bytes: Uint8Array; type: string } {
  if (body instanceof Uint8Array) return { bytes: body, type: TAR };
  return { bytes: encodeUtf8(body === null ? '' : JSON.stringify(body)), type: 'application/json' };
}

export function* respond(fd: Fd, { status, body, headers = {} }: Response): Sys<void> {
  const { bytes, type } = encoded(body);
  const own = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\n${own.join('')}Content-Type: ${type}\r\nContent-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`;
  yield* writeAll(fd, concatBytes([encodeUtf8(head), bytes]));
}

/** After this the connection is a raw stream. */
export function* respondUpgrade(fd: Fd): Sys<void> {
  yield* writeAll(
    fd,
    'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  );
}

function requestBytes(method: string, path: string, body: unknown, upgrade: boolean): Uint8Array {
  const { bytes, type } = encoded(body);
  const extra = upgrade ? 'Connection: Upgrade\r\nUpgrade: tcp\r\n' : '';
  const head = `${method} /v1.47${path} HTTP/1.1\r\nHost: docker\r\n${extra}Content-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return concatBytes([encodeUtf8(head), bytes]);
}

/** One request to the daemon at `socket`. Throws OsError when that cannot be reached. */
export function* request(socket: string, method: string, path: string, body: unknown = null): Sys<Response> {
  const fd = yield* sys.socket();
  try {
    yield* sys.connect(fd, socket);
    yield* writeAll(fd, requestBytes(method, path, body, false));
    const head = yield* readHead(fd);
    if (head === null) return { status: 500, body: { message: 'the daemon closed the connection' } };
    const status = Number(head.first.split(' ')[1]);
    const answer = head.length === 0 ? null : yield* readBody(fd, head);
    return { status, body: answer, headers: head.headers };
  } finally {
    yield* sys.close(fd);
  }
}

/** A connection that has become a raw stream. */
export interface RawStream {
  readonly fd: Fd;
  /** Bytes that came together with the answer's head. */
  readonly first: Uint8Array;
}

/** A request that turns into a stream, or the refusal. */
export function* requestStream(socket: string, path: string, body: unknown): Sys<RawStream | Response> {
  const fd = yield* sys.socket();
  yield* sys.connect(fd, socket);
  yield* writeAll(fd, requestBytes('POST', path, body, true));
  const head = yield* readHead(fd);
  const status = Number(head?.first.split(' ')[1] ?? 500);
  if (head !== null && status === 101) return { fd, first: head.rest };
  const answer = head === null ? null : yield* readBody(fd, head);
  yield* sys.close(fd);
  return { status, body: answer };
}
