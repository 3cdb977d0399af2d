/** `virtbook engine`: over the socket as any client speaks, and with the real docker client where it is installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRoom } from '../../src/cli/engineServer.ts';

const cli = fileURLToPath(new URL('../../src/cli/virtbook.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'virtbook-engine-'));
const socket = join(folder, 'docker.sock');
let server: ChildProcess;

beforeAll(async () => {
  leaveSocket(socket);
  server = await start(socket);
}, 60_000);

/** A socket whose server was killed. */
function leaveSocket(path: string): void {
  const code = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', code]);
  expect(statSync(path).isSocket()).toBe(true);
}

afterAll(async () => {
  expect(await stop(server)).toBe(0);
  expect(existsSync(socket)).toBe(false);
  rmSync(folder, { recursive: true });
});

function start(path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [cli, 'engine', '--socket', path]);
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (bytes: Buffer) => {
      text += bytes.toString();
    });
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      if (text === `unix://${path}\n`) resolve(child);
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${text}`)));
  });
}

async function stop(child: ChildProcess): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  return ended;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' };
    const asked = request({ socketPath: socket, method, path, headers }, (answer) => {
      let text = '';
      answer.on('data', (bytes: Buffer) => {
        text += bytes.toString();
      });
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    });
    asked.once('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const json = async (method: string, path: string, body?: unknown) =>
  JSON.parse((await ask(method, path, body)).text) as Record<string, unknown>;

/** Bytes on a connection, and what comes until the daemon closes it or `enough` has come. */
function say(bytes: string, enough = /never/): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const client = connect(socket, () => client.write(bytes, 'latin1'));
    const done = (): void => {
      client.destroy();
      resolve(text);
    };
    client.on('data', (part: Buffer) => {
      text += part.toString('latin1');
      if (enough.test(text)) done();
    });
    client.on('end', done);
    client.on('error', reject);
  });
}

describe('the socket', () => {
  test('is its owner’s alone', () => {
    expect(statSync(socket).mode & 0o777).toBe(0o600);
  });

  test('where somebody listens, or there is something else, nobody else gets one', async () => {
    await expect(makeRoom(socket)).rejects.toThrow(`${socket}: somebody listens there already.`);
    const file = join(folder, 'file');
    writeFileSync(file, 'kept');
    await expect(makeRoom(file)).rejects.toThrow(`${file}: there is something, and it is no socket.`);
    expect(readFileSync(file, 'utf8')).toBe('kept');
    const long = join(folder, 'x'.repeat(100));
    await expect(makeRoom(long)).rejects.toThrow(`${long}: the path of a socket has at most 107 bytes.`);
  });

  test('one that nobody listens at any more makes room', async () => {
    const stale = join(folder, 'stale.sock');
    leaveSocket(stale);
    await makeRoom(stale);
    expect(existsSync(stale)).toBe(false);
  });
});

describe('the API', () => {
  test('ping tells the version to go on with, and versions are refused in its words', async () => {
    const { status, headers, text } = await ask('GET', '/_ping');
    expect([status, text]).toEqual([200, 'OK']);
    expect(headers).toMatchObject({
      'api-version': '1.48',
      'docker-experimental': 'false',
      ostype: 'linux',
      'builder-version': '1',
      swarm: 'inactive',
      'content-type': 'text/plain; charset=utf-8',
    });
    expect((await ask('HEAD', '/_ping')).text).toBe('');
    expect(await json('GET', '/v1.10/version')).toEqual({
      message:
        'client version 1.10 is too old. Minimum supported API version is 1.12, please upgrade your client to a newer version',
    });
    expect(await json('GET', '/v1.99/version')).toEqual({
      message: 'client version 1.99 is too new. Maximum supported API version is 1.48',
    });
    expect(await json('GET', '/v1.48/nothing')).toEqual({ message: 'page not found' });
  });

  test('several requests on one connection, the last of which closes it', async () => {
    const first = 'GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n';
    const chunked =
      'POST /v1.48/volumes/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"Name\r\n9;x=y\r\n":"kept"}\r\n0\r\nTrailer: t\r\n\r\n';
    const last = 'GET /v1.48/volumes/kept HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n';
    const text = await say(`${first}${chunked}${last}`);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 201', 'HTTP/1.1 200']);
    expect(text).toContain('"Mountpoint":"/var/lib/docker/volumes/kept/_data"');
  });

  test('Expect: 100-continue is answered before the body comes', async () => {
    const head = (expectation: string) =>
      `POST /volumes/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 14\r\nExpect: ${expectation}\r\n\r\n`;
    expect(await say(head('100-continue'), /\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect(await say(head('miracles'))).toMatch(/^HTTP\/1\.1 417 /);
  });

  test.each([
    ['no version', 'GET /_ping\r\n\r\n', 400],
    ['another version', 'GET /_ping HTTP/2.0\r\nHost: d\r\n\r\n', 505],
    ['no host', 'GET /_ping HTTP/1.1\r\n\r\n', 400],
    ['two hosts', 'GET /_ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['a name with a blank', 'GET /_ping HTTP/1.1\r\nHost: d\r\nX y: z\r\n\r\n', 400],
    ['a line without a colon', 'GET /_ping HTTP/1.1\r\nHost: d\r\nnothing\r\n\r\n', 400],
    ['a NUL', 'GET /_ping HTTP/1.1\r\nHost: d\r\nX: a\0b\r\n\r\n', 400],
    ['a length that is none', 'POST /build HTTP/1.1\r\nHost: d\r\nContent-Length: -1\r\n\r\n', 400],
    ['two lengths', 'POST /build HTTP/1.1\r\nHost: d\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'length and chunks',
      'POST /build HTTP/1.1\r\nHost: d\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['an unknown coding', 'POST /build HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: gzip\r\n\r\n', 501],
    [
      'a chunk’s size that is none',
      'POST /build HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
      400,
    ],
    ['a wrong escape in the path', 'GET /images/%zz/json HTTP/1.1\r\nHost: d\r\n\r\n', 400],
    ['a wrong escape in the query', 'GET /images/json?all=%zz HTTP/1.1\r\nHost: d\r\n\r\n', 400],
    ['a head without end', `GET /_ping HTTP/1.1\r\nHost: d\r\nX: ${'x'.repeat(1 << 21)}`, 431],
  ])('%s', async (_, bytes, status) => {
    expect(await say(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test('a container’s life, its stream in frames, and the order of a client: attach, wait, start', async () => {
    const Cmd = ['sh', '-c', 'read line; echo "got $line"; echo no >&2; exit 3'];
    const config = { Image: 'base', Cmd, OpenStdin: true, StdinOnce: true, AttachStdin: true };
    const { Id } = await json('POST', '/v1.48/containers/create?name=frames', config);
    expect(Id).toMatch(/^[0-9a-f]{64}$/);
    const stream = new Promise<string>((resolve) => {
      let text = '';
      const asked = request({
        socketPath: socket,
        method: 'POST',
        path: `/v1.48/containers/${Id}/attach?stream=1&stdin=1&stdout=1&stderr=1`,
        headers: { Connection: 'Upgrade', Upgrade: 'tcp' },
      });
      asked.on('upgrade', (answer, client) => {
        expect(answer.headers['content-type']).toBe('application/vnd.docker.multiplexed-stream');
        client.write('a line\n');
        client.on('data', (bytes: Buffer) => {
          text += bytes.toString('latin1');
        });
        client.on('end', () => resolve(text));
      });
      asked.end();
    });
    const waiting = json('POST', `/v1.48/containers/${Id}/wait?condition=next-exit`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await ask('POST', `/v1.48/containers/${Id}/start`)).status).toBe(204);
    expect(await waiting).toEqual({ StatusCode: 3 });
    expect(await stream).toBe('\x01\0\0\0\0\0\0\x0bgot a line\n\x02\0\0\0\0\0\0\x03no\n');
    const logs = await ask('GET', `/v1.48/containers/${Id}/logs?stdout=1`);
    expect(logs.headers['content-type']).toBe('application/vnd.docker.multiplexed-stream');
    expect(logs.text).toBe('\x01\0\0\0\0\0\0\x0bgot a line\n');
    expect((await ask('DELETE', `/v1.48/containers/${Id}`)).status).toBe(204);
  });

  test('what is sent in place of the documented types is refused', async () => {
    for (const body of [
      [],
      'x',
      5,
      { Image: 5 },
      { Image: 'base', Cmd: 5 },
      { Image: 'base', Env: [{}] },
      { Image: 'base', HostConfig: [] },
    ])
      expect([body, (await ask('POST', '/v1.48/containers/create', body)).status]).toEqual([body, 400]);
  });
});
