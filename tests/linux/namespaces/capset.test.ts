/** capset(2) with all five sets in one call, and close_range(2): what a runtime sets up a container with. */
import { expect, test } from 'vitest';
import { isOsError } from '../../../src/base/index.ts';
import {
  ALL_CAPABILITIES,
  type CapabilitySets,
  CLOSE_RANGE_CLOEXEC,
  capabilitySet,
  O_RDONLY,
  type Program,
  sys,
  writeAll,
} from '../../../src/linux/index.ts';
import { testHost } from '../../support/linuxHost.ts';

const run = (main: Program) => testHost({ main }).run(['/usr/bin/main']).output;
const two = capabilitySet('CAP_CHOWN', 'CAP_KILL');
const one = capabilitySet('CAP_KILL');

/** Each of the sets one after the other, by the same process; the last word is what it ends with. */
const inTurn = (sets: readonly CapabilitySets[]) =>
  run(function* () {
    for (const each of sets) {
      try {
        yield* sys.capset(each);
        yield* writeAll(1, 'ok ');
      } catch (error) {
        if (!isOsError(error)) throw error;
        yield* writeAll(1, `${error.code} `);
      }
    }
    const { permitted } = yield* sys.capget(0);
    const ambient = yield* sys.prctl('PR_CAP_AMBIENT_IS_SET', 'CAP_KILL');
    const bounding = yield* sys.prctl('PR_CAPBSET_READ', 'CAP_CHOWN');
    yield* writeAll(1, `${permitted} ${ambient} ${bounding}`);
    return 0;
  });

test('what was given up does not come back, in any of the sets', () => {
  const all = (set: bigint): CapabilitySets => ({
    permitted: set,
    effective: set,
    inheritable: set,
    bounding: set,
    ambient: set,
  });
  expect(inTurn([all(two), { ...all(two), permitted: ALL_CAPABILITIES }])).toBe('ok EPERM 33 1 1');
  // Bounds are narrowed only by those who have CAP_SETPCAP.
  expect(inTurn([all(two), all(one)])).toBe('ok EPERM 33 1 1');
  expect(inTurn([{ ...all(two), bounding: one }])).toBe(`EPERM ${ALL_CAPABILITIES} 0 1`);
  expect(inTurn([{ ...all(two), inheritable: 0n }])).toBe(`EPERM ${ALL_CAPABILITIES} 0 1`);
  expect(inTurn([{ ...all(two), effective: ALL_CAPABILITIES }])).toBe(`EPERM ${ALL_CAPABILITIES} 0 1`);
  expect(inTurn([{ ...all(two), inheritable: 0n, ambient: 0n }])).toBe('ok 33 0 1');
});

test('a range of descriptors is closed, and those around it stay', () => {
  const output = run(function* () {
    for (let fd = 3; fd < 8; fd++) yield* sys.dup(1);
    yield* sys.close_range(4, 6);
    yield* writeAll(1, `${yield* sys.dup(1)} ${yield* sys.dup(1)} ${yield* sys.dup(1)} ${yield* sys.dup(1)}`);
    return 0;
  });
  expect(output).toBe('4 5 6 8');
});

test('a range of descriptors is closed by execve(2), and only by that', () => {
  const listed: Program = function* () {
    const names = (yield* sys.getdents(yield* sys.open('/proc/self/fd', O_RDONLY))).map(({ name }) => name);
    yield* writeAll(1, names.join(' '));
    return 0;
  };
  const main: Program = function* () {
    for (let fd = 3; fd < 8; fd++) yield* sys.dup(1);
    const refused = yield* sys.close_range(6, 5, CLOSE_RANGE_CLOEXEC).orError();
    yield* sys.close_range(4, 6, CLOSE_RANGE_CLOEXEC);
    yield* writeAll(4, `${refused} ${yield* sys.dup(1)} `);
    return yield* sys.execve('/usr/bin/listed', ['listed'], new Map());
  };
  expect(testHost({ main, listed }).run(['/usr/bin/main']).output).toBe(
    'OsError: Invalid argument 8 . .. 0 1 2 3 4 7 8',
  );
});
