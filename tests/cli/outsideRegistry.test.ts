/**
 * `virtbook engine --registry`: what is pushed by clients of the simulated daemon comes to `virtbook registry`, and back. And skopeo with that
 * daemon.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registryPort } from '../../src/cli/outsideRegistry.ts';
import { fastDirectory, hasTool } from '../support/diskTools.ts';
import { runTool } from '../support/localPodman.ts';
import { type RegistryHere, registryHere } from '../support/registryHere.ts';

const cli = fileURLToPath(new URL('../../src/cli/virtbook.ts', import.meta.url));
/** Of the engine, under a name that no test takes away. */
const IMAGE = 'kept:1';

const folder = mkdtempSync(join(fastDirectory(), 'virtbook-outside-'));
const socket = join(folder, 'docker.sock');
let served: RegistryHere;
let address: string;
let engine: ChildProcess;

beforeAll(async () => {
  served = await registryHere(['ann:secret'], { anonymousPull: true });
  ({ address } = served);
  engine = spawn(process.execPath, [cli, 'engine', '--socket', socket, '--registry', address.split(':')[1]!]);
  await new Promise((resolve, reject) => {
    engine.stdout!.once('data', resolve);
    engine.once('exit', reject);
  });
  await ask('POST', '/images/base/tag?repo=kept&tag=1');
}, 60_000);

afterAll(() => {
  engine.kill();
  served.close();
  rmSync(folder, { recursive: true });
});

function ask(method: string, path: string, headers = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, method, path, headers }, (answer) => {
      let text = '';
      answer.on('data', (bytes: Buffer) => {
        text += bytes.toString();
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.once('error', reject);
    asked.end();
  });
}

const auth = (password: string) => ({
  'X-Registry-Auth': Buffer.from(JSON.stringify({ username: 'ann', password })).toString('base64'),
});

describe('an engine that knows a registry of this machine', () => {
  test('pushes to it with a token, and pulls from it', async () => {
    const name = `${address}/book/base`;
    expect((await ask('POST', `/images/base/tag?repo=${name}&tag=1`)).status).toBe(201);
    expect((await ask('POST', `/images/${name}/push?tag=1`, auth('wrong'))).text).toContain('unauthorized');
    const pushed = await ask('POST', `/images/${name}/push?tag=1`, auth('secret'));
    const digest = /"Digest":"(sha256:[0-9a-f]{64})"/.exec(pushed.text)?.[1];
    const there = await fetch(`http://${address}/v2/book/base/manifests/1`, {
      headers: { authorization: `Bearer ${await token()}` },
    });
    expect(there.headers.get('docker-content-digest')).toBe(digest);
    for (const each of [`${name}:1`, 'base'])
      expect((await ask('DELETE', `/images/${each}`)).status).toBe(200);
    const pulled = await ask('POST', `/images/create?fromImage=${name}&tag=1`);
    expect(pulled.text).toContain(`Digest: ${digest}`);
    expect((await ask('GET', `/images/${name}:1/json`)).status).toBe(200);
  });

  test('says when it is not there', async () => {
    const { text } = await ask('POST', '/images/create?fromImage=localhost:1/x&tag=1');
    expect(text).toContain('connection refused');
  });

  test.skipIf(!hasTool('docker'))('so does the real docker client', async () => {
    const docker = (...args: string[]) =>
      runTool('docker', args, { DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: folder });
    const name = `${address}/ann/base:2`;
    expect((await docker('tag', `${address}/book/base:1`, name)).status).toBe(0);
    expect((await docker('push', name)).stderr).toMatch(/denied|unauthorized/);
    expect((await docker('login', '-u', 'ann', '-p', 'secret', address)).stdout).toContain('Login Succeeded');
    expect(await docker('push', '-q', name)).toMatchObject({ status: 0, stdout: `${name}\n` });
    expect((await docker('rmi', name)).status).toBe(0);
    expect((await docker('run', '--rm', name, 'echo', 'ran')).stdout).toBe('ran\n');
  });

  test.each(['x', '0', '-1', '70000', '1e3'])('port %s is refused', (text) => {
    expect(() => registryPort(text)).toThrow(
      `--registry ${text}: the port of a registry of this machine is needed.`,
    );
  });
});

describe.skipIf(!hasTool('skopeo'))('skopeo with the engine as its docker-daemon', () => {
  const skopeo = (...args: string[]) => runTool('skopeo', ['--insecure-policy', ...args]);
  const daemon = (side: 'src' | 'dest') => `--${side}-daemon-host=unix://${socket}`;

  test('takes an image out of it, and puts it in under another name', async () => {
    const inspected = await skopeo('inspect', `--daemon-host=unix://${socket}`, `docker-daemon:${IMAGE}`);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ Os: 'linux', Architecture: 'amd64' });
    const place = (name: string) => `dir:${join(folder, name)}`;
    const done = { status: 0 };
    expect(await skopeo('copy', daemon('src'), `docker-daemon:${IMAGE}`, place('out'))).toMatchObject(done);
    expect(await skopeo('copy', daemon('dest'), place('out'), 'docker-daemon:copied:1')).toMatchObject(done);
    expect(await skopeo('copy', daemon('src'), 'docker-daemon:copied:1', place('again'))).toMatchObject(done);
    const manifest = (name: string) => readFileSync(join(folder, name, 'manifest.json'), 'utf8');
    expect(manifest('again')).toBe(manifest('out'));
  });
});

async function token(): Promise<string> {
  const answer = await fetch(`http://${address}/token?service=virtbook&scope=repository:book/base:pull`);
  return ((await answer.json()) as { token: string }).token;
}
