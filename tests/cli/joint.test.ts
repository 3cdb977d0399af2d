/** A real connection and a simulated one as one: what podman's client needs of it. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { encodeUtf8 } from '../../src/base/index.ts';
import { Joint } from '../../src/cli/joint.ts';
import type { RealTime } from '../../src/cli/realTime.ts';
import type { LinuxHost, OutsideConnection, OutsideHooks } from '../../src/linux/index.ts';

const HEAD = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';
const PLAIN_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n';

/** A joint whose two sides are the test's: `said` is what the client got, in pieces. */
function joined(request: string) {
  const said: string[] = [];
  let hooks: OutsideHooks | null = null;
  const client = Object.assign(new EventEmitter(), {
    write: (bytes: Uint8Array) => {
      said.push(Buffer.from(bytes).toString());
      return true;
    },
    end: () => void said.push('END'),
    pause() {},
    resume() {},
    destroy() {},
  });
  const inside = {
    write: (bytes: Uint8Array) => bytes.length,
    end() {},
    close() {},
    pause() {},
    resume() {},
  };
  const host = {
    connect: (_service: string, given: OutsideHooks) => {
      hooks = given;
      return inside as unknown as OutsideConnection;
    },
  };
  const time = { run: vi.fn() };
  const joint = new Joint(time as unknown as RealTime, () => client as unknown as Socket);
  joint.open(host as unknown as LinuxHost, '/run/docker.sock');
  joint.client.emit('data', Buffer.from(request));
  return {
    said,
    answer: (text: string) => hooks!.onData(encodeUtf8(text)),
  };
}

test.each([HEAD, PLAIN_HEAD])(
  'an answer that begins a stream for podman fills the buffer that its client reads answers with: %j',
  (head) => {
    const { said, answer } = joined('POST /v4.3.1/libpod/exec/1/start HTTP/1.1\r\n\r\n');
    answer(`${head}first`);
    answer(`${head}in the stream`);
    const [begun, ...rest] = said;
    expect(rest).toEqual([`${head}in the stream`]);
    expect(begun!.slice(0, 4096).split('\r\n')).toEqual([
      ...head.split('\r\n').slice(0, -2),
      expect.stringMatching(/^X-Padding: -+$/),
      '',
      '',
    ]);
    expect(begun!.slice(4096)).toBe('first');
  },
);

test('an answer that begins none, or that is longer than the buffer, is left alone', () => {
  const { said, answer } = joined('POST /v4.3.1/libpod/exec/1/start HTTP/1.1\r\n\r\n');
  const refused = 'HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n';
  const long = `HTTP/1.1 101 UPGRADED\r\nX-Long: ${'l'.repeat(4100)}\r\n\r\nfirst`;
  answer(refused);
  answer(long);
  expect(said).toEqual([refused, long]);
});

test('what docker asked for comes at once', () => {
  const { said, answer } = joined('POST /v1.47/exec/1/start HTTP/1.1\r\n\r\n');
  answer(`${HEAD}first`);
  expect(said).toEqual([`${HEAD}first`]);
});
