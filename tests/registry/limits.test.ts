/** What one may keep, and how often one may pull. */
import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../src/base/index.ts';
import { digestOf, manifestText, RegistryClient } from '../support/registryClient.ts';

describe('quota of a namespace', () => {
  test('counts each blob of all its repositories once', () => {
    const client = new RegistryClient({ quota: 10 });
    expect(client.pushBlob('team/a', '12345').status).toBe(201);
    expect(client.pushBlob('team/b', '12345').status).toBe(201);
    expect(client.pushBlob('team/b', '67890').status).toBe(201);
    const refused = client.pushBlob('team/c', 'x');
    expect([refused.status, refused.code]).toEqual([403, 'DENIED']);
    expect(JSON.parse(refused.text).errors[0].detail).toEqual({
      namespace: 'team',
      limit: 10,
      used: 10,
      requested: 1,
    });
    expect(client.pushBlob('other/a', '0123456789').status).toBe(201);
    const mount = client.send(`POST /v2/team/a/blobs/uploads/?mount=${digestOf('0123456789')}&from=other/a`);
    expect(mount.code).toBe('DENIED');
    client.send(`DELETE /v2/team/b/blobs/${digestOf('67890')}`);
    expect(client.pushBlob('team/c', 'x').status).toBe(201);
  });

  test('is for manifests too; what is there already may come again', () => {
    const manifest = manifestText(['{}']);
    const client = new RegistryClient({ quota: 2 + manifest.length });
    client.pushBlob('a', '{}');
    for (const tag of ['v1', 'v2']) expect(client.pushManifest('a', tag, manifest).status).toBe(201);
    expect(client.pushBlob('a', '{}').status).toBe(201);
    expect(client.pushManifest('a', 'v3', ` ${manifest}`).code).toBe('DENIED');
    expect(client.send('GET /v2/a/manifests/v3').status).toBe(404);
  });
});

describe('limit on pulls', () => {
  const pullLimits = { anonymous: { pulls: 2, window: 100 }, user: { pulls: 3, window: 100 } };

  test('a GET of a manifest counts, a HEAD and blobs do not', () => {
    const client = new RegistryClient({ pullLimits });
    client.pushImage('a', 'v1');
    const left = () => client.send('HEAD /v2/a/manifests/v1').headers['ratelimit-remaining'];
    expect(client.send('HEAD /v2/a/manifests/v1').headers).toMatchObject({
      'ratelimit-limit': '2;w=100',
      'ratelimit-remaining': '2;w=100',
      'docker-ratelimit-source': '192.0.2.1',
    });
    expect(client.send('GET /v2/a/manifests/v1').headers['ratelimit-remaining']).toBe('1;w=100');
    client.send(`GET /v2/a/blobs/${digestOf('layer')}`);
    client.send('GET /v2/a/manifests/none');
    const held = client.send('HEAD /v2/a/manifests/v1').headers.Etag!;
    expect(client.send('GET /v2/a/manifests/v1', { headers: { 'if-none-match': held } }).status).toBe(304);
    expect(left()).toBe('1;w=100');
    client.now += 10;
    client.send('GET /v2/a/manifests/v1');
    const refused = client.send('GET /v2/a/manifests/v1');
    expect([refused.status, refused.code]).toEqual([429, 'TOOMANYREQUESTS']);
    expect(refused.headers).toMatchObject({ 'Retry-After': '90', 'ratelimit-remaining': '0;w=100' });
    expect(client.send('HEAD /v2/a/manifests/v1').status).toBe(200);
    expect(client.send('GET /v2/a/manifests/v1', { remote: '192.0.2.2' }).status).toBe(200);
    client.now += 89;
    expect(client.send('GET /v2/a/manifests/v1').status).toBe(429);
    client.now += 1;
    expect(client.send('GET /v2/a/manifests/v1').status).toBe(200);
    expect(client.send('GET /v2/a/manifests/v1').status).toBe(429);
  });

  test('users have their own, wherever they are', () => {
    const client = new RegistryClient({
      pullLimits,
      access: {
        realm: '',
        service: 's',
        secret: encodeUtf8('secret'),
        users: [{ name: 'ann', password: 'x', access: [{ repository: '*', actions: ['pull', 'push'] }] }],
        anonymous: [],
      },
    });
    const login = { authorization: `Basic ${Buffer.from('ann:x').toString('base64')}` };
    const { text } = client.send('GET /token?scope=repository:a:pull,push', { headers: login });
    const headers = { authorization: `Bearer ${(JSON.parse(text) as { token: string }).token}` };
    client.pushBlob('a', '{}', headers);
    client.send('PUT /v2/a/manifests/v1', { headers, body: manifestText(['{}']) });
    const pull = (remote: string) => client.send('GET /v2/a/manifests/v1', { headers, remote });
    expect(pull('192.0.2.7').headers).toMatchObject({
      'ratelimit-remaining': '2;w=100',
      'docker-ratelimit-source': 'ann',
    });
    expect([8, 9, 10].map((each) => pull(`192.0.2.${each}`).status)).toEqual([200, 200, 429]);
  });
});
