/** The disk's time by io.weight and io.max: against a fluid model that is reckoned in another way, and what no single number shows. */
import { describe, expect, test } from 'vitest';
import { MILLISECOND, Random, SECOND } from '../../../src/base/index.ts';
import { O_CREAT, O_DIRECT, O_WRONLY, readFile, type Sys, sys } from '../../../src/linux/index.ts';
import { expectedShares, type Group, onHost, set } from '../../support/cgroupShares.ts';

const ROOT = '/sys/fs/cgroup';
const KIB = 1024;

/** Nanoseconds of the disk: blk-iocost's model of an SSD, with the figures that /sys/fs/cgroup/io.cost.model shows on Linux 6.12. */
const PAGE_WRITE = 1e9 / (427_891_549 / 4096);
const REQUEST_WRITE = 1e9 / 28_755 - PAGE_WRITE;
const PAGE_READ = 1e9 / (488_636_629 / 4096);
const REQUEST_READ = 1e9 / 8_932 - PAGE_READ;

const writeTime = (bytes: number, requests: number) => requests * REQUEST_WRITE + (bytes / 4096) * PAGE_WRITE;

/** Processes that write without end, past the page cache, as many as the group has hogs. */
const group = (weight: number, writers: number, groups: Group['groups'] = {}): Group => ({
  weight,
  hogs: Array.from({ length: writers }, () => 0),
  groups,
});

function* writer(path: string, file: string, size: number): Sys<number> {
  yield* set(`${ROOT}${path}/cgroup.procs`, '0');
  const fd = yield* sys.open(file, O_WRONLY | O_CREAT | O_DIRECT, 0o644);
  const data = new Uint8Array(size);
  for (;;) {
    yield* sys.lseek(fd, 0, 'set');
    yield* sys.write(fd, data);
  }
}

function* make(groups: Group['groups'], path: string, size: number): Sys<void> {
  for (const [name, { weight, hogs, groups: below }] of Object.entries(groups)) {
    const own = `${path}/${name}`;
    yield* sys.mkdir(ROOT + own, 0o755);
    yield* set(`${ROOT}${own}/io.weight`, `${weight}`);
    if (Object.keys(below).length > 0) yield* set(`${ROOT}${own}/cgroup.subtree_control`, '+io');
    yield* make(below, own, size);
    for (const i of hogs.keys())
      yield* sys.fork(() => writer(own, `/root/${own.replaceAll('/', '-')}${i}`, size));
  }
}

/** Nanoseconds of the disk that a group has had, from its io.stat. */
function* usedBy(path: string): Sys<number> {
  const text = new TextDecoder().decode(yield* readFile(`${ROOT}${path}/io.stat`));
  const found = /wbytes=(\d+) .*wios=(\d+)/.exec(text);
  return found === null ? 0 : writeTime(Number(found[1]), Number(found[2]));
}

const pathsOf = (groups: Group['groups'], path = ''): string[] =>
  Object.entries(groups).flatMap(([name, { groups: below }]) => [
    `${path}/${name}`,
    ...pathsOf(below, `${path}/${name}`),
  ]);

/** Each group’s part of the disk, over an eighth of a second. */
function measured(
  groups: Group['groups'],
  limits: Readonly<Record<string, string>> = {},
): Map<string, number> {
  return onHost(
    4,
    (tell) =>
      function* () {
        yield* set(`${ROOT}/cgroup.subtree_control`, '+io');
        yield* make(groups, '', 64 * KIB);
        for (const [path, limit] of Object.entries(limits))
          yield* set(`${ROOT}${path}/io.max`, `254:0 ${limit}`);
        yield* sys.nanosleep(50 * MILLISECOND);
        const before: number[] = [];
        for (const path of pathsOf(groups)) before.push(yield* usedBy(path));
        yield* sys.nanosleep(SECOND / 8);
        const shares = new Map<string, number>();
        for (const [i, path] of pathsOf(groups).entries())
          shares.set(path, ((yield* usedBy(path)) - before[i]!) / (SECOND / 8));
        tell(shares);
        return 0;
      },
  );
}

function expectFair(groups: Group['groups']): void {
  const got = measured(groups);
  for (const [path, share] of expectedShares(groups, 1))
    expect(Math.abs(got.get(path)! - share), `${path} of ${JSON.stringify(groups)}`).toBeLessThan(0.02);
}

describe('weights', () => {
  test.each<[string, Group['groups']]>([
    ['three to one', { a: group(100, 2), b: group(300, 2) }],
    ['a crowd has no more than one group has', { a: group(100, 8), b: group(100, 2) }],
    ['the least and the most', { a: group(1, 2), b: group(10_000, 2) }],
    ['groups in groups', { a: group(100, 0, { b: group(100, 2), c: group(400, 3) }), d: group(100, 2) }],
  ])('%s', (_, groups) => expectFair(groups));

  test('random trees', () => {
    const random = Random.fromSeed('disk');
    for (let round = 0; round < 8; round++) {
      const weight = () => [10, 50, 100, 250, 1000][random.below(5)]!;
      const leaf = () => group(weight(), 2 + random.below(3));
      const groups: Record<string, Group> = {};
      for (let i = 0; i <= random.below(3) + 1; i++)
        groups[`g${i}`] = random.below(3) === 0 ? group(weight(), 0, { x: leaf(), y: leaf() }) : leaf();
      expectFair(groups);
    }
  });

  test('what a limit keeps from a group goes to the others', () => {
    const groups = { a: group(300, 2), b: group(100, 2) };
    const requests = 0.2 * (1e9 / writeTime(64 * KIB, 1));
    const got = measured(groups, { '/a': `wiops=${Math.round(requests)}` });
    expect(got.get('/a')).toBeCloseTo(0.2, 2);
    expect(got.get('/b')).toBeCloseTo(0.8, 1);
    expect(got.get('/b')).toBeGreaterThan(0.77);
  });

  test('a weight that changes holds for what is on its way', () => {
    const took = onHost<number>(
      2,
      (tell) =>
        function* () {
          yield* set(`${ROOT}/cgroup.subtree_control`, '+io');
          for (const name of ['a', 'b']) yield* sys.mkdir(`${ROOT}/${name}`, 0o755);
          // 40 MiB take the disk a tenth of a second.
          const child = yield* sys.fork(function* () {
            yield* set(`${ROOT}/a/cgroup.procs`, '0');
            const fd = yield* sys.open('/root/f', O_WRONLY | O_CREAT | O_DIRECT, 0o644);
            yield* sys.write(fd, new Uint8Array(40 * KIB * KIB));
            return 0;
          });
          for (let i = 0; i < 2; i++) yield* sys.fork(() => writer('/b', `/root/g${i}`, 64 * KIB));
          const start = yield* sys.clock_gettime('monotonic');
          yield* sys.nanosleep(100 * MILLISECOND);
          yield* set(`${ROOT}/b/io.weight`, '1');
          yield* sys.wait4(child);
          const end = yield* sys.clock_gettime('monotonic');
          tell((end.sec - start.sec) * SECOND + end.nsec - start.nsec);
          return 0;
        },
    );
    // Half of the disk for a tenth of a second, then nearly all.
    const alone = writeTime(40 * KIB * KIB, 40);
    expect(took / MILLISECOND).toBeGreaterThan((alone + 50 * MILLISECOND) / MILLISECOND);
    expect(took / MILLISECOND).toBeLessThan((alone + 60 * MILLISECOND) / MILLISECOND);
  });
});

describe('how long one call takes that has the disk for itself', () => {
  /** Nanoseconds. */
  function time(prepare: () => Sys<unknown>, call: (prepared: unknown) => Sys<unknown>): number {
    return onHost<number>(
      1,
      (tell) =>
        function* () {
          const prepared = yield* prepare();
          const start = yield* sys.clock_gettime('monotonic');
          yield* call(prepared);
          const end = yield* sys.clock_gettime('monotonic');
          tell((end.sec - start.sec) * SECOND + end.nsec - start.nsec);
          return 0;
        },
    );
  }
  const opened = (flags: number) => () => sys.open('/root/f', O_WRONLY | O_CREAT | flags, 0o644);

  test('write(2) of 4 KiB with O_DIRECT: a request of one page', () => {
    const took = time(opened(O_DIRECT), (fd) => sys.write(fd as number, new Uint8Array(4 * KIB)));
    expect(Math.abs(took - writeTime(4 * KIB, 1))).toBeLessThan(5_000);
  });

  test('write(2) of 4 MiB with O_DIRECT: four requests', () => {
    const took = time(opened(O_DIRECT), (fd) => sys.write(fd as number, new Uint8Array(4 * KIB * KIB)));
    // Besides that the processor moves 8 GB/s.
    expect(Math.abs(took - writeTime(4 * KIB * KIB, 4) - (4 * KIB * KIB) / 8)).toBeLessThan(10_000);
  });

  test('write(2) into the page cache waits for nobody', () => {
    expect(time(opened(0), (fd) => sys.write(fd as number, new Uint8Array(4 * KIB)))).toBeLessThan(5_000);
  });

  test('fsync(2) of two pages', () => {
    const prepare = function* () {
      const fd = yield* opened(0)();
      yield* sys.write(fd, new Uint8Array(8 * KIB));
      return fd;
    };
    const took = time(prepare, (fd) => sys.fsync(fd as number));
    expect(Math.abs(took - writeTime(8 * KIB, 1))).toBeLessThan(5_000);
  });

  test('read(2) of a page that is not in memory', () => {
    const prepare = function* () {
      const fd = yield* opened(O_DIRECT)();
      yield* sys.write(fd, new Uint8Array(4 * KIB));
      return yield* sys.open('/root/f', 0);
    };
    const took = time(prepare, (fd) => sys.read(fd as number, 4 * KIB));
    expect(Math.abs(took - REQUEST_READ - PAGE_READ)).toBeLessThan(5_000);
  });
});
