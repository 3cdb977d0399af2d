/** The standard streams of a new process, whatever numbers they have in the one that makes it. */
import { expect, test } from 'vitest';
import { decodeUtf8 } from '../../src/base/index.ts';
import { wireStandard } from '../../src/container/streams.ts';
import { type Fd, type Program, type Sys, sys, writeAll } from '../../src/linux/index.ts';
import { testHost } from '../support/linuxHost.ts';

/** Numbers of input, output and errors: in their places, in each other’s, and elsewhere. */
const PLACES: readonly (readonly Fd[])[] = [
  [0, 1, 2],
  [2, 0, 1],
  [1, 2, 0],
  [1, 0, 2],
  [0, 2, 1],
  [2, 1, 0],
  [7, 0, 5],
  [9, 8, 1],
  [5, 6, 7],
  [20, 10, 30],
];

function* namesOf(dir: string): Sys<string[]> {
  const fd = yield* sys.open(dir, 0);
  const entries = yield* sys.getdents(fd);
  yield* sys.close(fd);
  return entries.map(({ name }) => name).filter((name) => /^\d+$/.test(name) && Number(name) !== fd);
}

test.each(PLACES)('input %i, output %i, errors %i', (input, output, errors) => {
  let open: readonly string[] = [];
  let said: readonly string[] = [];
  const child: Program = function* () {
    const text = decodeUtf8(yield* sys.read(0, 99));
    yield* writeAll(1, `output of ${text}`);
    yield* writeAll(2, `errors of ${text}`);
    open = yield* namesOf('/proc/self/fd');
    return 0;
  };
  const main: Program = function* () {
    const pipes = [yield* sys.pipe(), yield* sys.pipe(), yield* sys.pipe()] as const;
    // High above all, and then each where it is to be.
    const parked: Fd[] = [];
    for (const [reading, writing] of pipes)
      parked.push(yield* sys.dupfd(reading, 100), yield* sys.dupfd(writing, 100));
    yield* sys.close_range(0, 99);
    const [toChild, fromParent, fromChild, ofChild, fromErrors, ofErrors] = parked as [
      Fd,
      Fd,
      Fd,
      Fd,
      Fd,
      Fd,
    ];
    yield* sys.dup2(toChild, input!);
    yield* sys.dup2(ofChild, output!);
    yield* sys.dup2(ofErrors, errors!);
    const pid = yield* sys.fork(function* () {
      yield* wireStandard(input!, output!, errors!);
      return yield* sys.execve('/usr/bin/child', ['child'], new Map());
    });
    yield* writeAll(fromParent, 'it');
    yield* sys.wait4(pid);
    said = [decodeUtf8(yield* sys.read(fromChild, 99)), decodeUtf8(yield* sys.read(fromErrors, 99))];
    return 0;
  };
  expect(testHost({ main, child }).run(['/usr/bin/main']).state).toEqual({ kind: 'exited', code: 0 });
  expect(said).toEqual(['output of it', 'errors of it']);
  expect(open).toEqual(['0', '1', '2']);
});
