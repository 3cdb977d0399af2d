/** A real connection and a simulated one as one: what podman's client needs of it. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encodeUtf8 } from '../../src/base/index.ts';
import { Joint } from '../../src/cli/joint.ts';
import type { RealTime } from '../../src/cli/realTime.ts';
import type { LinuxHost, OutsideConnection, OutsideHooks } from '../../src/linux/index.ts';

const HEAD = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A joint whose two sides are the test's: `said` is what the client got, in pieces. */
function joined(request: string) {
  const said: string[] = [];
  let hooks: OutsideHooks | null = null;
  let open = true;
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
    pause: () => {
      open = false;
    },
    resume: () => {
      open = true;
    },
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
    isOpen: () => open,
    answer: (text: string) => hooks!.onData(encodeUtf8(text)),
    client,
  };
}

test('a stream that podman asked for comes after the answer that begins it, not with it', () => {
  const { said, answer, isOpen } = joined('POST /v4.3.1/libpod/exec/1/start HTTP/1.1\r\n\r\n');
  answer(`${HEAD}first`);
  expect([said, isOpen()]).toEqual([[HEAD], false]);
  vi.advanceTimersByTime(1000);
  expect([said, isOpen()]).toEqual([[HEAD, 'first'], true]);
  answer('HTTP/1.1 101 in the stream\r\n\r\nmore');
  expect(said).toEqual([HEAD, 'first', 'HTTP/1.1 101 in the stream\r\n\r\nmore']);
});

test('a client that drains or goes meanwhile changes nothing of that', () => {
  const { said, answer, isOpen, client } = joined('POST /v4.3.1/libpod/exec/1/start HTTP/1.1\r\n\r\n');
  answer(HEAD);
  client.emit('drain');
  expect([said, isOpen()]).toEqual([[HEAD], false]);
  client.emit('close');
  vi.advanceTimersByTime(1000);
  expect([said, isOpen()]).toEqual([[HEAD], false]);
});

test('what docker asked for comes at once', () => {
  const { said, answer, isOpen } = joined('POST /v1.47/exec/1/start HTTP/1.1\r\n\r\n');
  answer(`${HEAD}first`);
  expect([said, isOpen()]).toEqual([[`${HEAD}first`], true]);
});
