/** Who pays for memory, and what happens when there is no more, asked as questions. */
import { describe, expect, test } from 'vitest';
import { SECOND } from '../../../src/base/index.ts';
import { O_CREAT, O_WRONLY, readFile, type Sys, sys, writeAll } from '../../../src/linux/index.ts';
import { onHost, set } from '../../support/cgroupShares.ts';

const ROOT = '/sys/fs/cgroup';
const MIB = 2 ** 20;

function* group(name: string, settings: Readonly<Record<string, string>> = {}): Sys<string> {
  const path = `${ROOT}/${name}`;
  yield* sys.mkdir(path, 0o755);
  for (const [file, value] of Object.entries(settings)) yield* set(`${path}/${file}`, value);
  return path;
}

function* read(file: string): Sys<string> {
  return new TextDecoder().decode(yield* readFile(file));
}

/** A line of memory.stat or memory.events. */
function* line(file: string, key: string): Sys<number> {
  return Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(yield* read(file))?.[1]);
}

/** A child in `path` that holds so much memory and sleeps; its pid. */
function* holder(path: string, bytes: number): Sys<number> {
  const pid = yield* sys.fork(function* () {
    yield* set(`${path}/cgroup.procs`, '0');
    yield* sys.brk(bytes);
    yield* sys.touch(bytes);
    for (;;) yield* sys.pause();
  });
  yield* sys.nanosleep(SECOND / 10);
  return pid;
}

function* end(pid: number): Sys<void> {
  yield* sys.kill(pid, 'KILL');
  yield* sys.wait4(pid);
}

function* writeFile(path: string, bytes: number): Sys<void> {
  const fd = yield* sys.open(path, O_WRONLY | O_CREAT, 0o644);
  yield* writeAll(fd, new Uint8Array(bytes));
  yield* sys.close(fd);
}

/** What `body` answers, on a host of 4 GiB. */
const ask = <T>(body: () => Sys<T>): T =>
  onHost<T>(
    2,
    (tell) =>
      function* () {
        tell(yield* body());
        return 0;
      },
  );

describe('who pays', () => {
  test('does memory stay where it was charged when a process moves?', () => {
    const used = ask(function* () {
      const [a, b] = [yield* group('a'), yield* group('b')];
      const pid = yield* holder(a, 8 * MIB);
      yield* set(`${b}/cgroup.procs`, `${pid}`);
      const before = [Number(yield* read(`${a}/memory.current`)), Number(yield* read(`${b}/memory.current`))];
      yield* end(pid);
      return [...before, Number(yield* read(`${a}/memory.current`))];
    });
    expect(used[0]).toBeGreaterThanOrEqual(8 * MIB);
    expect(used.slice(1)).toEqual([0, 0]);
  });

  test('who pays for a file in a tmpfs whose writer and its group are gone?', () => {
    const [before, after, deleted] = ask(function* () {
      yield* sys.mount('tmpfs', '/tmp', 'tmpfs', 0, '');
      const above = yield* group('above', { 'cgroup.subtree_control': '+memory' });
      const below = yield* group('above/below');
      const pid = yield* sys.fork(function* () {
        yield* set(`${below}/cgroup.procs`, '0');
        yield* writeFile('/tmp/f', 3 * MIB);
        return 0;
      });
      yield* sys.wait4(pid);
      const kept = yield* line(`${below}/memory.stat`, 'shmem');
      yield* sys.rmdir(below);
      const left = yield* line(`${above}/memory.stat`, 'shmem');
      yield* sys.unlink('/tmp/f');
      return [kept, left, yield* line(`${above}/memory.stat`, 'shmem')];
    });
    expect([before, after, deleted]).toEqual([3 * MIB, 3 * MIB, 0]);
  });

  test('do pages of files give way to a process, so that nobody is killed?', () => {
    const [file, kills, left] = ask(function* () {
      const a = yield* group('a', { 'memory.max': '8M' });
      const writer = yield* sys.fork(function* () {
        yield* set(`${a}/cgroup.procs`, '0');
        yield* writeFile('/root/g', 5 * MIB);
        return 0;
      });
      yield* sys.wait4(writer);
      const cached = yield* line(`${a}/memory.stat`, 'file');
      const pid = yield* holder(a, 6 * MIB);
      const answer = [
        cached,
        yield* line(`${a}/memory.events`, 'oom_kill'),
        yield* line(`${a}/memory.stat`, 'file'),
      ];
      yield* end(pid);
      return answer;
    });
    expect(file).toBe(5 * MIB);
    expect(kills).toBe(0);
    expect(left).toBe(2 * MIB);
  });

  test('does memory.reclaim take what can be taken, and say when that is not enough?', () => {
    const answer = ask(function* () {
      const a = yield* group('a');
      const pid = yield* sys.fork(function* () {
        yield* set(`${a}/cgroup.procs`, '0');
        yield* writeFile('/root/g', 5 * MIB);
        return 0;
      });
      yield* sys.wait4(pid);
      yield* set(`${a}/memory.reclaim`, '2M');
      const left = yield* line(`${a}/memory.stat`, 'file');
      try {
        yield* set(`${a}/memory.reclaim`, '10M');
        return [left, 'enough'];
      } catch (error) {
        return [left, (error as Error).message, yield* line(`${a}/memory.stat`, 'file')];
      }
    });
    expect(answer).toEqual([3 * MIB, 'Resource temporarily unavailable', 0]);
  });

  test('are the pages of a group below its memory.low spared while others have some?', () => {
    const files = ask(function* () {
      const above = yield* group('above', { 'cgroup.subtree_control': '+memory', 'memory.max': '12M' });
      const [dear, other] = [yield* group('above/dear', { 'memory.low': '6M' }), yield* group('above/other')];
      for (const [path, name] of [
        [dear, 'd'],
        [other, 'o'],
      ] as const) {
        const pid = yield* sys.fork(function* () {
          yield* set(`${path}/cgroup.procs`, '0');
          yield* writeFile(`/root/${name}`, 5 * MIB);
          return 0;
        });
        yield* sys.wait4(pid);
      }
      const pid = yield* holder(other, 5 * MIB);
      const answer = [
        yield* line(`${dear}/memory.stat`, 'file'),
        yield* line(`${other}/memory.stat`, 'file'),
      ];
      yield* end(pid);
      return [...answer, yield* line(`${above}/memory.events`, 'oom_kill')];
    });
    expect(files[0]).toBe(5 * MIB);
    expect(files[1]).toBe(2 * MIB);
    expect(files[2]).toBe(0);
  });
});

describe('when there is no more', () => {
  test('is whoever is above memory.high slowed down, and not killed?', () => {
    const [slow, fast] = ask(function* () {
      const times: number[] = [];
      for (const [name, high] of [
        ['a', '4M'],
        ['b', 'max'],
      ] as const) {
        const path = yield* group(name, { 'memory.high': high });
        const start = yield* sys.clock_gettime('monotonic');
        const pid = yield* sys.fork(function* () {
          yield* set(`${path}/cgroup.procs`, '0');
          yield* sys.brk(8 * MIB);
          for (let i = 0; i < 8; i++) yield* sys.touch(MIB);
          return 0;
        });
        const { state } = yield* sys.wait4(pid);
        const now = yield* sys.clock_gettime('monotonic');
        times.push(
          state.kind === 'exited' ? now.sec - start.sec + (now.nsec - start.nsec) / 1e9 : Number.NaN,
        );
      }
      return times;
    });
    expect(fast).toBeLessThan(0.1);
    expect(slow).toBeGreaterThan(4);
  });

  test('is the largest killed when the whole host has no more, whoever asks?', () => {
    const answer = ask(function* () {
      const large = yield* sys.fork(function* () {
        yield* sys.brk(3000 * MIB);
        for (let i = 0; i < 3000; i++) yield* sys.touch(MIB);
        for (;;) yield* sys.pause();
      });
      yield* sys.nanosleep(2 * SECOND);
      yield* sys.brk(1500 * MIB);
      for (let i = 0; i < 1500; i++) yield* sys.touch(MIB);
      const { state } = yield* sys.wait4(large);
      const log = yield* sys.syslog();
      return [
        JSON.stringify(state),
        /constraint=CONSTRAINT_NONE.*global_oom/.test(log),
        /Out of memory: Killed/.test(log),
      ];
    });
    expect(answer).toEqual(['{"kind":"signaled","signal":"KILL"}', true, true]);
  });

  test('who is never to be killed leaves ENOMEM to those who ask', () => {
    const message = ask(function* () {
      const a = yield* group('a', { 'memory.max': '4M' });
      const pid = yield* sys.fork(function* () {
        yield* set('/proc/self/oom_score_adj', '-1000');
        yield* set(`${a}/cgroup.procs`, '0');
        yield* sys.brk(8 * MIB);
        try {
          yield* sys.touch(8 * MIB);
        } catch (error) {
          return (error as Error).message === 'Cannot allocate memory' ? 3 : 4;
        }
        return 5;
      });
      const { state } = yield* sys.wait4(pid);
      return JSON.stringify(state);
    });
    expect(message).toBe('{"kind":"exited","code":3}');
  });
});
