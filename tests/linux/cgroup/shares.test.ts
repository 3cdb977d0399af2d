/** Processor time by weights and limits: against a fluid model, and what no single number shows. */
import { describe, expect, test } from 'vitest';
import { MILLISECOND, Random, SECOND } from '../../../src/base/index.ts';
import { sys } from '../../../src/linux/index.ts';
import {
  expectedShares,
  type Group,
  hog,
  measuredShares,
  onHost,
  set,
  statOf,
} from '../../support/cgroupShares.ts';

/** Groups with a quota, by path, and how many processors that is. */
function limitsOf(groups: Readonly<Record<string, Group>>, path = ''): [string, number][] {
  return Object.entries(groups).flatMap(([name, { quota, groups: below }]) => [
    ...(quota === undefined ? [] : [[`${path}/${name}`, quota / 100_000] as [string, number]]),
    ...limitsOf(below, `${path}/${name}`),
  ]);
}

const group = (weight: number, hogs: number, more: Partial<Group> = {}): Group => ({
  weight,
  hogs: Array.from({ length: hogs }, () => 0),
  groups: {},
  ...more,
});

/** Within three hundredths of a processor, or a twentieth of the share; four times that where limits come and go, but none is exceeded. */
function expectClose(groups: Readonly<Record<string, Group>>, cpus: number, limits = false): void {
  const expected = expectedShares(groups, cpus);
  const measured = measuredShares(groups, cpus, 4);
  for (const [path, limit] of limitsOf(groups)) expect(measured.get(path)!).toBeLessThan(limit + 0.005);
  for (const [path, share] of expected) {
    const text = `${path} of ${JSON.stringify({ cpus, groups })}`;
    const difference = Math.abs(measured.get(path)! - share);
    expect(difference, text).toBeLessThan((limits ? 4 : 1) * Math.max(0.03, share / 20));
  }
}

test.each<[string, number, Record<string, Group>]>([
  ['three to one', 1, { a: group(100, 1), b: group(300, 1) }],
  ['many processes have no more than one', 1, { a: group(100, 5), b: group(100, 1) }],
  [
    'one process cannot use two processors, whatever its weight',
    2,
    { a: group(10_000, 1), b: group(1, 1), c: group(1, 1) },
  ],
  ['a limit leaves the rest to the others', 2, { a: group(100, 3, { quota: 50_000 }), b: group(100, 3) }],
  ['a limit above one processor', 2, { a: group(100, 3, { quota: 150_000 }), b: group(100, 3) }],
  ['a limit holds when nobody else wants anything', 2, { a: group(100, 2, { quota: 30_000 }) }],
  [
    'a limit on what is above',
    2,
    { a: group(100, 0, { quota: 60_000, groups: { b: group(300, 2), c: group(100, 2) } }) },
  ],
  [
    'groups in groups',
    1,
    { a: group(100, 0, { groups: { b: group(100, 1), c: group(300, 2) } }), d: group(100, 1) },
  ],
])('%s', (_, cpus, groups) => expectClose(groups, cpus));

test('random trees', () => {
  const random = Random.fromSeed('shares');
  const weight = () => [10, 50, 100, 250, 1000][random.below(5)]!;
  for (let round = 0; round < 16; round++) {
    const limits = round % 2 === 1;
    const quota = () => (limits && random.below(3) === 0 ? { quota: 10_000 * (1 + random.below(15)) } : {});
    const leaf = () => group(weight(), 1 + random.below(3), quota());
    const groups: Record<string, Group> = {};
    for (let i = 0; i <= random.below(3) + 1; i++)
      groups[`g${i}`] =
        random.below(3) === 0 ? group(weight(), 0, { groups: { x: leaf(), y: leaf() } }) : leaf();
    expectClose(groups, 1 + random.below(3), limits);
  }
});

test('nice is a weight among the processes of a group', () => {
  const times = onHost<number[]>(
    1,
    (tell) =>
      function* () {
        yield* sys.mkdir('/sys/fs/cgroup/a', 0o755);
        const pids: number[] = [];
        for (const nice of [0, 5, -5]) pids.push(yield* sys.fork(() => hog('/a', nice)));
        yield* sys.nanosleep(10 * SECOND);
        const used: number[] = [];
        for (const pid of pids) {
          yield* sys.kill(pid, 'KILL');
          const before = (yield* sys.times()).children;
          yield* sys.wait4(pid);
          used.push((yield* sys.times()).children - before);
        }
        tell(used);
        return 0;
      },
  );
  const total = times.reduce((sum, time) => sum + time, 0);
  const weights = [1024, 335, 3121];
  for (const [i, time] of times.entries()) expect(time / total).toBeCloseTo(weights[i]! / 4480, 1.5);
});

describe('limits', () => {
  test('in no period is more used than the quota, and what was too much is paid back', () => {
    const windows = onHost<number[]>(
      2,
      (tell) =>
        function* () {
          yield* sys.mkdir('/sys/fs/cgroup/a', 0o755);
          yield* set('/sys/fs/cgroup/a/cpu.max', '30000 100000');
          for (let i = 0; i < 3; i++) yield* sys.fork(() => hog('/a', 0));
          const uses: number[] = [];
          for (let i = 0; i < 400; i++) {
            uses.push(yield* statOf('/a', 'usage_usec'));
            yield* sys.nanosleep(5 * MILLISECOND);
          }
          tell(uses.slice(20).map((use, i) => use - uses[i]!));
          return 0;
        },
    );
    // Two processors go on to the end of their millisecond, at either end of the period.
    expect(Math.max(...windows)).toBeLessThanOrEqual(30_000 + 4 * 1000);
    expect(windows.reduce((sum, use) => sum + use, 0) / windows.length).toBeGreaterThan(29_000);
  });

  test('what is not used of a quota may be saved as cpu.max.burst says', () => {
    const [usage, bursts, burst] = onHost<number[]>(
      1,
      (tell) =>
        function* () {
          yield* sys.mkdir('/sys/fs/cgroup/a', 0o755);
          yield* set('/sys/fs/cgroup/a/cpu.max', '20000 100000');
          yield* set('/sys/fs/cgroup/a/cpu.max.burst', '20000');
          const pid = yield* sys.fork(function* () {
            yield* set('/sys/fs/cgroup/a/cgroup.procs', '0');
            for (let i = 0; i < 5; i++) {
              yield* sys.compute(MILLISECOND);
              yield* sys.nanosleep(99 * MILLISECOND);
            }
            for (;;) yield* sys.compute(SECOND);
          });
          yield* sys.nanosleep(650 * MILLISECOND);
          tell([
            yield* statOf('/a', 'usage_usec'),
            yield* statOf('/a', 'nr_bursts'),
            yield* statOf('/a', 'burst_usec'),
          ]);
          yield* sys.kill(pid, 'KILL');
          return 0;
        },
    );
    expect(usage).toBeGreaterThan(60_000);
    expect(usage).toBeLessThan(68_000);
    expect(bursts).toBe(1);
    expect(burst).toBeGreaterThan(15_000);
  });

  test('cpu.stat tells how often and how long', () => {
    const [periods, throttled, time] = onHost<number[]>(
      1,
      (tell) =>
        function* () {
          yield* sys.mkdir('/sys/fs/cgroup/a', 0o755);
          yield* set('/sys/fs/cgroup/a/cpu.max', '20000 100000');
          const pid = yield* sys.fork(() => hog('/a', 0));
          yield* sys.nanosleep(3 * SECOND);
          yield* sys.kill(pid, 'KILL');
          tell([
            yield* statOf('/a', 'nr_periods'),
            yield* statOf('/a', 'nr_throttled'),
            yield* statOf('/a', 'throttled_usec'),
          ]);
          return 0;
        },
    );
    expect([periods, throttled]).toEqual([30, 30]);
    expect(time! / 1e6).toBeCloseTo(2.4, 1);
  });
});

test('who sleeps most of the time is not kept waiting by those who never do', () => {
  const worst = onHost<number>(
    1,
    (tell) =>
      function* () {
        for (const name of ['a', 'b']) yield* sys.mkdir(`/sys/fs/cgroup/${name}`, 0o755);
        for (let i = 0; i < 8; i++) yield* sys.fork(() => hog('/a', 0));
        yield* set('/sys/fs/cgroup/b/cgroup.procs', '0');
        let late = 0;
        for (let i = 0; i < 200; i++) {
          const before = yield* sys.clock_gettime('monotonic');
          yield* sys.nanosleep(10 * MILLISECOND);
          yield* sys.compute(MILLISECOND / 10);
          const after = yield* sys.clock_gettime('monotonic');
          late = Math.max(
            late,
            (after.sec - before.sec) * SECOND + after.nsec - before.nsec - 10.1 * MILLISECOND,
          );
        }
        tell(late);
        return 0;
      },
  );
  expect(worst).toBeLessThan(2.5 * MILLISECOND);
});

test('no processor is idle while somebody wants it', () => {
  const idle = onHost<number>(
    3,
    (tell) =>
      function* () {
        for (const name of ['a', 'b']) yield* sys.mkdir(`/sys/fs/cgroup/${name}`, 0o755);
        const start = yield* sys.clock_gettime('monotonic');
        for (const [name, count] of [
          ['/a', 1],
          ['/b', 4],
        ] as const)
          for (let i = 0; i < count; i++) yield* sys.fork(() => hog(name, 0));
        yield* sys.nanosleep(2 * SECOND);
        const now = yield* sys.clock_gettime('monotonic');
        const time = (now.sec - start.sec) * 1e6 + (now.nsec - start.nsec) / 1000;
        tell(3 * time - (yield* statOf('/a', 'usage_usec')) - (yield* statOf('/b', 'usage_usec')));
        return 0;
      },
  );
  expect(idle).toBeLessThan(10_000);
});
