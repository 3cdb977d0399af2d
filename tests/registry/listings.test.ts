/** Lists with their pages, and answers word for word as the reference implementation (distribution 2.8) gives them. */
import { beforeEach, describe, expect, test } from 'vitest';
import { digestOf, manifestText, RegistryClient } from '../support/registryClient.ts';

let client: RegistryClient;
beforeEach(() => {
  client = new RegistryClient();
});

const tagsOf = (query: string) => {
  const { text, headers } = client.send(`GET /v2/a/tags/list${query}`);
  return { tags: (JSON.parse(text) as { tags: string[] }).tags, link: headers.Link };
};

describe('tags', () => {
  beforeEach(() => {
    for (const tag of ['b', 'a', 'B', 'a.1', '_x']) client.pushImage('a', tag);
  });

  test('in the order of ASCII', () => {
    expect(client.send('GET /v2/a/tags/list').text).toBe('{"name":"a","tags":["B","_x","a","a.1","b"]}');
  });

  test('by pages: each leads to the next, the last to none', () => {
    expect(tagsOf('?n=2')).toEqual({ tags: ['B', '_x'], link: '</v2/a/tags/list?last=_x&n=2>; rel="next"' });
    expect(tagsOf('?last=_x&n=2')).toEqual({
      tags: ['a', 'a.1'],
      link: '</v2/a/tags/list?last=a.1&n=2>; rel="next"',
    });
    expect(tagsOf('?last=a.1&n=2')).toEqual({ tags: ['b'], link: undefined });
    expect(tagsOf('?n=5').link).toBeUndefined();
    expect(tagsOf('?n=1&n=2').tags).toEqual(['B']);
  });

  test('`last` need not be a tag that is there, nor come with n', () => {
    expect(tagsOf('?last=a.0').tags).toEqual(['a.1', 'b']);
  });

  test('n=0 is an empty list without a link; what is no number is refused', () => {
    expect(tagsOf('?n=0')).toEqual({ tags: [], link: undefined });
    for (const n of ['x', '-1', '1.5', ''])
      expect(client.send(`GET /v2/a/tags/list?n=${n}`)).toMatchObject({ status: 400, code: 'UNSUPPORTED' });
  });

  test('a repository stays known when its last tag goes', () => {
    for (const tag of ['b', 'a', 'B', 'a.1', '_x']) client.send(`DELETE /v2/a/manifests/${tag}`);
    expect(tagsOf('').tags).toEqual([]);
  });
});

test('the catalog has the repositories that have manifests', () => {
  for (const name of ['z', 'a/b', 'a-b', 'a']) client.pushImage(name, 'v1');
  client.pushBlob('only/blobs', 'x');
  expect(client.send('GET /v2/_catalog').text).toBe('{"repositories":["a","a-b","a/b","z"]}');
  const { text, headers } = client.send('GET /v2/_catalog?n=3');
  expect(text).toBe('{"repositories":["a","a-b","a/b"]}');
  expect(headers.Link).toBe('</v2/_catalog?last=a%2Fb&n=3>; rel="next"');
});

describe('as the reference implementation answers', () => {
  const unknown = 'sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';
  test.each([
    ['GET /v2/', 200, '{}'],
    [
      'GET /v2/nope/tags/list',
      404,
      '{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry","detail":{"name":"nope"}}]}',
    ],
    [
      'GET /v2/nope/manifests/latest',
      404,
      '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"latest"}}]}',
    ],
    [
      `GET /v2/nope/blobs/${unknown}`,
      404,
      `{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry","detail":"${unknown}"}]}`,
    ],
  ])('%s', (line, status, text) => {
    const answer = client.send(line);
    expect([answer.status, answer.text]).toEqual([status, text]);
    expect(answer.headers).toMatchObject({
      'Content-Type': 'application/json; charset=utf-8',
      'Docker-Distribution-Api-Version': 'registry/2.0',
      'Content-Length': `${text.length}`,
    });
  });

  test('a manifest whose blob is missing', () => {
    expect(client.pushManifest('a', 'v1', manifestText(['x'])).text).toBe(
      `{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry","detail":"${digestOf('x')}"}]}`,
    );
  });

  test('blobs alone make no repository', () => {
    client.pushBlob('a/b', 'x');
    expect(client.send('GET /v2/a/b/tags/list').code).toBe('NAME_UNKNOWN');
  });
});

describe('requests that are none', () => {
  test.each([
    ['GET /', 404, 'UNSUPPORTED'],
    ['GET /v2/a', 404, 'UNSUPPORTED'],
    ['GET /v2/%zz/tags/list', 400, 'UNSUPPORTED'],
    ['GET /v2/a/tags/list?n=%', 400, 'UNSUPPORTED'],
    ['GET /v2/UPPER/tags/list', 400, 'NAME_INVALID'],
    ['GET /v2/a//b/tags/list', 400, 'NAME_INVALID'],
    ['GET /v2/../a/tags/list', 400, 'NAME_INVALID'],
    ['GET /v2/a/_uploads/tags/list', 400, 'NAME_INVALID'],
    ['GET /v2/a/manifests/sha256:zz', 400, 'DIGEST_INVALID'],
    ['GET /v2/a/blobs/sha256:zz', 400, 'DIGEST_INVALID'],
    ['GET /token', 404, 'UNSUPPORTED'],
  ])('%s', (line, status, code) => {
    const answer = client.send(line);
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  test.each([
    ['POST /v2/a/tags/list', 'GET, HEAD'],
    ['PATCH /v2/a/manifests/v1', 'GET, HEAD, PUT, DELETE'],
    ['GET /v2/a/blobs/uploads/', 'POST'],
    ['constructor /v2/a/tags/list', 'GET, HEAD'],
  ])('%s is not allowed', (line, allow) => {
    expect(client.send(line)).toMatchObject({ status: 405, code: 'UNSUPPORTED', headers: { Allow: allow } });
  });

  test('a name has at most 255 characters', () => {
    const longest = 'a/'.repeat(127);
    expect(client.send(`GET /v2/${longest}a/tags/list`).code).toBe('NAME_UNKNOWN');
    expect(client.send(`GET /v2/${longest}aaa/tags/list`).code).toBe('NAME_INVALID');
  });
});
