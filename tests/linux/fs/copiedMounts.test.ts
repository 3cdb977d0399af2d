/** A copy of a mount namespace is made bit by bit, as it is looked at: whether somebody looks must make no difference. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeUtf8, isOsError, SECOND } from '../../../src/base/index.ts';
import {
  CLONE_NEWNS,
  type Fd,
  MNT_DETACH,
  MS_BIND,
  MS_MOVE,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_REMOUNT,
  MS_SHARED,
  MS_SLAVE,
  type Pid,
  readFile,
  type Sys,
  sys,
  writeAll,
} from '../../../src/linux/index.ts';
import { testHost } from '../../support/linuxHost.ts';

const places = ['/m', '/m/a', '/m/a/b', '/m/c', '/m/c/d'];

type Change =
  | {
      readonly kind: 'tmpfs' | 'umount' | 'detach' | 'private' | 'slave' | 'shared' | 'ro' | 'stat';
      readonly at: string;
    }
  | { readonly kind: 'bind' | 'rbind' | 'move' | 'pivot'; readonly at: string; readonly to: string };

/** A change by who has the namespace first, by its copy, or by a copy of the copy. */
type Step = Change & { readonly by: 0 | 1 | 2 };

function* make(change: Change): Sys<void> {
  const { kind, at } = change;
  switch (change.kind) {
    case 'tmpfs':
      yield* sys.mount('tmpfs', at, 'tmpfs', 0, '');
      // The places below are there, too, so that mounts come to stand on each other.
      for (const place of places) if (place.startsWith(`${at}/`)) yield* sys.mkdir(place, 0o755);
      return;
    case 'umount':
      return yield* sys.umount(at);
    case 'detach':
      return yield* sys.umount(at, MNT_DETACH);
    case 'private':
      return yield* sys.mount('', at, '', MS_PRIVATE | MS_REC, '');
    case 'slave':
      return yield* sys.mount('', at, '', MS_SLAVE | MS_REC, '');
    case 'shared':
      return yield* sys.mount('', at, '', MS_SHARED, '');
    case 'ro':
      return yield* sys.mount('', at, '', MS_REMOUNT | MS_BIND | MS_RDONLY, '');
    case 'bind':
      return yield* sys.mount(at, change.to, '', MS_BIND, '');
    case 'rbind':
      return yield* sys.mount(at, change.to, '', MS_BIND | MS_REC, '');
    case 'move':
      return yield* sys.mount(at, change.to, '', MS_MOVE, '');
    case 'pivot':
      return yield* sys.pivot_root(at, change.to);
    case 'stat':
      yield* sys.stat(at);
      return;
    default:
      throw new Error(`${kind} is no change`);
  }
}

/** What each step came to, and at the end what all three have mounted; `looking`: sync(2), which looks at all mounts, after each step. */
function played(steps: readonly Step[], looking: boolean): readonly string[] {
  const told: string[] = [];
  const pids: Pid[] = [];
  function* turn(step: Step, who: number): Sys<void> {
    if (step.by === who) {
      let came = 'done';
      try {
        yield* make(step);
      } catch (error) {
        if (!isOsError(error)) throw error;
        came = error.code;
      }
      told.push(`${who} ${JSON.stringify(step)}: ${came}`);
    }
    if (looking) yield* sys.sync();
  }
  /** Takes its turn when it is its turn, and goes when the other side has gone. */
  function* pass(who: number, incoming: Fd, outgoing: Fd): Sys<void> {
    pids[who] = yield* sys.getpid();
    for (const step of steps) {
      yield* sys.read(incoming, 1);
      yield* turn(step, who);
      yield* writeAll(outgoing, '.');
    }
    yield* sys.read(incoming, 1);
    yield* writeAll(outgoing, '.');
    yield* sys.nanosleep(SECOND);
  }
  const host = testHost({
    play: function* () {
      for (const place of places) yield* sys.mkdir(place, 0o755);
      yield* sys.mount('tmpfs', '/m', 'tmpfs', 0, '');
      for (const place of places.slice(1)) yield* sys.mkdir(place, 0o755);
      for (const place of ['/m/a', '/m/c', '/m/c']) yield* make({ kind: 'tmpfs', at: place });
      const toFirst = yield* sys.pipe();
      const toSecond = yield* sys.pipe();
      const back = yield* sys.pipe();
      const flags = CLONE_NEWNS;
      // In a namespace of its own, where /proc stays.
      yield* sys.fork(
        function* () {
          yield* sys.nanosleep(SECOND / 2);
          for (const pid of pids) told.push(decodeUtf8(yield* readFile(`/proc/${pid}/mountinfo`)));
          return 0;
        },
        { flags },
      );
      const second = function* () {
        yield* pass(2, toSecond[0], back[1]);
        return 0;
      };
      const first = function* () {
        yield* sys.fork(second, { flags });
        yield* pass(1, toFirst[0], toSecond[1]);
        return 0;
      };
      yield* sys.fork(first, { flags });
      pids[0] = yield* sys.getpid();
      for (const step of steps) {
        yield* turn(step, 0);
        yield* writeAll(toFirst[1], '.');
        yield* sys.read(back[0], 1);
      }
      yield* writeAll(toFirst[1], '.');
      yield* sys.nanosleep(SECOND);
      return 0;
    },
  });
  const { output, state } = host.run(['/usr/bin/play']);
  expect({ output, state, told: told.length }).toEqual({
    output: '',
    state: { kind: 'exited', code: 0 },
    told: steps.length + 3,
  });
  return told;
}

const by = fc.constantFrom(0 as const, 1 as const, 2 as const);
const at = fc.constantFrom(...places);
const one = fc.constantFrom('tmpfs', 'umount', 'detach', 'private', 'slave', 'shared', 'ro', 'stat');
const two = fc.constantFrom('bind', 'rbind', 'move', 'pivot');
const step = fc.oneof(
  fc.record({ by, kind: one, at }),
  fc.record({ by, kind: two, at, to: at }),
) as fc.Arbitrary<Step>;

describe('a copied mount namespace', () => {
  test('is the same whether anybody looks at it meanwhile or not', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 3, maxLength: 14 }), (steps) => {
        expect(played(steps, false)).toEqual(played(steps, true));
      }),
      { seed: 20, numRuns: 150 },
    );
  });
});
