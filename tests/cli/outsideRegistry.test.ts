/** `virtbook engine --registry`: what is pushed by clients of the simulated daemon comes to `virtbook registry`, and back. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasTool } from '../support/diskTools.ts';
import { cli, ServedRegistry } from '../support/servedRegistry.ts';

const served = new ServedRegistry();
const socket = join(served.folder, 'docker.sock');
let address: string;
let engine: ChildProcess;

beforeAll(async () => {
  address = await served.start('--user', 'ann:secret', '--anonymous-pull');
  engine = spawn(process.execPath, [cli, 'engine', '--socket', socket, '--registry', address.split(':')[1]!]);
  await new Promise((resolve, reject) => {
    engine.stdout!.once('data', resolve);
    engine.once('exit', reject);
  });
}, 60_000);

afterAll(async () => {
  engine.kill();
  await served.close();
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

  test.skipIf(!hasTool('docker'))('so does the real docker client', () => {
    const docker = (...args: string[]) =>
      spawnSync('docker', args, {
        encoding: 'utf8',
        timeout: 30_000,
        env: { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: served.folder },
      });
    const name = `${address}/ann/base:2`;
    expect(docker('tag', `${address}/book/base:1`, name).status).toBe(0);
    expect(docker('push', name).stderr).toMatch(/denied|unauthorized/);
    expect(docker('login', '-u', 'ann', '-p', 'secret', address).stdout).toContain('Login Succeeded');
    expect(docker('push', '-q', name)).toMatchObject({ status: 0, stdout: `${name}\n` });
    expect(docker('rmi', name).status).toBe(0);
    expect(docker('run', '--rm', name, 'echo', 'ran').stdout).toBe('ran\n');
  });

  test.each(['70000'])('--registry %s is refused in one line', (port) => {
    const { stderr, status } = spawnSync(
      process.execPath,
      [cli, 'engine', '--socket', `${socket}2`, '--registry', port],
      { encoding: 'utf8' },
    );
    expect([stderr, status]).toEqual([
      `--registry ${port}: the port of a registry of this machine is needed.\n`,
      1,
    ]);
  });
});

async function token(): Promise<string> {
  const answer = await fetch(`http://${address}/token?service=virtbook&scope=repository:book/base:pull`);
  return ((await answer.json()) as { token: string }).token;
}
