/** Garbage collection: what manifests reach stays, all else goes. */
import { beforeEach, describe, expect, test } from 'vitest';
import {
  digestOf,
  INDEX,
  indexText,
  manifestText,
  RegistryClient,
  subjectOf,
} from '../support/registryClient.ts';

let client: RegistryClient;
beforeEach(() => {
  client = new RegistryClient();
});
const statusOf = (target: string) => client.send(`HEAD ${target}`).status;

describe('mark and sweep', () => {
  test('blobs without a manifest go; shared ones stay while one manifest is left', () => {
    client.pushImage('a', 'v1', {}, 'one');
    client.pushImage('b', 'v1', {}, 'two');
    client.pushBlob('c', 'orphan');
    const found = client.registry.collect();
    expect(found).toEqual({ marked: 5, manifests: [], blobs: [digestOf('orphan')], bytes: 6, uploads: [] });
    expect(statusOf(`/v2/c/blobs/${digestOf('orphan')}`)).toBe(404);
    const deleted = digestOf(manifestText(['{}', 'one']));
    client.send(`DELETE /v2/a/manifests/${deleted}`);
    expect(client.registry.collect().blobs).toEqual([deleted, digestOf('one')].sort());
    for (const blob of ['{}', 'two']) expect(statusOf(`/v2/b/blobs/${digestOf(blob)}`)).toBe(200);
    expect(statusOf('/v2/b/manifests/v1')).toBe(200);
    expect(client.registry.collect().blobs).toEqual([]);
  });

  test('a repository does not claim to have what went: the blob is pushed anew', () => {
    client.pushBlob('a', 'x');
    client.registry.collect();
    const mount = client.send(`POST /v2/b/blobs/uploads/?mount=${digestOf('x')}&from=a`);
    expect(mount.status).toBe(202);
    client.pushBlob('a', 'x');
    expect(client.send(`GET /v2/a/blobs/${digestOf('x')}`).text).toBe('x');
  });

  test('a dry run says the same and changes nothing', () => {
    client.pushBlob('a', 'orphan');
    const said = client.registry.collect({ dryRun: true });
    expect(statusOf(`/v2/a/blobs/${digestOf('orphan')}`)).toBe(200);
    expect(client.registry.collect()).toEqual(said);
  });
});

describe('manifests without a tag', () => {
  test('stay unless asked for; what an index names and what refers to it stay with it', () => {
    const child = client.pushImage('a', digestOf(manifestText(['{}', 'child'])), {}, 'child');
    client.pushManifest('a', 'all', indexText([child]), INDEX);
    const signature = manifestText(['{}'], subjectOf(child));
    client.pushManifest('a', digestOf(signature), signature);
    const old = client.pushImage('a', 'v1', {}, 'old');
    client.pushImage('a', 'v1', {}, 'new');
    expect(client.registry.collect().manifests).toEqual([]);
    const { manifests, blobs } = client.registry.collect({ untagged: true });
    expect(manifests).toEqual([{ repository: 'a', digest: digestOf(old) }]);
    expect(blobs).toEqual([digestOf(old), digestOf('old')].sort());
    expect(statusOf(`/v2/a/manifests/${digestOf(old)}`)).toBe(404);
    for (const kept of [child, signature]) expect(statusOf(`/v2/a/manifests/${digestOf(kept)}`)).toBe(200);
  });

  test('a signature of what is gone goes', () => {
    const subject = client.pushImage('a', 'v1');
    const signature = manifestText(['{}'], subjectOf(subject));
    client.pushManifest('a', digestOf(signature), signature);
    client.send('DELETE /v2/a/manifests/v1');
    expect(client.registry.collect({ untagged: true }).manifests).toHaveLength(2);
    expect(client.send(`GET /v2/a/referrers/${digestOf(subject)}`).text).toContain('"manifests":[]');
  });
});

test('uploads that began long ago are given up', () => {
  const old = client.upload('a');
  client.now += 100;
  const fresh = client.upload('a');
  const { uploads } = client.registry.collect({ uploadsBefore: client.now - 50 });
  expect(uploads).toEqual([{ repository: 'a', id: old.split('/').at(-1) }]);
  expect([statusOf(old), statusOf(fresh)]).toEqual([404, 204]);
});
