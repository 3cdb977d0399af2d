/** Manifests and indexes: what is accepted, what is refused and why (distribution-spec 1.1, "Pushing Manifests"). */
import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { beforeEach, describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../src/base/index.ts';
import {
  digestOf,
  IMAGE,
  INDEX,
  indexText,
  manifestText,
  RegistryClient,
  subjectOf,
} from '../support/registryClient.ts';

let client: RegistryClient;
beforeEach(() => {
  client = new RegistryClient();
  for (const blob of ['{}', 'layer']) client.pushBlob('a', blob);
});
const plain = manifestText(['{}', 'layer']);

describe('pushing and pulling', () => {
  test('by tag: the bytes come back as they were', () => {
    const spaced = ` ${plain}\n`;
    const put = client.pushManifest('a', 'v1', spaced);
    expect(put).toMatchObject({
      status: 201,
      headers: { Location: '/v2/a/manifests/v1', 'Docker-Content-Digest': digestOf(spaced) },
    });
    for (const reference of ['v1', digestOf(spaced)])
      expect(client.send(`GET /v2/a/manifests/${reference}`)).toMatchObject({
        status: 200,
        text: spaced,
        headers: {
          'Content-Type': IMAGE,
          'Content-Length': `${spaced.length}`,
          'Docker-Content-Digest': digestOf(spaced),
        },
      });
    const head = client.send('HEAD /v2/a/manifests/v1');
    expect([head.status, head.body.length, head.headers['Content-Length']]).toEqual([
      200,
      0,
      `${spaced.length}`,
    ]);
  });

  test('by digest, with tags', () => {
    const digest = digestOf(plain);
    const put = client.pushManifest('a', `${digest}?tag=1&tag=1.2`, plain);
    expect(put).toMatchObject({
      status: 201,
      headers: { Location: `/v2/a/manifests/${digest}`, 'OCI-Tag': '1, 1.2' },
    });
    expect(client.send('GET /v2/a/manifests/1.2').text).toBe(plain);
    expect(client.pushManifest('a', `${digestOf('other')}?tag=2`, plain).code).toBe('DIGEST_INVALID');
    expect(client.send('GET /v2/a/manifests/2').status).toBe(404);
  });

  test('by SHA-512', () => {
    const digest = `sha512:${bytesToHex(sha512(encodeUtf8(plain)))}`;
    expect(client.pushManifest('a', digest, plain).headers['Docker-Content-Digest']).toBe(digest);
    expect(client.send(`GET /v2/a/manifests/${digest}`).text).toBe(plain);
  });

  test('a tag moves to the manifest pushed last', () => {
    client.pushManifest('a', 'v1', plain);
    const other = manifestText(['{}', 'layer'], { annotations: { second: 'yes' } });
    client.pushManifest('a', 'v1', other);
    expect(client.send('GET /v2/a/manifests/v1').text).toBe(other);
    expect(client.send(`GET /v2/a/manifests/${digestOf(plain)}`).status).toBe(200);
  });

  test('parameters of the Content-Type are ignored, and it may be missing', () => {
    expect(client.pushManifest('a', 'v1', plain, `${IMAGE}; charset=utf-8`).status).toBe(201);
    expect(client.send('PUT /v2/a/manifests/v2', { body: plain }).status).toBe(201);
    const { mediaType: _, ...untyped } = JSON.parse(plain) as Record<string, unknown>;
    expect(client.pushManifest('a', 'v3', JSON.stringify(untyped)).status).toBe(201);
    expect(client.send('HEAD /v2/a/manifests/v3').headers['Content-Type']).toBe(IMAGE);
  });

  test('an index of manifests that are there', () => {
    expect(client.pushManifest('a', 'all', indexText([plain]), INDEX).code).toBe('MANIFEST_BLOB_UNKNOWN');
    client.pushManifest('a', digestOf(plain), plain);
    expect(client.pushManifest('a', 'all', indexText([plain]), INDEX).status).toBe(201);
    expect(client.send('GET /v2/a/manifests/all').headers['Content-Type']).toBe(INDEX);
  });

  test('a layer from elsewhere need not be there', () => {
    const foreign = {
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar',
      digest: digestOf('elsewhere'),
      size: 9,
    };
    expect(client.pushManifest('a', 'v1', manifestText(['{}'], { layers: [foreign] })).status).toBe(201);
  });
});

describe('refused', () => {
  const config = (JSON.parse(plain) as { config: Record<string, unknown> }).config;
  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['no schemaVersion', '{}'],
    ['Docker’s first schema', '{"schemaVersion":1}'],
    ['an unknown type', manifestText(['{}'], { mediaType: 'application/json' }), 'application/json'],
    ['another type than it says', plain, INDEX],
    ['an index that has layers', indexText([], { layers: [] }), INDEX],
    ['an image that has manifests', manifestText(['{}'], { manifests: [] })],
    ['no config', manifestText(['{}'], { config: undefined })],
    ['layers that are no list', manifestText(['{}'], { layers: {} })],
    ['a descriptor without digest', manifestText(['{}'], { config: { ...config, digest: 5 } })],
    ['a digest that is none', manifestText(['{}'], { config: { ...config, digest: 'sha256:1' } })],
    ['a negative size', manifestText(['{}'], { config: { ...config, size: -1 } })],
    ['more bytes than the blob has', manifestText(['{}'], { config: { ...config, size: 3 } })],
    ['fewer bytes than the blob has', manifestText(['{}'], { config: { ...config, size: 1 } })],
    ['a media type that is none', manifestText(['{}'], { config: { ...config, mediaType: 'x' } })],
    ['annotations that are no texts', manifestText(['{}'], { annotations: { a: 1 } })],
    ['a subject that is none', manifestText(['{}'], { subject: 'x' })],
    ['a subject of negative size', manifestText(['{}'], { subject: { ...config, size: -1 } })],
  ])('%s', (_, body, type = IMAGE) => {
    const { status, code } = client.pushManifest('a', 'v1', body, type);
    expect([status, code]).toEqual([400, 'MANIFEST_INVALID']);
    expect(client.send('HEAD /v2/a/manifests/v1').status).toBe(404);
  });

  test('blobs of another repository do not count', () => {
    const { status, code, text } = client.pushManifest('b', 'v1', plain);
    expect([status, code]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
    expect(text).toContain(digestOf('{}'));
  });

  test('nor do its manifests', () => {
    client.pushImage('b', 'v1');
    const { status, code } = client.pushManifest('a', 'all', indexText([plain]), INDEX);
    expect([status, code]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN']);
  });

  test('more than four mebibytes, or what is set', () => {
    const large = manifestText(['{}'], { annotations: { long: 'x'.repeat(4 << 20) } });
    expect(client.pushManifest('a', 'v1', large)).toMatchObject({ status: 413, code: 'MANIFEST_INVALID' });
    const exact = new RegistryClient({ largestManifest: plain.length });
    for (const blob of ['{}', 'layer']) exact.pushBlob('a', blob);
    expect(exact.pushManifest('a', 'v1', plain).status).toBe(201);
    expect(exact.pushManifest('a', 'v1', `${plain} `).status).toBe(413);
  });

  test.each(['.hidden', '-x', 'x'.repeat(129), 'a%20b', 'a%2Fb'])('the tag %s', (tag) => {
    expect(client.pushManifest('a', tag, plain).status).toBeGreaterThanOrEqual(400);
    expect(client.send(`GET /v2/a/manifests/${tag}`).status).toBe(404);
  });
});

describe('deleting', () => {
  test('a tag alone', () => {
    client.pushManifest('a', 'v1', plain);
    expect(client.send('DELETE /v2/a/manifests/v1').status).toBe(202);
    expect(client.send('GET /v2/a/manifests/v1').code).toBe('MANIFEST_UNKNOWN');
    expect(client.send(`GET /v2/a/manifests/${digestOf(plain)}`).status).toBe(200);
  });

  test('a manifest with all its tags', () => {
    client.pushManifest('a', 'v1', plain);
    const other = client.pushImage('a', 'other', { annotations: { second: 'yes' } });
    expect(client.send(`DELETE /v2/a/manifests/${digestOf(plain)}`).status).toBe(202);
    expect(client.send('GET /v2/a/tags/list').text).toBe('{"name":"a","tags":["other"]}');
    expect(client.send(`GET /v2/a/manifests/${digestOf(plain)}`).status).toBe(404);
    expect(client.send(`GET /v2/a/manifests/${digestOf(other)}`).status).toBe(200);
    expect(client.send(`DELETE /v2/a/manifests/${digestOf(plain)}`).code).toBe('MANIFEST_UNKNOWN');
  });

  test('of a repository that is not there', () => {
    expect(client.send('DELETE /v2/nope/manifests/v1')).toMatchObject({ status: 404, code: 'NAME_UNKNOWN' });
  });
});

describe('manifests with a subject', () => {
  const list = (query = '') => {
    const { headers, text } = client.send(`GET /v2/a/referrers/${digestOf(plain)}${query}`);
    return { headers, index: JSON.parse(text) as { manifests: unknown[] } };
  };

  test('may come before it, and are listed with what they say of themselves', () => {
    const sbom = manifestText(['{}'], {
      ...subjectOf(plain),
      artifactType: 'application/vnd.example.sbom',
      annotations: { made: 'here' },
    });
    expect(client.pushManifest('a', digestOf(sbom), sbom).headers['OCI-Subject']).toBe(digestOf(plain));
    const untyped = manifestText(['{}'], subjectOf(plain));
    client.pushManifest('a', digestOf(untyped), untyped);
    const index = indexText([], subjectOf(plain));
    client.pushManifest('a', digestOf(index), index, INDEX);
    const { headers, index: all } = list();
    expect(headers['Content-Type']).toBe(INDEX);
    expect(all).toMatchObject({ schemaVersion: 2, mediaType: INDEX });
    const described = [
      {
        mediaType: IMAGE,
        digest: digestOf(sbom),
        size: sbom.length,
        artifactType: 'application/vnd.example.sbom',
        annotations: { made: 'here' },
      },
      {
        mediaType: IMAGE,
        digest: digestOf(untyped),
        size: untyped.length,
        artifactType: 'application/vnd.oci.image.config.v1+json',
      },
      { mediaType: INDEX, digest: digestOf(index), size: index.length },
    ];
    expect(all.manifests).toHaveLength(3);
    expect(all.manifests).toEqual(expect.arrayContaining(described));
    const filtered = list('?artifactType=application/vnd.example.sbom');
    expect(filtered.headers['OCI-Filters-Applied']).toBe('artifactType');
    expect(filtered.index.manifests).toEqual([described[0]]);
    client.send(`DELETE /v2/a/manifests/${digestOf(sbom)}`);
    expect(list().index.manifests).toHaveLength(2);
  });

  test('none: an empty index, of any repository; what is no digest is refused', () => {
    expect(list().index.manifests).toEqual([]);
    expect(client.send(`GET /v2/nope/referrers/${digestOf('x')}`).status).toBe(200);
    expect(client.send('GET /v2/a/referrers/v1')).toMatchObject({ status: 400, code: 'DIGEST_INVALID' });
  });
});
