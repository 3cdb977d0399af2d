/** `virtbook registry`: over HTTP, and with skopeo where it is installed. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasTool } from '../support/diskTools.ts';
import { digestOf, IMAGE, imageLayout, manifestText } from '../support/registryClient.ts';
import { cli, ServedRegistry } from '../support/servedRegistry.ts';

let served: ServedRegistry;
let folder: string;

beforeEach(() => {
  served = new ServedRegistry();
  folder = served.folder;
});

afterEach(() => served.close());

const start = (...options: string[]) => served.start(...options);
const stop = () => served.stop();

function virtbook(...args: string[]) {
  return spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', timeout: 60_000 });
}

async function push(address: string, repository: string, blob: string): Promise<Response> {
  const target = `http://${address}/v2/${repository}/blobs/uploads/?digest=${digestOf(blob)}`;
  return fetch(target, { method: 'POST', body: blob });
}

describe('virtbook registry', () => {
  test('keeps images in a folder, and serves them when it is started again', async () => {
    let address = await start('--data', folder);
    expect((await push(address, 'a/b', '{}')).status).toBe(201);
    const body = manifestText(['{}']);
    const put = await fetch(`http://${address}/v2/a/b/manifests/v1`, {
      method: 'PUT',
      headers: { 'content-type': IMAGE },
      body,
    });
    expect([put.status, put.headers.get('location')]).toEqual([201, '/v2/a/b/manifests/v1']);
    await stop();
    address = await start('--data', folder);
    const get = await fetch(`http://${address}/v2/a/b/manifests/v1`);
    expect([get.status, await get.text()]).toEqual([200, body]);
    const head = await fetch(`http://${address}/v2/a/b/blobs/${digestOf('{}')}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '2']);
  });

  test('nobody leaves the folder', async () => {
    const address = await start('--data', folder);
    await push(address, 'a', 'x');
    const mount = `http://${address}/v2/b/blobs/uploads/?mount=${digestOf('x')}&from=`;
    expect((await fetch(`${mount}b/../a`, { method: 'POST' })).status).toBe(202);
    expect((await fetch(`${mount}a`, { method: 'POST' })).status).toBe(201);
    expect((await fetch(`http://${address}/v2/b%2F..%2Fa/blobs/${digestOf('x')}`)).status).toBe(400);
  });

  test('a stream of many megabytes in one PATCH', async () => {
    const address = await start('--data', folder);
    const bytes = new Uint8Array(11 << 20).map((_, i) => (i * 31) >> 7);
    const post = await fetch(`http://${address}/v2/a/blobs/uploads/`, { method: 'POST' });
    const upload = `http://${address}${post.headers.get('location')}`;
    const patch = await fetch(upload, { method: 'PATCH', body: bytes });
    expect([patch.status, patch.headers.get('range')]).toEqual([202, `0-${bytes.length - 1}`]);
    const put = await fetch(`${upload}?digest=${digestOf(bytes)}`, { method: 'PUT' });
    expect(put.status).toBe(201);
    const get = await fetch(`http://${address}${put.headers.get('location')}`, {
      headers: { range: 'bytes=-3' },
    });
    expect([get.status, new Uint8Array(await get.arrayBuffer())]).toEqual([206, bytes.slice(-3)]);
  });

  test('a folder that cannot be written is told to the client, and the server goes on', async () => {
    const address = await start('--data', folder);
    writeFileSync(join(folder, 'docker'), 'in the way');
    const answer = await push(address, 'a', 'x');
    expect([answer.status, await answer.text()]).toEqual([
      500,
      '{"errors":[{"code":"UNKNOWN","message":"unknown error"}]}',
    ]);
    rmSync(join(folder, 'docker'));
    expect((await push(address, 'a', 'x')).status).toBe(201);
  });

  test('collects what no manifest leads to', async () => {
    const address = await start('--data', folder);
    await push(address, 'a', 'orphan');
    await stop();
    const dry = virtbook('registry', '--data', folder, '--collect', '--dry-run');
    expect(dry.stdout).toBe(
      `blob eligible for deletion: ${digestOf('orphan')}\n0 blobs marked, 1 blobs (6 bytes) and 0 manifests eligible for deletion\n`,
    );
    virtbook('registry', '--data', folder, '--collect');
    expect(virtbook('registry', '--data', folder, '--collect').stdout).toBe(
      '0 blobs marked, 0 blobs (0 bytes) and 0 manifests deleted\n',
    );
  });

  test.each([
    ['a port that is none', ['--port', '70000'], /--port 70000: a whole number up to 65535/],
    ['a user without password', ['--user', 'ann'], /--user ann: NAME:PASSWORD/],
    ['--anonymous-pull without users', ['--anonymous-pull'], /--user NAME:PASSWORD/],
    ['--collect without a folder', ['--collect'], /--collect needs --data/],
    ['a folder that cannot be', ['--data', '/dev/null/x'], /ENOTDIR/],
  ])('%s is refused in one line', (_, args, message) => {
    const { stderr, status } = virtbook('registry', '--port', '0', ...args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(status).toBe(1);
  });

  test('a port that is taken is told', async () => {
    const address = await start();
    const port = address.split(':')[1]!;
    expect(virtbook('registry', '--port', port).stderr).toBe(
      `port ${port}: cannot be listened on (EADDRINUSE)\n`,
    );
  });
});

describe.skipIf(!hasTool('skopeo'))('skopeo', () => {
  const skopeo = (...args: string[]) => {
    const { status, stderr, stdout } = spawnSync('skopeo', ['--insecure-policy', ...args], {
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder },
    });
    return { status, stderr, stdout };
  };

  const blobsOf = (layout: string) =>
    Object.fromEntries(
      readdirSync(join(layout, 'blobs/sha256'))
        .sort()
        .map((name) => [name, digestOf(readFileSync(join(layout, 'blobs/sha256', name)))]),
    );

  test.each([
    ['in memory', []],
    ['in a folder', ['--data']],
  ])('copies an image in and out unchanged, kept %s', async (_, options) => {
    const address = await start(...options, ...options.map(() => join(folder, 'data')));
    const layout = served.writeLayout();
    const there = `docker://${address}/book/hello:v1`;
    // Without being told, skopeo compresses layers that are not on their way.
    const pushed = skopeo(
      'copy',
      '--preserve-digests',
      '--dest-tls-verify=false',
      `oci:${layout}:latest`,
      there,
    );
    expect(pushed).toMatchObject({ status: 0 });
    const back = join(folder, 'back');
    expect(
      skopeo('copy', '--preserve-digests', '--src-tls-verify=false', there, `oci:${back}:latest`),
    ).toMatchObject({
      status: 0,
    });
    expect(blobsOf(back)).toEqual(blobsOf(layout));
    const inspected = JSON.parse(skopeo('inspect', '--tls-verify=false', there).stdout) as Record<
      string,
      unknown
    >;
    expect(inspected).toMatchObject({
      Name: `${address}/book/hello`,
      Digest: imageLayout().image.digest,
      RepoTags: ['v1'],
      Architecture: 'amd64',
    });
    const copied = skopeo(
      'copy',
      '--src-tls-verify=false',
      '--dest-tls-verify=false',
      there,
      `docker://${address}/other:v2`,
    );
    expect(copied).toMatchObject({ status: 0 });
    expect(skopeo('delete', '--tls-verify=false', there)).toMatchObject({ status: 0 });
    expect(skopeo('inspect', '--tls-verify=false', there).status).not.toBe(0);
    expect(skopeo('inspect', '--tls-verify=false', `docker://${address}/other:v2`)).toMatchObject({
      status: 0,
    });
  });

  test('logs in: users push, the others pull', async () => {
    const address = await start('--user', 'ann:secret', '--anonymous-pull');
    const layout = served.writeLayout();
    const there = `docker://${address}/book/hello:v1`;
    const copy = (...more: string[]) =>
      skopeo('copy', '--dest-tls-verify=false', ...more, `oci:${layout}:latest`, there);
    expect(copy().status).not.toBe(0);
    expect(copy('--dest-creds=ann:wrong').stderr).toMatch(/incorrect username or password|unauthorized/);
    expect(copy('--dest-creds=ann:secret')).toMatchObject({ status: 0 });
    expect(skopeo('inspect', '--tls-verify=false', there)).toMatchObject({ status: 0 });
    expect(skopeo('delete', '--tls-verify=false', there).status).not.toBe(0);
    expect(skopeo('delete', '--tls-verify=false', '--creds=ann:secret', there)).toMatchObject({ status: 0 });
  });
});
