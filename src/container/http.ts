/** HTTP/1.1 over a descriptor (RFC 9112), as much as the Docker Engine API needs: one exchange a connection, and upgrades to a raw stream. */
import { concatBytes, decodeUtf8, encodeUtf8 } from '../base/index.ts';
import { type Fd, readAll, type Sys, sys, writeAll } from '../linux/index.ts';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly body: unknown;
}

export interface Response {
  readonly status: number;
  readonly body: unknown;
}

const reasons: Record<number, string> = {
  101: 'UPGRADED',
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  404: 'Not Found',
  409: 'Conflict',
  500: 'Internal Server Error',
};

interface Head {
  readonly first: string;
  readonly length: number | null;
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
      const length = lines.find((line) => /^content-length:/i.test(line))?.split(':')[1];
      return {
        first,
        length: length === undefined ? null : Number(length),
        rest: bytes.subarray(encodeUtf8(text.slice(0, end + 4)).length),
      };
    }
    const part = yield* sys.read(fd, 65_536);
    if (part.length === 0) return null;
    bytes = concatBytes([bytes, part]);
  }
}

function* readBody(fd: Fd, { rest, length }: Head): Sys<unknown> {
  let bytes = rest;
  while (length !== null && bytes.length < length) {
    const part = yield* sys.read(fd, 65_536);
    if (part.length === 0) break;
    bytes = concatBytes([bytes, part]);
  }
  if (length === null) bytes = concatBytes([bytes, yield* readAll(fd)]);
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

export function* respond(fd: Fd, { status, body }: Response): Sys<void> {
  const content = body === null ? '' : JSON.stringify(body);
  const head = `HTTP/1.1 ${status} ${reasons[status] ?? ''}\r\nContent-Type: application/json\r\nContent-Length: ${encodeUtf8(content).length}\r\nConnection: close\r\n\r\n`;
  yield* writeAll(fd, head + content);
}

/** After this the connection is a raw stream. */
export function* respondUpgrade(fd: Fd): Sys<void> {
  yield* writeAll(
    fd,
    'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  );
}

function requestText(method: string, path: string, body: unknown, upgrade: boolean): string {
  const content = body === null ? '' : JSON.stringify(body);
  const extra = upgrade ? 'Connection: Upgrade\r\nUpgrade: tcp\r\n' : '';
  return `${method} /v1.47${path} HTTP/1.1\r\nHost: docker\r\n${extra}Content-Type: application/json\r\nContent-Length: ${encodeUtf8(content).length}\r\n\r\n${content}`;
}

/** One request to the daemon at `socket`. Throws OsError when that cannot be reached. */
export function* request(socket: string, method: string, path: string, body: unknown = null): Sys<Response> {
  const fd = yield* sys.socket();
  try {
    yield* sys.connect(fd, socket);
    yield* writeAll(fd, requestText(method, path, body, false));
    const head = yield* readHead(fd);
    if (head === null) return { status: 500, body: { message: 'the daemon closed the connection' } };
    const status = Number(head.first.split(' ')[1]);
    return { status, body: head.length === 0 ? null : yield* readBody(fd, head) };
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
  yield* writeAll(fd, requestText('POST', path, body, true));
  const head = yield* readHead(fd);
  const status = Number(head?.first.split(' ')[1] ?? 500);
  if (head !== null && status === 101) return { fd, first: head.rest };
  const answer = head === null ? null : yield* readBody(fd, head);
  yield* sys.close(fd);
  return { status, body: answer };
}
