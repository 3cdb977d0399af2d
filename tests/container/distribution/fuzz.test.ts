/** Whatever comes over the wire: a registry answers or closes, an engine says what is wrong; neither ends, and neither waits for ever. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, decodeUtf8, encodeUtf8, isOsError, SECOND } from '../../../src/base/index.ts';
import { type Fd, type Program, type Sys, sys, writeAll } from '../../../src/linux/index.ts';
import { notes, registryWorld } from '../../support/registryWorld.ts';

const REGISTRY = { family: 'inet', address: 0xc0000201, port: 5000 } as const;

/** What comes until the other side ends; null when it does not within a while. */
function* answerOn(fd: Fd): Sys<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const [ready] = yield* sys.poll([{ fd, events: 'in' }], 5 * SECOND);
    if (!ready!.in && !ready!.hup) return null;
    const part = yield* sys.read(fd, 65_536);
    if (part.length === 0) return concatBytes(parts);
    parts.push(part);
  }
}

const piece = fc.oneof(
  fc.constantFrom(
    'GET',
    'PUT',
    'POST',
    'PATCH',
    'DELETE',
    'HEAD',
    ' ',
    '/v2/',
    'notes/',
    'manifests/1',
    'blobs/uploads/',
    '?digest=',
    '%zz',
    '?mount=x&from=notes',
    ' HTTP/1.1\r\n',
    ' HTTP/9.9\r\n',
    'Host: reg\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: -1\r\n',
    'Content-Length: 99999999999\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Content-Range: 5-1\r\n',
    'Range: bytes=9-\r\n',
    'Authorization: Basic ?\r\n',
    'Expect: 100-continue\r\n',
    '\r\n',
    '\r\n\r\n',
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    '{"schemaVersion":2}',
    '\0',
    'sha256:',
    'a'.repeat(64),
  ),
  fc.string({ maxLength: 8 }),
);

test('the registry outlives any bytes', () => {
  const requests = fc
    .sample(fc.array(piece, { minLength: 1, maxLength: 14 }), { seed: 11, numRuns: 250 })
    .map((parts) => encodeUtf8(parts.join('')));
  const silent: string[] = [];
  const fuzz: Program = function* () {
    yield* sys.sigaction('PIPE', 'ignore');
    for (const request of requests) {
      const fd = yield* sys.socket({ family: 'inet', type: 'stream' });
      try {
        yield* sys.connect(fd, REGISTRY);
        yield* writeAll(fd, request);
        yield* sys.shutdown(fd, 'wr');
        if ((yield* answerOn(fd)) === null) silent.push(decodeUtf8(request));
      } catch (error) {
        if (!isOsError(error, 'ECONNRESET', 'EPIPE', 'ENOTCONN')) throw error;
      }
      yield* sys.close(fd);
    }
    return 0;
  };
  const { sh } = registryWorld({ registry: { images: [notes] }, programs: new Map([['fuzz', fuzz]]) });
  expect(sh('one', 'fuzz')).toBe('');
  expect(silent).toEqual([]);
  expect(sh('two', 'docker pull -q reg:5000/notes:1')).toBe('reg:5000/notes:1\n');
});

const body = fc.oneof(
  fc.constantFrom(
    '',
    '{}',
    'null',
    '[]',
    '{',
    '{"schemaVersion":2}',
    '{"schemaVersion":2,"manifests":[]}',
    '{"errors":[]}',
    '{"errors":[{"code":"DENIED","message":"no"}]}',
    '{"token":1}',
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"a/b","digest":"sha256:x","size":1},"layers":[]}',
    `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"a/b","digest":"sha256:${'0'.repeat(64)}","size":2},"layers":[]}`,
  ),
  fc.string({ maxLength: 20 }),
);
const answer = fc
  .tuple(
    fc.constantFrom(
      '200 OK',
      '404 Not Found',
      '401 Unauthorized',
      '429 Too Many',
      '500 x',
      '100 Continue',
      '999',
      'x',
    ),
    fc.constantFrom(
      '',
      'Docker-Content-Digest: x\r\n',
      `Docker-Content-Digest: sha256:${'0'.repeat(64)}\r\n`,
      'WWW-Authenticate: Basic realm="x"\r\n',
      'WWW-Authenticate: Bearer realm="http://reg:5000/token",service="s"\r\n',
      'WWW-Authenticate: Bearer realm="nonsense"\r\n',
      'Connection: close\r\n',
      'no header\r\n',
      'Transfer-Encoding: chunked\r\n',
    ),
    fc.constantFrom(0, 0, 0, 1, -1, 1e9),
    body,
  )
  .map(([status, header, more, text]) => {
    const bytes = encodeUtf8(text);
    const length = header.startsWith('Transfer') ? '' : `Content-Length: ${bytes.length + more}\r\n`;
    return concatBytes([encodeUtf8(`HTTP/1.1 ${status}\r\n${header}${length}\r\n`), bytes]);
  });

test('an engine outlives any registry', () => {
  const answers = fc.sample(fc.oneof(answer, fc.string().map(encodeUtf8)), { seed: 12, numRuns: 400 });
  let next = 0;
  const evil: Program = function* () {
    yield* sys.sigaction('PIPE', 'ignore');
    const listener = yield* sys.socket({ family: 'inet', type: 'stream' });
    yield* sys.bind(listener, { family: 'inet', address: 0, port: 6000 });
    yield* sys.listen(listener);
    for (;;) {
      const fd = yield* sys.accept(listener);
      yield* sys.fork(function* () {
        try {
          // Two or three answers on a connection, then it closes.
          for (let i = 0; i < 3; i++) {
            // One that waits for more than there is sees the end.
            const [ready] = yield* sys.poll([{ fd, events: 'in' }], SECOND / 20);
            if (!ready!.in) break;
            const request = yield* sys.read(fd, 65_536);
            if (request.length === 0) break;
            // The front door is open, so that more is asked for.
            const isDoor = decodeUtf8(request).startsWith('GET /v2/ ') && next % 4 !== 0;
            const door = encodeUtf8('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
            yield* writeAll(fd, isDoor ? door : answers[next++ % answers.length]!);
            if (isDoor) next++;
          }
        } catch (error) {
          if (!isOsError(error)) throw error;
        }
        return 0;
      });
      yield* sys.close(fd);
    }
  };
  const daemon = { 'insecure-registries': ['reg:6000'] };
  const { sh } = registryWorld({ daemon, programs: new Map([['evil', evil]]) });
  sh('reg', 'evil & sleep 0.1');
  const said = sh(
    'one',
    'docker tag notes:1 reg:6000/n:1; for i in $(seq 40); do timeout 20 docker pull reg:6000/n:$i >/dev/null 2>/tmp/err; echo $? $(wc -l < /tmp/err); timeout 20 docker push reg:6000/n:1 >/dev/null 2>&1; echo $?; done',
  );
  // Each ends by itself, and says why.
  expect(new Set(said.trim().split('\n'))).toEqual(new Set(['1 1', '1']));
  expect(
    sh(
      'one',
      'docker images -q | sort -u | wc -l; ls /var/lib/docker/image/overlay2/layerdb/tmp 2>/dev/null; true',
    ),
  ).toBe('1\n');
  expect(sh('one', 'docker run --rm notes:1')).toBe('the page\n');
});
