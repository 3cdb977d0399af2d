/** `virtbook registry`: over HTTP, and with skopeo where it is installed. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { registryCommand } from '../../src/cli/registryCommand.ts';
import { fastDirectory, hasTool } from '../support/diskTools.ts';
import { runTool } from '../support/localPodman.ts';
import { digestOf, IMAGE, imageLayout, manifestText } from '../support/registryClient.ts';
import { type RegistryHere, registryHere } from '../support/registryHere.ts';

const cli = fileURLToPath(new URL('../../src/cli/virtbook.ts', import.meta.url));
let folder: string;
let served: RegistryHere | null;

beforeEach(() => {
  folder = mkdtempSync(join(fastDirectory(), 'virtbook-registry-'));
  served = null;
});

afterEach(() => {
  stop();
  rmSync(folder, { recursive: true });
});

/** Its address, `127.0.0.1:PORT`. */
async function start(...options: Parameters<typeof registryHere>): Promise<string> {
  served = await registryHere(...options);
  return served.address;
}

function stop(): void {
  served?.close();
  served = null;
}

/** What the command writes, or its refusal. */
async function said(options: Partial<Parameters<typeof registryCommand>[0]>): Promise<string> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
    text += `${part}`;
    return true;
  });
  try {
    await registryCommand({ port: '0', user: [], ...options });
    return text;
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  } finally {
    spy.mockRestore();
  }
}

async function push(address: string, repository: string, blob: string): Promise<Response> {
  const target = `http://${address}/v2/${repository}/blobs/uploads/?digest=${digestOf(blob)}`;
  return fetch(target, { method: 'POST', body: blob });
}

describe('virtbook registry', () => {
  test('keeps images in a folder, and serves them when it is started again', async () => {
    let address = await start([], { data: folder });
    expect((await push(address, 'a/b', '{}')).status).toBe(201);
    const body = manifestText(['{}']);
    const put = await fetch(`http://${address}/v2/a/b/manifests/v1`, {
      method: 'PUT',
      headers: { 'content-type': IMAGE },
      body,
    });
    expect([put.status, put.headers.get('location')]).toEqual([201, '/v2/a/b/manifests/v1']);
    stop();
    address = await start([], { data: folder });
    const get = await fetch(`http://${address}/v2/a/b/manifests/v1`);
    expect([get.status, await get.text()]).toEqual([200, body]);
    const head = await fetch(`http://${address}/v2/a/b/blobs/${digestOf('{}')}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '2']);
  });

  test('nobody leaves the folder', async () => {
    const address = await start([], { data: folder });
    await push(address, 'a', 'x');
    const mount = `http://${address}/v2/b/blobs/uploads/?mount=${digestOf('x')}&from=`;
    expect((await fetch(`${mount}b/../a`, { method: 'POST' })).status).toBe(202);
    expect((await fetch(`${mount}a`, { method: 'POST' })).status).toBe(201);
    expect((await fetch(`http://${address}/v2/b%2F..%2Fa/blobs/${digestOf('x')}`)).status).toBe(400);
  });

  test('a stream of many megabytes in one PATCH', async () => {
    const address = await start([], { data: folder });
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
    const address = await start([], { data: folder });
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
    const address = await start([], { data: folder });
    await push(address, 'a', 'orphan');
    stop();
    expect(await said({ data: folder, collect: true, dryRun: true })).toBe(
      `blob eligible for deletion: ${digestOf('orphan')}\n0 blobs marked, 1 blobs (6 bytes) and 0 manifests eligible for deletion\n`,
    );
    await said({ data: folder, collect: true });
    expect(await said({ data: folder, collect: true })).toBe(
      '0 blobs marked, 0 blobs (0 bytes) and 0 manifests deleted\n',
    );
  });

  test.each<[string, Parameters<typeof said>[0], RegExp]>([
    ['a port that is none', { port: '70000' }, /--port 70000: a whole number up to 65535/],
    ['a user without password', { user: ['ann'] }, /--user ann: NAME:PASSWORD/],
    ['--anonymous-pull without users', { anonymousPull: true }, /--user NAME:PASSWORD/],
    ['--collect without a folder', { collect: true }, /--collect needs --data/],
    ['a folder that cannot be', { data: '/dev/null/x' }, /ENOTDIR/],
  ])('%s is refused in one line', async (_, options, message) => {
    const text = await said(options);
    expect(text).toMatch(message);
    expect(text).toMatch(/^refused: .*$/);
  });

  test('as a program it says where it listens, and that a port is taken', async () => {
    const child = spawn(process.execPath, [cli, 'registry', '--port', '0']);
    try {
      const line = await new Promise<string>((resolve, reject) => {
        child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString()));
        child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
      });
      const [, port = ''] = /^http:\/\/127\.0\.0\.1:(\d+)\/v2\/\n$/.exec(line) ?? [];
      expect((await fetch(`http://127.0.0.1:${port}/v2/`)).status).toBe(200);
      const second = await runTool(process.execPath, [cli, 'registry', '--port', port]);
      expect(second).toMatchObject({
        status: 1,
        stderr: `port ${port}: cannot be listened on (EADDRINUSE)\n`,
      });
    } finally {
      child.kill();
    }
  });
});

describe.skipIf(!hasTool('skopeo'))('skopeo', () => {
  const skopeo = (...args: string[]) =>
    runTool('skopeo', ['--insecure-policy', ...args], { HOME: folder, XDG_RUNTIME_DIR: folder });

  /** The project's own image as a layout on disk. */
  function writeLayout(): string {
    const layout = join(folder, 'layout');
    for (const [name, bytes] of Object.entries(imageLayout().files)) {
      mkdirSync(dirname(join(layout, name)), { recursive: true });
      writeFileSync(join(layout, name), bytes);
    }
    return layout;
  }

  const blobsOf = (layout: string) =>
    Object.fromEntries(
      readdirSync(join(layout, 'blobs/sha256'))
        .sort()
        .map((name) => [name, digestOf(readFileSync(join(layout, 'blobs/sha256', name)))]),
    );

  test.each([
    ['in memory', false],
    ['in a folder', true],
  ])('copies an image in and out unchanged, kept %s', async (_, isKept) => {
    const address = await start([], isKept ? { data: join(folder, 'data') } : {});
    const layout = writeLayout();
    const there = `docker://${address}/book/hello:v1`;
    // Without being told, skopeo compresses layers that are not on their way.
    const pushed = await skopeo(
      'copy',
      '--preserve-digests',
      '--dest-tls-verify=false',
      `oci:${layout}:latest`,
      there,
    );
    expect(pushed).toMatchObject({ status: 0 });
    const back = join(folder, 'back');
    expect(
      await skopeo('copy', '--preserve-digests', '--src-tls-verify=false', there, `oci:${back}:latest`),
    ).toMatchObject({
      status: 0,
    });
    expect(blobsOf(back)).toEqual(blobsOf(layout));
    const inspected = JSON.parse((await skopeo('inspect', '--tls-verify=false', there)).stdout) as Record<
      string,
      unknown
    >;
    expect(inspected).toMatchObject({
      Name: `${address}/book/hello`,
      Digest: imageLayout().image.digest,
      RepoTags: ['v1'],
      Architecture: 'amd64',
    });
    const copied = await skopeo(
      'copy',
      '--src-tls-verify=false',
      '--dest-tls-verify=false',
      there,
      `docker://${address}/other:v2`,
    );
    expect(copied).toMatchObject({ status: 0 });
    expect(await skopeo('delete', '--tls-verify=false', there)).toMatchObject({ status: 0 });
    expect((await skopeo('inspect', '--tls-verify=false', there)).status).not.toBe(0);
    expect(await skopeo('inspect', '--tls-verify=false', `docker://${address}/other:v2`)).toMatchObject({
      status: 0,
    });
  });

  test('logs in: users push, the others pull', async () => {
    const address = await start(['ann:secret'], { anonymousPull: true });
    const layout = writeLayout();
    const there = `docker://${address}/book/hello:v1`;
    const copy = (...more: string[]) =>
      skopeo('copy', '--dest-tls-verify=false', ...more, `oci:${layout}:latest`, there);
    expect((await copy()).status).not.toBe(0);
    expect((await copy('--dest-creds=ann:wrong')).stderr).toMatch(
      /incorrect username or password|unauthorized/,
    );
    expect(await copy('--dest-creds=ann:secret')).toMatchObject({ status: 0 });
    expect(await skopeo('inspect', '--tls-verify=false', there)).toMatchObject({ status: 0 });
    expect((await skopeo('delete', '--tls-verify=false', there)).status).not.toBe(0);
    expect(await skopeo('delete', '--tls-verify=false', '--creds=ann:secret', there)).toMatchObject({
      status: 0,
    });
  });
});
