/** The client's connection on which requests follow each other: when it is used again, and when another one is made. */
import { expect, test } from 'vitest';
import { decodeUtf8, SECOND } from '../../src/base/index.ts';
import { Connection, type Response } from '../../src/container/index.ts';
import { type Program, sys, writeAll } from '../../src/linux/index.ts';
import { dockerWorld } from '../support/dockerWorld.ts';
import { testHost } from '../support/linuxHost.ts';

const SOCKET = '/run/it.sock';

/** What the server sends for each request of a connection, which it then closes, or when the client does. */
type Answers = readonly string[];

/** Asks for /0, /1, … on one Connection of a server that gives its connections those answers one after the other; what was asked and answered. */
function asked(connections: readonly Answers[], requests: number) {
  const seen: string[] = [];
  const answers: Response[] = [];
  const server: Program = function* () {
    const listener = yield* sys.socket();
    yield* sys.bind(listener, SOCKET);
    yield* sys.listen(listener);
    for (const [number, sent] of connections.entries()) {
      const fd = yield* sys.accept(listener);
      for (const answer of sent) {
        const head = decodeUtf8(yield* sys.read(fd, 65_536));
        if (head === '') break;
        seen.push(`${number}: ${/\/\d+ /.exec(head)![0].trim()}`);
        yield* writeAll(fd, answer);
      }
      yield* sys.close(fd);
    }
    return 0;
  };
  const client: Program = function* () {
    yield* sys.fork(() => server({ argv: ['server'], env: new Map() }));
    yield* sys.nanosleep(SECOND / 100);
    const connection = new Connection();
    for (let i = 0; i < requests; i++) {
      answers.push(yield* connection.request(SOCKET, 'POST', `/${i}`));
      yield* sys.nanosleep(SECOND / 100);
    }
    return 0;
  };
  const { output, state } = testHost({ client }).run(['/usr/bin/client']);
  expect(output).toBe('');
  expect(state).toEqual({ kind: 'exited', code: 0 });
  return { seen, answers };
}

const none = 'HTTP/1.1 204 No Content\r\n\r\n';
const sized = (head = '') => `HTTP/1.1 200 OK\r\n${head}Content-Length: 2\r\n\r\nit`;
const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nit\r\n0\r\n\r\n';

test('what has an end leaves the connection for the next request', () => {
  const { seen, answers } = asked([[none, sized(), chunked, none]], 4);
  expect(seen).toEqual(['0: /0', '0: /1', '0: /2', '0: /3']);
  expect(answers.map(({ status }) => status)).toEqual([204, 200, 200, 204]);
  expect(answers.map(({ body }) => (body instanceof Uint8Array ? decodeUtf8(body) : body))).toEqual([
    ...[null, 'it', 'it'],
    null,
  ]);
});

test('a server that says that it closes, or has closed, gets another connection', () => {
  expect(asked([[sized('Connection: close\r\n'), none], [none]], 2).seen).toEqual(['0: /0', '1: /1']);
  expect(asked([[none], [none, none]], 3).seen).toEqual(['0: /0', '1: /1', '1: /2']);
});

test('an answer up to the end, or none, is told once, and the next request is another connection’s', () => {
  const { seen, answers } = asked([['HTTP/1.1 200 OK\r\n\r\nall'], [''], [none]], 3);
  expect(seen).toEqual(['0: /0', '1: /1', '2: /2']);
  expect(answers.map(({ status }) => status)).toEqual([200, 500, 204]);
  expect(answers[1]!.body).toEqual({ message: 'the daemon closed the connection' });
});

test('docker run asks for the container and its start on one connection', () => {
  const { sh } = dockerWorld('connection');
  const connects = (command: string) =>
    sh('box', `strace -o /tmp/o -e trace=connect ${command} >/dev/null; grep -c docker.sock /tmp/o`).trim();
  expect(connects('docker run -d --name one base:1 sleep 99')).toBe('1');
  expect(connects('docker create --name two base:1 sleep 99')).toBe('1');
  expect(connects('docker start one two')).toBe('1');
});
