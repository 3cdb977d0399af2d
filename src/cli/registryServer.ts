/** A registry over HTTP: what Node's server hears as requests of plain data, and back. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Registry, RegistryRequest, RegistryResponse } from '../registry/index.ts';

/** Bytes of a stream that are handed on together. */
const PIECE = 4 << 20;
/** Bytes of a request that has to be in memory as a whole. */
const LARGEST_BODY = 1 << 30;

/** When the machine does not let us: a full disk, a folder that cannot be written. As the reference implementation words it. */
const FAILURE: RegistryResponse = {
  status: 500,
  headers: { 'Content-Type': 'application/json; charset=utf-8', Connection: 'close' },
  body: Buffer.from('{"errors":[{"code":"UNKNOWN","message":"unknown error"}]}'),
};

/** What Node's parser finds → how it is told; whatever else it says of a request is told in its words. */
const MALFORMED: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the headers are too long'],
  HPE_INVALID_EOF_STATE: ['400 Bad Request', 'the request is cut off'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request takes too long'],
};

/** Tells a client what is wrong with something that is no request; who has gone gets nothing. */
function refuse(error: Error & { code?: string; reason?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, message] = MALFORMED[error.code ?? ''] ?? ['400 Bad Request', error.reason ?? error.message];
  const body = JSON.stringify({
    errors: [{ code: 'UNSUPPORTED', message: `malformed request: ${message}` }],
  });
  const type = 'Content-Type: application/json; charset=utf-8';
  socket.end(
    `HTTP/1.1 ${status}\r\n${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Listens on loopback alone; port 0 takes any that is free. Rejects as listen(2) fails. */
export function serveRegistry(port: number, makeRegistry: (url: string) => Registry): Promise<Server> {
  return new Promise((resolve, reject) => {
    let registry: Registry;
    const server = createServer((incoming, outgoing) => {
      answer(registry, incoming)
        .then((response) => send(outgoing, response))
        .catch((error: unknown) => {
          // A client that goes away while it sends has nobody to be told.
          if (incoming.destroyed && !incoming.complete) return;
          process.stderr.write(`${(error as Error).message}\n`);
          send(outgoing, FAILURE);
        });
    });
    server.on('clientError', refuse);
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      registry = makeRegistry(`http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`);
      resolve(server);
    });
  });
}

async function answer(registry: Registry, incoming: IncomingMessage): Promise<RegistryResponse> {
  const request = requestOf(incoming);
  // A chunk without a range is whatever comes next: a long one need not be in memory as a whole.
  const streams = request.method === 'PATCH' && request.headers['content-range'] === undefined;
  let pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of incoming) {
    pieces.push(piece as Buffer);
    size += (piece as Buffer).length;
    if (!streams && size > LARGEST_BODY)
      return { status: 413, headers: { Connection: 'close' }, body: new Uint8Array(0) };
    if (!streams || size < PIECE) continue;
    const response = registry.answer({ ...request, body: Buffer.concat(pieces) });
    if (response.status !== 202)
      return { ...response, headers: { ...response.headers, Connection: 'close' } };
    pieces = [];
    size = 0;
  }
  return registry.answer({ ...request, body: Buffer.concat(pieces) });
}

function requestOf({ method = '', url: target = '', headers, socket }: IncomingMessage): RegistryRequest {
  // A proxy's clients name the host here, too: RFC 9112, 3.2.2.
  const url = target.replace(/^https?:\/\/[^/?]*(?=\/)/i, '');
  const at = url.indexOf('?');
  return {
    method,
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? '' : url.slice(at + 1),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    ),
    body: new Uint8Array(0),
    remote: socket.remoteAddress ?? '',
  };
}

function send(outgoing: ServerResponse, { status, headers, body }: RegistryResponse): void {
  outgoing.writeHead(status, headers);
  outgoing.end(body);
}
