/** Tokens: who gets which, and what they open (distribution's spec/auth/token, spec/auth/scope). */
import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../src/base/index.ts';
import type { AccessOptions } from '../../src/registry/index.ts';
import { type Answer, digestOf, IMAGE, manifestText, RegistryClient } from '../support/registryClient.ts';

const access: AccessOptions = {
  realm: 'https://registry.example/token',
  service: 'registry.example',
  secret: encodeUtf8('secret'),
  users: [
    {
      name: 'ann',
      password: 'pass:word',
      access: [{ repository: '*', actions: ['pull', 'push', 'delete'] }],
    },
    { name: 'tim', password: 'x', access: [{ repository: 'team/*', actions: ['pull', 'push'] }] },
  ],
  anonymous: [{ repository: 'library/hello', actions: ['pull'] }],
};

let client: RegistryClient;
beforeEach(() => {
  client = new RegistryClient({ access });
});

const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });

function tokenFor(scope: string, pair?: string): string {
  const query = `service=registry.example&scope=${encodeURIComponent(scope)}`;
  const headers = pair === undefined ? {} : basic(pair);
  const answer = client.send(`GET /token?${query}`, { headers });
  expect(answer.status).toBe(200);
  return (JSON.parse(answer.text) as { token: string }).token;
}

const withToken = (line: string, token: string, body = ''): Answer =>
  client.send(line, { headers: { authorization: `Bearer ${token}` }, body });

const grantsOf = (token: string): unknown =>
  (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { access: unknown }).access;

describe('without a token', () => {
  test.each([
    ['GET /v2/', ''],
    ['GET /v2/a/b/manifests/v1', ',scope="repository:a/b:pull"'],
    ['POST /v2/a/b/blobs/uploads/', ',scope="repository:a/b:pull,push"'],
    ['DELETE /v2/a/b/manifests/v1', ',scope="repository:a/b:delete"'],
    ['GET /v2/_catalog', ',scope="registry:catalog:*"'],
  ])('%s says where to get one', (line, scope) => {
    const answer = client.send(line);
    expect([answer.status, answer.code]).toEqual([401, 'UNAUTHORIZED']);
    expect(answer.headers['WWW-Authenticate']).toBe(
      `Bearer realm="https://registry.example/token",service="registry.example"${scope}`,
    );
  });
});

test('a registry that hides what there is not grants nothing of it to those who cannot make it', () => {
  client = new RegistryClient({ access: { ...access, hides: true } });
  expect(grantsOf(tokenFor('repository:team/new:pull', 'ann:pass:word'))).toEqual([]);
  expect(grantsOf(tokenFor('repository:team/new:pull,push', 'tim:x'))).toEqual([
    { type: 'repository', name: 'team/new', actions: ['pull', 'push'] },
  ]);
  const token = tokenFor('repository:team/new:pull,push', 'tim:x');
  expect(withToken(`POST /v2/team/new/blobs/uploads/?digest=${digestOf('{}')}`, token, '{}').status).toBe(
    201,
  );
  const put = client.send('PUT /v2/team/new/manifests/1', {
    headers: { authorization: `Bearer ${token}`, 'content-type': IMAGE },
    body: manifestText(['{}']),
  });
  expect(put.status).toBe(201);
  expect(grantsOf(tokenFor('repository:team/new:pull', 'ann:pass:word'))).toEqual([
    { type: 'repository', name: 'team/new', actions: ['pull'] },
  ]);
});

describe('the token service', () => {
  test('gives what is asked for and allowed', () => {
    expect(grantsOf(tokenFor('repository:team/app:pull,push,delete', 'tim:x'))).toEqual([
      { type: 'repository', name: 'team/app', actions: ['pull', 'push'] },
    ]);
    expect(grantsOf(tokenFor('repository:team/app:*', 'ann:pass:word'))).toEqual([
      { type: 'repository', name: 'team/app', actions: ['pull', 'push', 'delete'] },
    ]);
    expect(
      grantsOf(tokenFor('repository:teams:pull repository:team/a:pull registry:catalog:*', 'tim:x')),
    ).toEqual([{ type: 'repository', name: 'team/a', actions: ['pull'] }]);
    expect(grantsOf(tokenFor('registry:catalog:*', 'ann:pass:word'))).toEqual([
      { type: 'registry', name: 'catalog', actions: ['*'] },
    ]);
    expect(grantsOf(tokenFor('repository:library/hello:pull,push'))).toEqual([
      { type: 'repository', name: 'library/hello', actions: ['pull'] },
    ]);
    expect(grantsOf(tokenFor('nonsense', 'ann:pass:word'))).toEqual([]);
  });

  test('says how long it is good for', () => {
    const { text } = client.send('GET /token');
    expect(JSON.parse(text)).toMatchObject({ expires_in: 300, issued_at: '2026-01-01T00:00:00.000Z' });
  });

  test('signs as anybody else’s HMAC-SHA-256 does', () => {
    const [header, payload, signature] = tokenFor('repository:a:pull').split('.');
    expect(Buffer.from(header!, 'base64url').toString()).toBe('{"typ":"JWT","alg":"HS256"}');
    expect(signature).toBe(createHmac('sha256', 'secret').update(`${header}.${payload}`).digest('base64url'));
  });

  test('takes a form too, with a password alone', () => {
    const form = (body: string) => client.send('POST /token', { body });
    const scope = 'scope=repository%3Ateam%2Fapp%3Apull+repository:team/b:push';
    const { text } = form(`grant_type=password&username=tim&password=x&service=registry.example&${scope}`);
    expect(grantsOf((JSON.parse(text) as { token: string }).token)).toHaveLength(2);
    expect(form('grant_type=password&username=tim&password=y')).toMatchObject({
      status: 401,
      code: 'UNAUTHORIZED',
    });
    expect(form('grant_type=refresh_token&refresh_token=z')).toMatchObject({
      status: 400,
      code: 'UNSUPPORTED',
    });
  });

  test.each(['ann:wrong', 'ann:', 'nobody:x', 'ann', ':', 'tim:xx'])('refuses %j', (pair) => {
    const answer = client.send('GET /token', { headers: basic(pair) });
    expect([answer.status, answer.code]).toEqual([401, 'UNAUTHORIZED']);
    expect(answer.headers['WWW-Authenticate']).toBe('Basic realm="registry.example"');
    expect(client.send('GET /token', { headers: { authorization: 'Basic ?' } }).status).toBe(401);
  });

  test('refuses another service', () => {
    expect(client.send('GET /token?service=other')).toMatchObject({ status: 400, code: 'DENIED' });
  });
});

describe('with a token', () => {
  test('pull and push as it says, and no more', () => {
    const push = tokenFor('repository:library/hello:pull,push,delete', 'ann:pass:word');
    const blob = `/v2/library/hello/blobs/uploads/?digest=${digestOf('hi')}`;
    expect(withToken(`POST ${blob}`, push, 'hi').status).toBe(201);
    const pull = tokenFor('repository:library/hello:pull');
    expect(withToken(`GET /v2/library/hello/blobs/${digestOf('hi')}`, pull).text).toBe('hi');
    const refused = withToken(`POST ${blob}`, pull, 'hi');
    expect(refused.status).toBe(401);
    expect(refused.headers['WWW-Authenticate']).toContain(
      ',scope="repository:library/hello:pull,push",error="insufficient_scope"',
    );
    expect(withToken(`GET /v2/other/blobs/${digestOf('hi')}`, pull).status).toBe(401);
    expect(withToken(`DELETE /v2/library/hello/blobs/${digestOf('hi')}`, pull).status).toBe(401);
    expect(withToken(`DELETE /v2/library/hello/blobs/${digestOf('hi')}`, push).status).toBe(202);
  });

  test('/v2/ is open to any', () => {
    expect(withToken('GET /v2/', tokenFor('')).status).toBe(200);
  });

  test('a blob is mounted only from where one may pull; the challenge says what token that takes', () => {
    const ann = tokenFor('repository:secret/a:pull,push', 'ann:pass:word');
    withToken(`POST /v2/secret/a/blobs/uploads/?digest=${digestOf('hi')}`, ann, 'hi');
    const mount = `POST /v2/team/app/blobs/uploads/?mount=${digestOf('hi')}&from=secret/a`;
    const push = 'repository:team/app:pull,push';
    const both = `${push} repository:secret/a:pull`;
    expect(client.send(mount).headers['WWW-Authenticate']).toContain(`scope="${both}"`);
    expect(withToken(mount, tokenFor(both, 'tim:x')).status).toBe(202);
    const less = withToken(mount, tokenFor(push, 'ann:pass:word'));
    expect(less.status).toBe(401);
    expect(less.headers['WWW-Authenticate']).toContain(`scope="${both}",error="insufficient_scope"`);
    expect(withToken(mount, tokenFor(both, 'ann:pass:word')).status).toBe(201);
  });

  test('what is to be mounted from no name is uploaded', () => {
    const token = tokenFor('repository:team/app:pull,push', 'ann:pass:word');
    const mount = `POST /v2/team/app/blobs/uploads/?mount=${digestOf('hi')}`;
    for (const from of ['&from=NO"', '']) expect(withToken(`${mount}${from}`, token).status).toBe(202);
  });

  test('it ends', () => {
    const token = tokenFor('repository:library/hello:pull');
    client.now += 299;
    expect(withToken('GET /v2/', token).status).toBe(200);
    client.now += 1;
    const answer = withToken('GET /v2/', token);
    expect(answer.status).toBe(401);
    expect(answer.headers['WWW-Authenticate']).toContain('error="invalid_token"');
  });

  test('that was changed, or signed by somebody else, or by nobody, opens nothing', () => {
    const token = tokenFor('repository:library/hello:pull');
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const more = Buffer.from(JSON.stringify({ ...claims, sub: 'ann' })).toString('base64url');
    const none = Buffer.from('{"typ":"JWT","alg":"none"}').toString('base64url');
    const forged = createHmac('sha256', 'guess').update(`${header}.${more}`).digest('base64url');
    const other = createHmac('sha256', 'secret').update(`${none}.${payload}`).digest('base64url');
    for (const bad of [
      `${none}.${payload}.${other}`,
      `${header}.${more}.${signature}`,
      `${header}.${more}.${forged}`,
      `${none}.${payload}.`,
      `${header}.${payload}`,
      `${token}.x`,
      'x',
    ])
      expect(withToken('GET /v2/', bad).status).toBe(401);
    const elsewhere = new RegistryClient({ access: { ...access, service: 'other.example' } });
    expect(elsewhere.send('GET /v2/', { headers: { authorization: `Bearer ${token}` } }).status).toBe(401);
  });
});
