/** Messages between processes, msgop(2): what waits is woken, and a queue that goes tells those who wait for it. */
import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, isOsError, MILLISECOND } from '../../../src/base/index.ts';
import {
  CLONE_NEWIPC,
  IPC_CREAT,
  IPC_EXCL,
  IPC_NOWAIT,
  type Program,
  type Sys,
  sys,
  writeAll,
} from '../../../src/linux/index.ts';
import { testHost } from '../../support/linuxHost.ts';

const run = (main: Program) => testHost({ main }).run(['/usr/bin/main']).output;
const say = (text: string) => writeAll(1, `${text}\n`);

function* outcome(body: () => Sys<unknown>): Sys<string> {
  try {
    yield* body();
    return 'ok';
  } catch (error) {
    if (!isOsError(error)) throw error;
    return error.code;
  }
}

test('a reader waits for its type; the lowest type goes first when it asks for several', () => {
  const output = run(function* () {
    const queue = yield* sys.msgget(7, IPC_CREAT | 0o600);
    const reader = yield* sys.fork(function* () {
      for (const type of [5, -9, 0]) {
        const { type: got, data } = yield* sys.msgrcv(queue, 100, type);
        yield* say(`${got} ${decodeUtf8(data)}`);
      }
      return 0;
    });
    yield* sys.nanosleep(MILLISECOND);
    for (const [type, text] of [
      [8, 'eight'],
      [3, 'three'],
      [5, 'five'],
    ] as const)
      yield* sys.msgsnd(queue, type, encodeUtf8(text));
    yield* sys.wait4(reader);
    return 0;
  });
  expect(output).toBe('5 five\n3 three\n8 eight\n');
});

test('a full queue makes the sender wait, and a removed one ends the waiting', () => {
  const output = run(function* () {
    const queue = yield* sys.msgget(7, IPC_CREAT | 0o600);
    for (let i = 0; i < 2; i++) yield* sys.msgsnd(queue, 1, new Uint8Array(8192));
    yield* say(yield* outcome(() => sys.msgsnd(queue, 1, Uint8Array.of(1), IPC_NOWAIT)));
    const sender = yield* sys.fork(function* () {
      yield* say(yield* outcome(() => sys.msgsnd(queue, 1, Uint8Array.of(1))));
      yield* say(yield* outcome(() => sys.msgrcv(queue, 10_000, 9)));
      return 0;
    });
    yield* sys.nanosleep(MILLISECOND);
    yield* say(yield* outcome(() => sys.msgrcv(queue, 10, 0)));
    yield* sys.msgrcv(queue, 8192, 0);
    yield* sys.nanosleep(MILLISECOND);
    yield* sys.msgrmid(queue);
    yield* sys.wait4(sender);
    yield* say(yield* outcome(() => sys.msgrcv(queue, 10, 0)));
    return 0;
  });
  expect(output).toBe('EAGAIN\nE2BIG\nok\nEIDRM\nEINVAL\n');
});

test('keys find objects, in their own namespace alone', () => {
  const output = run(function* () {
    const first = yield* sys.semget(7, 3, IPC_CREAT | 0o600);
    yield* sys.semsetval(first, 2, 40);
    yield* say(`${(yield* sys.semget(7, 0, 0)) === first} ${yield* sys.semgetall(first)}`);
    yield* say(yield* outcome(() => sys.semget(7, 3, IPC_CREAT | IPC_EXCL)));
    yield* say(yield* outcome(() => sys.semget(7, 4, 0)));
    const child = yield* sys.fork(
      function* () {
        yield* say(yield* outcome(() => sys.semget(7, 0, 0)));
        yield* say(yield* outcome(() => sys.semgetall(first)));
        return 0;
      },
      { flags: CLONE_NEWIPC },
    );
    yield* sys.wait4(child);
    return 0;
  });
  expect(output).toBe('true 0,0,40\nEEXIST\nEINVAL\nENOENT\nEINVAL\n');
});

test('a message that waits is part of the state that two worlds are compared by', () => {
  const dumped = (text: string) => {
    const { host, run: start } = testHost({
      main: function* () {
        yield* sys.msgsnd(yield* sys.msgget(7, IPC_CREAT | 0o600), 1, encodeUtf8(text));
        return 0;
      },
    });
    start(['/usr/bin/main']);
    return JSON.stringify(host.dump());
  };
  expect(dumped('one')).toBe(dumped('one'));
  expect(dumped('one')).not.toBe(dumped('two'));
});
