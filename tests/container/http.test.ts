/** The daemon's HTTP, over connections from outside of the world: pieces of any size, back-pressure, and what is no request at all. */

import { describe, expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, Random, SECOND } from '../../src/base/index.ts';
import { exchangeWith } from '../support/daemonConnection.ts';
import { engineHost } from '../support/engineHost.ts';
import { mutated, variants } from '../support/mutations.ts';

const { world, host, out } = engineHost('http');
const SOCKET = '/run/docker.sock';
const exchange = exchangeWith(world, host);

/** Parts of random lengths. */
function inPieces(bytes: Uint8Array, random: Random): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(random.below(4) === 0 ? 200 : 12);
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return pieces;
}

const json = (method: string, path: string, body: string) =>
  `${method} /v1.48${path} HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: ${encodeUtf8(body).length}\r\n\r\n${body}`;
const chunked = (method: string, path: string, ...chunks: string[]) =>
  `${method} /v1.48${path} HTTP/1.1\r\nHost: d\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;

/** Method and path, and a body that is right. */
const BODIES: readonly (readonly [string, string, unknown])[] = [
  [
    'POST',
    '/containers/create?name=c0',
    {
      Image: 'notes:1',
      Cmd: ['true'],
      Entrypoint: ['env'],
      Env: ['A=b'],
      Tty: false,
      Labels: { a: 'b' },
      ExposedPorts: { '80/tcp': {} },
      Healthcheck: { Test: ['NONE'] },
      StopTimeout: 3,
      HostConfig: {
        Binds: ['vol:/x'],
        Mounts: [{ Type: 'tmpfs', Target: '/y' }],
        Memory: 2 ** 25,
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
        PortBindings: { '80/tcp': [{ HostPort: '80' }] },
        CapAdd: ['NET_ADMIN'],
        Ulimits: [{ Name: 'nofile', Soft: 9, Hard: 9 }],
        LogConfig: { Type: 'json-file' },
        Tmpfs: { '/z': '' },
        ConsoleSize: [3, 4],
      },
      NetworkingConfig: { EndpointsConfig: { none: { Aliases: ['x'], IPAMConfig: {} } } },
    },
  ],
  [
    'POST',
    '/containers/c0/update',
    { Memory: 2 ** 25, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } },
  ],
  [
    'POST',
    '/containers/c0/exec',
    { Cmd: ['ls'], Env: ['A=b'], AttachStdout: true, ConsoleSize: [3, 4], User: '' },
  ],
  ['POST', '/volumes/create', { Name: 'vol', Driver: 'local', Labels: { a: 'b' }, DriverOpts: {} }],
  [
    'POST',
    '/networks/create',
    { Name: 'net', Driver: 'bridge', IPAM: { Config: [{ Subnet: '10.0.0.0/8' }] }, Options: {} },
  ],
  ['POST', '/networks/bridge/connect', { Container: 'c0', EndpointConfig: { Aliases: ['x'] } }],
  ['POST', '/networks/bridge/disconnect', { Container: 'c0', Force: true }],
  ['POST', '/commit?container=c0&repo=x', { Cmd: ['true'], Env: ['A=b'] }],
  ['POST', '/auth', { username: 'a', password: 'b', serveraddress: 'c' }],
];

/** What clients say; the seeds of the fuzz below. */
const REQUESTS = [
  'GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n',
  'GET /v1.48/containers/json?all=1&filters=%7B%22status%22%3A%5B%22exited%22%5D%7D HTTP/1.1\r\nHost: d\r\n\r\n',
  'GET /v1.48/images/json?filters=%7B%22dangling%22%3A%7B%22true%22%3Atrue%7D%7D HTTP/1.1\r\nHost: d\r\n\r\n',
  'GET /v1.48/events?until=1&filters=%7B%22type%22%3A%5B%22image%22%5D%7D HTTP/1.1\r\nHost: d\r\n\r\n',
  'GET /v1.48/images/notes%3A1/history HTTP/1.1\r\nHost: d\r\n\r\n',
  'GET /v1.48/containers/c0/logs?stdout=1&tail=3&since=1.5 HTTP/1.1\r\nHost: d\r\n\r\n',
  'GET /v1.48/containers/c0/archive?path=%2Fsrv HTTP/1.1\r\nHost: d\r\n\r\n',
  'GET /v1.48/containers/c0/stats?stream=0 HTTP/1.1\r\nHost: d\r\n\r\n',
  'POST /v1.48/containers/c0/resize?h=3&w=4 HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n',
  'DELETE /v1.48/containers/c0?force=1&v=1 HTTP/1.1\r\nHost: d\r\n\r\n',
  'POST /v1.48/images/notes:1/tag?repo=other&tag=2 HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n',
  ...BODIES.map(([method, path, body]) => json(method, path, JSON.stringify(body))),
  chunked('PUT', '/containers/c0/archive?path=%2F', 'no archive'),
  chunked('POST', '/build?t=x&dockerfile=Dockerfile&buildargs=%7B%22a%22%3A%22b%22%7D', 'no', ' archive'),
  chunked('POST', '/images/load?quiet=1', 'x'.repeat(1024)),
];

describe('the daemon over HTTP', () => {
  test('pieces of any size are the same request', () => {
    const body = '{"Name":"pieces"}';
    const all = `${REQUESTS[0]}${json('POST', '/volumes/create', body)}${json('GET', '/volumes/pieces', '')}`;
    const whole = exchange([encodeUtf8(all)]);
    const untimed = (text: string) => text.replace(/Date: .*\r\n/g, '');
    expect(whole.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 201', 'HTTP/1.1 200']);
    const random = Random.fromSeed('pieces');
    for (let i = 0; i < 5; i++)
      expect(untimed(exchange(inPieces(encodeUtf8(all), random)))).toBe(untimed(whole));
  });

  test('an attach that wants the logs gets them, and with stream=1 what comes after', () => {
    out(
      "docker run -d --name logged notes:1 sh -c 'echo before; sleep 5; echo after; echo aside >&2'; sleep 1",
    );
    const attach = (query: string) =>
      exchange([encodeUtf8(json('POST', `/containers/logged/attach?stdout=1&${query}`, ''))]);
    const frames = (answer: string) => answer.match(/(?<=\0\0\0.).*\n/gs)?.join('');
    expect(attach('logs=1')).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\n\x01\0{6}\x07before\n$/s);
    expect(attach('logs=1&stream=1')).toMatch(/\r\n\r\n\x01\0{6}\x07before\n\x01\0{6}\x06after\n$/);
    expect(frames(attach('stream=0'))).toBeUndefined();
    out('docker rm -f logged');
  });

  test('a client that does not read holds only its own answer up', () => {
    out('docker run -d --name much notes:1 sh -c "yes | head -c 300000"; sleep 1');
    let got = 0;
    let ended = false;
    const connection = host.connect(SOCKET, {
      onData: (bytes) => {
        got += bytes.length;
      },
      onEnd: () => {
        ended = true;
      },
      onRoom: () => {},
    });
    connection.pause();
    connection.write(
      encodeUtf8('GET /containers/much/logs?stdout=1 HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n'),
    );
    world.run(world.now + 5 * SECOND);
    expect([got, ended]).toEqual([0, false]);
    expect(exchange([encodeUtf8(REQUESTS[0]!)])).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*OK$/);
    connection.resume();
    world.runUntil(() => ended, world.now + 60 * SECOND);
    expect(got).toBeGreaterThan(300_000);
    connection.close();
  });

  test('a connection that nobody listens for is refused', () => {
    const hooks = { onData: () => {}, onEnd: () => {}, onRoom: () => {} };
    expect(() => host.connect('/run/nothing.sock', hooks)).toThrow('No such file or directory');
    expect(() => host.connect('/etc/passwd', hooks)).toThrow('Connection refused');
  });

  test.each(BODIES)(
    '%s %s: anything in place of any part of the body is done or refused',
    (method, path, body) => {
      const statuses = new Set<string>();
      for (const other of variants(body)) {
        const text = JSON.stringify(other);
        const answer = exchange([encodeUtf8(json(method, path, text))]);
        expect(answer, text).toMatch(/^HTTP\/1\.1 \d{3} /);
        statuses.add(answer.slice(9, 12));
      }
      expect([...statuses]).toContain('400');
    },
  );

  const seeds = Number(process.env.VIRTBOOK_SEEDS ?? 1);
  test.each(Array.from({ length: seeds }, (_, i) => `fuzz ${i}`))(
    'what is no request is answered or dropped, and nothing else happens (seed %s)',
    (seed) => {
      const random = Random.fromSeed(seed);
      for (let i = 0; i < 300; i++) {
        const bytes = mutated(encodeUtf8(REQUESTS[random.below(REQUESTS.length)]!), random);
        const text = exchange([bytes]);
        const shown = JSON.stringify(decodeUtf8(bytes));
        expect(text === '' || /^HTTP\/1\.1 \d{3} /.test(text), `${shown} is answered ${text}`).toBe(true);
      }
      expect(exchange([encodeUtf8(REQUESTS[0]!)])).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(out('docker ps -q | wc -l').trim()).toMatch(/^\d+$/);
    },
  );
});
