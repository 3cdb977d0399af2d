/** Requests of every kind, sensible and not: each has an answer, errors have names, and the same requests have the same answers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../src/base/index.ts';
import { MemoryFiles, type RegistryFiles } from '../../src/registry/index.ts';
import {
  digestOf,
  INDEX,
  indexText,
  manifestText,
  RegistryClient,
  subjectOf,
} from '../support/registryClient.ts';

const codes =
  /^(BLOB_UNKNOWN|BLOB_UPLOAD_INVALID|BLOB_UPLOAD_UNKNOWN|DIGEST_INVALID|MANIFEST_BLOB_UNKNOWN|MANIFEST_INVALID|MANIFEST_UNKNOWN|NAME_INVALID|NAME_UNKNOWN|SIZE_INVALID|UNAUTHORIZED|DENIED|UNSUPPORTED|TOOMANYREQUESTS)$/;

const plain = manifestText(['{}']);
const bodies = [
  '',
  '{}',
  'layer',
  plain,
  indexText([plain]),
  manifestText(['{}'], subjectOf(plain)),
  '{"schemaVersion":2}',
  '[',
  'null',
];
const digests = [...bodies.map(digestOf), 'sha256:0', 'sha512:x', ':'];
const of = <T>(values: readonly T[]) => fc.constantFrom(...values);

const name = fc.oneof(
  { weight: 4, arbitrary: of(['a', 'a/b']) },
  of(['A', '..', 'a//b', 'a/_layers', '%2e%2e', '%', '', 'a/manifests', 'a/blobs/uploads']),
  fc.string(),
);
const reference = fc.oneof(of(['v1', 'v2', '..', '%00']), of(digests), fc.string());
const upload = fc
  .integer({ min: 1, max: 6 })
  .map((n) =>
    `0000${n}`.padStart(36, '0').replace(/^(.{8}).(.{4}).(.{4}).(.{4}).(.{12})$/, '$1-$2-$3-$4-$5'),
  );
const path = fc.oneof(
  fc.tuple(name, reference).map(([n, r]) => `/v2/${n}/manifests/${r}`),
  fc.tuple(name, of(digests)).map(([n, d]) => `/v2/${n}/blobs/${d}`),
  name.map((n) => `/v2/${n}/blobs/uploads/`),
  fc.tuple(name, upload).map(([n, u]) => `/v2/${n}/blobs/uploads/${u}`),
  name.map((n) => `/v2/${n}/tags/list`),
  fc.tuple(name, of(digests)).map(([n, d]) => `/v2/${n}/referrers/${d}`),
  of(['/v2/', '/v2/_catalog', '/token', '/', '']),
  fc.string(),
);
const query = fc.oneof(
  of(['', 'n=1', 'n=x', 'last=v1', 'tag=v2&tag=', '%', '=', '&&']),
  of(digests).map((d) => `digest=${d}`),
  fc.tuple(of(digests), of(['a', '../a', 'a/../a', '', '/'])).map(([d, from]) => `mount=${d}&from=${from}`),
  fc.string(),
);
const headers = fc.dictionary(
  of(['content-range', 'content-type', 'range', 'authorization', 'if-none-match']),
  fc.oneof(
    of(['0-1', '2-3', 'bytes=0-1', 'bytes=9-', INDEX, 'Bearer x', 'Bearer a.b.c', 'Basic Og==', '*']),
    fc.string(),
  ),
  { maxKeys: 2 },
);
const request = fc.record({
  method: fc.oneof(
    { weight: 9, arbitrary: of(['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE']) },
    fc.string(),
  ),
  path,
  query,
  headers,
  body: fc.oneof(of(bodies).map(encodeUtf8), fc.uint8Array()),
  remote: of(['192.0.2.1', '192.0.2.2']),
});

/** Files that nobody can leave: each path leads from name to name below the registry's folder. */
function checkedFiles(): RegistryFiles {
  const files = new MemoryFiles();
  const path = (text: string): string => {
    expect(text).toMatch(/^docker\/registry\/v2(\/(?!\.)[\w.-]+)+$/);
    return text;
  };
  return {
    size: (a) => files.size(path(a)),
    read: (a, from, to) => files.read(path(a), from, to),
    write: (a, bytes) => files.write(path(a), bytes),
    append: (a, bytes) => files.append(path(a), bytes),
    rename: (a, b) => files.rename(path(a), path(b)),
    remove: (a) => files.remove(path(a)),
    list: (a) => files.list(path(a)),
  };
}

const limited = {
  quota: 2000,
  largestManifest: 1000,
  largestBlob: 1500,
  pullLimits: { anonymous: { pulls: 5, window: 60 }, user: null },
};
const guarded = {
  ...limited,
  access: { realm: 'r', service: 's', secret: encodeUtf8('x'), users: [], anonymous: [] },
};

describe('any sequence of requests', () => {
  test.each([
    ['open', limited],
    ['with tokens', guarded],
  ])('%s', (_, options) => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
        const client = new RegistryClient({ ...options, files: checkedFiles() });
        const twin = new RegistryClient({ ...options, files: new MemoryFiles() });
        for (const blob of ['{}', 'layer']) for (const each of [client, twin]) each.pushBlob('a', blob);
        for (const each of requests) {
          const answer = client.registry.answer(each);
          expect(twin.registry.answer(each)).toEqual(answer);
          expect(answer.status).toBeGreaterThanOrEqual(200);
          expect(answer.status).toBeLessThan(500);
          if (answer.status >= 400 && each.method !== 'HEAD') {
            const { errors } = JSON.parse(new TextDecoder().decode(answer.body)) as {
              errors: { code: string }[];
            };
            expect(errors[0]!.code).toMatch(codes);
          }
          for (const value of Object.values(answer.headers)) expect(value).not.toMatch(/[\r\n]/);
        }
        client.registry.collect({ untagged: true });
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});
