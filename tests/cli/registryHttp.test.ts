/** `virtbook registry` on a raw connection: what is no request is told so by name, and nothing ends the server. */
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeUtf8, Random } from '../../src/base/index.ts';
import { serveRegistry } from '../../src/cli/registryServer.ts';
import { MemoryFiles, Registry } from '../../src/registry/index.ts';
import { mutated } from '../support/mutations.ts';

let server: Server;
let port: number;

beforeAll(async () => {
  let ids = 0;
  const make = () =>
    new Registry({
      files: new MemoryFiles(),
      now: () => 1_767_225_600,
      newId: () => (++ids).toString(16).padStart(32, '0'),
      report: () => {},
    });
  server = await serveRegistry(0, make);
  port = (server.address() as { port: number }).port;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** All that comes until the server closes, or has nothing to say for a while. */
function say(bytes: Uint8Array | string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const client = connect({ port, host: '127.0.0.1' }, () => client.end(bytes));
    client.on('data', (part: Buffer) => {
      text += part.toString('latin1');
    });
    client.on('close', () => resolve(text));
    client.on('error', (error: NodeJS.ErrnoException) => {
      // It is closed before all of it was sent.
      if (!['EPIPE', 'ECONNRESET'].includes(error.code ?? '')) reject(error);
    });
  });
}

const POST = 'POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: r\r\n';

test.each([
  [
    'a chunk’s size that is none',
    `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    400,
    'Invalid character in chunk size',
  ],
  [
    'a chunk that is cut off',
    `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nab`,
    400,
    'the request is cut off',
  ],
  ['a body that is cut off', `${POST}Content-Length: 10\r\n\r\nab`, 400, 'the request is cut off'],
  ['two lengths', `${POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400, 'Content-Length'],
  [
    'length and chunks',
    `${POST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'Content-Length',
  ],
  ['a length that is none', `${POST}Content-Length: -1\r\n\r\n`, 400, 'Content-Length'],
  ['something else than HTTP', '\x16\x03\x01\x02\x00\x01', 400, 'Invalid method'],
  [
    'headers without end',
    `GET /v2/ HTTP/1.1\r\nHost: r\r\nX: ${'x'.repeat(20_000)}`,
    431,
    'the headers are too long',
  ],
])('%s', async (_, bytes, status, words) => {
  const answer = await say(bytes);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  const { errors } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as { errors: object[] };
  expect(errors).toEqual([{ code: 'UNSUPPORTED', message: expect.stringContaining(words) }]);
});

test('a target with a host in front is as good as one without', async () => {
  expect(await say('GET http://r/v2/ HTTP/1.1\r\nHost: r\r\nConnection: close\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 200 [\s\S]*\{\}$/,
  );
});

const put = (path: string, body: string, type = 'application/vnd.oci.image.manifest.v1+json') =>
  `PUT ${path} HTTP/1.1\r\nHost: r\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** What clients say; the seeds of the fuzz. */
const REQUESTS = [
  'GET /v2/ HTTP/1.1\r\nHost: r\r\n\r\n',
  'GET /v2/a/tags/list?n=1&last=x HTTP/1.1\r\nHost: r\r\n\r\n',
  'GET /v2/_catalog?n=1 HTTP/1.1\r\nHost: r\r\n\r\n',
  `${POST}Content-Length: 0\r\n\r\n`,
  `PATCH /v2/a/blobs/uploads/00000000-0000-0000-0000-000000000001 HTTP/1.1\r\nHost: r\r\nContent-Range: 0-1\r\nContent-Length: 2\r\n\r\nab`,
  `PATCH /v2/a/blobs/uploads/00000000-0000-0000-0000-000000000001 HTTP/1.1\r\nHost: r\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`,
  `PUT /v2/a/blobs/uploads/00000000-0000-0000-0000-000000000001?digest=sha256:${'0'.repeat(64)} HTTP/1.1\r\nHost: r\r\nContent-Length: 0\r\n\r\n`,
  `GET /v2/a/blobs/sha256:${'0'.repeat(64)} HTTP/1.1\r\nHost: r\r\nRange: bytes=0-1\r\n\r\n`,
  `GET /v2/a/referrers/sha256:${'0'.repeat(64)}?artifactType=x HTTP/1.1\r\nHost: r\r\n\r\n`,
  'DELETE /v2/a/manifests/v1 HTTP/1.1\r\nHost: r\r\n\r\n',
  put(
    '/v2/a/manifests/v1',
    '{"schemaVersion":2,"config":{"mediaType":"x","digest":"y","size":1},"layers":[]}',
  ),
];

const seeds = Number(process.env.VIRTBOOK_SEEDS ?? 1);
test.each(Array.from({ length: seeds }, (_, i) => `registry ${i}`))(
  'what is no request is answered or dropped, and the next one is served (seed %s)',
  async (seed) => {
    const random = Random.fromSeed(seed);
    for (let i = 0; i < 200; i++) {
      const bytes = mutated(encodeUtf8(REQUESTS[random.below(REQUESTS.length)]!), random);
      const answer = await say(bytes);
      const shown = JSON.stringify(String.fromCharCode(...bytes));
      expect(answer === '' || /^HTTP\/1\.1 [1-4]\d\d /.test(answer), `${shown} is answered ${answer}`).toBe(
        true,
      );
    }
    expect(await say('GET /v2/ HTTP/1.0\r\nHost: r\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  },
);
