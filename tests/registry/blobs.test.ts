/** Blobs: every way to push one, and to fetch it or part of it (distribution-spec 1.1, "Pushing blobs", "Pulling blobs"). */
import { beforeEach, describe, expect, test } from 'vitest';
import { digestOf, RegistryClient } from '../support/registryClient.ts';

const HELLO = digestOf('hello');
/** By sha512sum of coreutils. */
const HELLO_512 =
  'sha512:9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043';
let client: RegistryClient;

beforeEach(() => {
  client = new RegistryClient();
});

describe('pushing a blob whole', () => {
  test('POST, then PUT', () => {
    const { status, headers } = client.send('POST /v2/a/b/blobs/uploads/');
    expect(status).toBe(202);
    expect(headers).toMatchObject({
      Location: '/v2/a/b/blobs/uploads/00000000-0000-0000-0000-000000000001',
      Range: '0-0',
      'Docker-Upload-UUID': '00000000-0000-0000-0000-000000000001',
      'Content-Length': '0',
    });
    const put = client.send(`PUT ${headers.Location}?digest=${HELLO}`, { body: 'hello' });
    expect(put.status).toBe(201);
    expect(put.headers).toMatchObject({
      Location: `/v2/a/b/blobs/${HELLO}`,
      'Docker-Content-Digest': HELLO,
    });
    expect(client.send(`GET ${put.headers.Location}`).text).toBe('hello');
    expect(client.send(`GET ${headers.Location}`).code).toBe('BLOB_UPLOAD_UNKNOWN');
    expect(client.events).toContainEqual({ type: 'blob.upload', repository: 'a/b', digest: HELLO, size: 5 });
  });

  test('one POST', () => {
    const { status, headers } = client.pushBlob('a/b', 'hello');
    expect(status).toBe(201);
    expect(client.send(`GET ${headers.Location}`).text).toBe('hello');
  });

  test('by SHA-512', () => {
    const post = client.send(`POST /v2/a/b/blobs/uploads/?digest=${HELLO_512}`, { body: 'hello' });
    expect(post.status).toBe(201);
    expect(client.send(`HEAD /v2/a/b/blobs/${HELLO_512}`).headers['Content-Length']).toBe('5');
    expect(client.send('POST /v2/a/b/blobs/uploads/?digest-algorithm=sha512').status).toBe(202);
    expect(client.send('POST /v2/a/b/blobs/uploads/?digest-algorithm=md5').code).toBe('DIGEST_INVALID');
  });

  test('another digest than it has is refused, and the upload given up', () => {
    const upload = client.upload('a');
    const put = client.send(`PUT ${upload}?digest=${HELLO}`, { body: 'hallo' });
    expect([put.status, put.code]).toEqual([400, 'DIGEST_INVALID']);
    expect(client.send(`HEAD /v2/a/blobs/${HELLO}`).status).toBe(404);
    expect(client.send(`GET ${upload}`).status).toBe(404);
  });

  test.each(['sha256:zz', 'md5:d41d8cd98f00b204e9800998ecf8427e', HELLO.toUpperCase(), ''])(
    'the digest %j is none',
    (digest) => {
      const put = client.send(`PUT ${client.upload('a')}?digest=${digest}`, { body: 'hello' });
      expect([put.status, put.code]).toEqual([400, 'DIGEST_INVALID']);
      expect(client.send(`PUT ${client.upload('a')}`).code).toBe('DIGEST_INVALID');
    },
  );

  test('a limit on its size', () => {
    client = new RegistryClient({ largestBlob: 5 });
    expect(client.pushBlob('a', 'hello').status).toBe(201);
    const { status, code } = client.pushBlob('a', 'hello!');
    expect([status, code]).toEqual([413, 'SIZE_INVALID']);
  });
});

describe('pushing a blob in chunks', () => {
  const chunk = (upload: string, range: string, body: string) =>
    client.send(`PATCH ${upload}`, { headers: { 'content-range': range }, body });

  test('each says where it ends; the last may come with PUT', () => {
    const upload = client.upload('a', { 'content-length': '0' });
    expect(chunk(upload, '0-1', 'he')).toMatchObject({
      status: 202,
      headers: { Range: '0-1', Location: upload },
    });
    expect(chunk(upload, '2-3', 'll')).toMatchObject({ status: 202, headers: { Range: '0-3' } });
    expect(client.send(`GET ${upload}`)).toMatchObject({
      status: 204,
      headers: { Range: '0-3', Location: upload },
    });
    const put = client.send(`PUT ${upload}?digest=${HELLO}`, {
      headers: { 'content-range': '4-4' },
      body: 'o',
    });
    expect(put.status).toBe(201);
    expect(client.send(`GET /v2/a/blobs/${HELLO}`).text).toBe('hello');
  });

  test.each([
    ['a gap', '3-4'],
    ['again', '0-1'],
  ])('out of order (%s): 416, and where to go on', (_, range) => {
    const upload = client.upload('a');
    chunk(upload, '0-1', 'he');
    expect(chunk(upload, range, 'xx')).toMatchObject({
      status: 416,
      code: 'BLOB_UPLOAD_INVALID',
      headers: { Range: '0-1', Location: upload },
    });
    expect(
      client.send(`PUT ${upload}?digest=${HELLO}`, { headers: { 'content-range': range }, body: 'xx' })
        .status,
    ).toBe(416);
    expect(chunk(upload, '2-4', 'llo').status).toBe(202);
    expect(client.send(`PUT ${upload}?digest=${HELLO}`).status).toBe(201);
  });

  test('a range that is not as long as the chunk, or none', () => {
    const upload = client.upload('a');
    expect(chunk(upload, '0-4', 'he').code).toBe('SIZE_INVALID');
    expect(chunk(upload, 'bytes 0-1/5', 'he').code).toBe('BLOB_UPLOAD_INVALID');
    expect(chunk(upload, '1-0', '').code).toBe('BLOB_UPLOAD_INVALID');
    expect(client.send(`GET ${upload}`).headers.Range).toBe('0-0');
  });

  test('a stream without ranges', () => {
    const upload = client.upload('a');
    for (const body of ['hel', 'lo']) client.send(`PATCH ${upload}`, { body });
    expect(client.send(`PUT ${upload}?digest=${HELLO}`).status).toBe(201);
  });

  test('cancelled: nothing is left', () => {
    const upload = client.upload('a');
    chunk(upload, '0-1', 'he');
    expect(client.send(`DELETE ${upload}`).status).toBe(204);
    expect(client.send(`PATCH ${upload}`).code).toBe('BLOB_UPLOAD_UNKNOWN');
  });

  test('an upload belongs to its repository', () => {
    const upload = client.upload('a');
    expect(client.send(`PATCH ${upload.replace('/a/', '/b/')}`, { body: 'x' }).code).toBe(
      'BLOB_UPLOAD_UNKNOWN',
    );
  });
});

describe('mounting', () => {
  test('from a repository that has it', () => {
    client.pushBlob('a/b', 'hello');
    const mount = client.send(`POST /v2/c/d/blobs/uploads/?mount=${HELLO}&from=a/b`);
    expect(mount).toMatchObject({ status: 201, headers: { Location: `/v2/c/d/blobs/${HELLO}` } });
    expect(client.send(`GET /v2/c/d/blobs/${HELLO}`).text).toBe('hello');
  });

  test.each(['&from=x', ''])('where it cannot be (%j) an upload begins', (from) => {
    client.pushBlob('a/b', 'hello');
    const { status, headers } = client.send(`POST /v2/c/d/blobs/uploads/?mount=${HELLO}${from}`);
    expect(status).toBe(202);
    expect(headers.Location).toMatch(/^\/v2\/c\/d\/blobs\/uploads\//);
    expect(client.send(`HEAD /v2/c/d/blobs/${HELLO}`).status).toBe(404);
  });
});

describe('pulling a blob', () => {
  beforeEach(() => client.pushBlob('a', '0123456789'));
  const digest = digestOf('0123456789');

  test('HEAD says all but the bytes', () => {
    const head = client.send(`HEAD /v2/a/blobs/${digest}`);
    const get = client.send(`GET /v2/a/blobs/${digest}`);
    expect(head.body.length).toBe(0);
    expect(head.headers).toEqual(get.headers);
    expect(get.headers).toMatchObject({
      'Content-Length': '10',
      'Content-Type': 'application/octet-stream',
      'Docker-Content-Digest': digest,
      Etag: `"${digest}"`,
      'Accept-Ranges': 'bytes',
    });
    expect(
      client.send(`GET /v2/a/blobs/${digest}`, { headers: { 'if-none-match': `"x", "${digest}"` } }).status,
    ).toBe(304);
  });

  test.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
  ])('%s', (range, text, contentRange) => {
    const { status, headers, ...rest } = client.send(`GET /v2/a/blobs/${digest}`, { headers: { range } });
    expect([status, rest.text]).toEqual([206, text]);
    expect(headers).toMatchObject({ 'Content-Range': contentRange, 'Content-Length': `${text.length}` });
  });

  test.each(['bytes=10-12', 'bytes=5-4', 'bytes=-0'])('%s has nothing', (range) => {
    expect(client.send(`GET /v2/a/blobs/${digest}`, { headers: { range } })).toMatchObject({
      status: 416,
      headers: { 'Content-Range': 'bytes */10' },
    });
  });

  test.each(['bytes=0-1,3-4', 'lines=1-2'])('%s: a server may send everything', (range) => {
    expect(client.send(`GET /v2/a/blobs/${digest}`, { headers: { range } })).toMatchObject({
      status: 200,
      text: '0123456789',
    });
  });

  test('deleted from one repository, another keeps it', () => {
    client.pushBlob('b', '0123456789');
    expect(client.send(`DELETE /v2/a/blobs/${digest}`).status).toBe(202);
    expect(client.send(`DELETE /v2/a/blobs/${digest}`).code).toBe('BLOB_UNKNOWN');
    expect(client.send(`GET /v2/a/blobs/${digest}`).status).toBe(404);
    expect(client.send(`GET /v2/b/blobs/${digest}`).status).toBe(200);
  });
});
