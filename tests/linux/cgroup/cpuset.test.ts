/** On which processors processes run: what the files of the controller take, and what each then gets. */
import { describe, expect, test, vi } from 'vitest';
import { Random, SECOND } from '../../../src/base/index.ts';
import { type Sys, sys } from '../../../src/linux/index.ts';
import { Scheduler } from '../../../src/linux/tasks/scheduler.ts';
import { onHost, set } from '../../support/cgroupShares.ts';
import { commandHost } from '../../support/commandHost.ts';

interface Hog {
  readonly cpus: readonly number[];
  readonly nice?: number;
}

/** Processors that each hog had on average over four seconds; all are in the root group, confined by sched_setaffinity(2). */
function shares(hogs: readonly Hog[], cpus: number): number[] {
  return onHost(
    cpus,
    (tell) =>
      function* () {
        const pids: number[] = [];
        for (const { cpus, nice = 0 } of hogs)
          pids.push(
            yield* sys.fork(function* (): Sys<number> {
              yield* sys.sched_setaffinity(0, cpus);
              if (nice !== 0) yield* sys.setpriority(0, nice);
              for (;;) yield* sys.compute(SECOND);
            }),
          );
        yield* sys.nanosleep(4 * SECOND);
        const used: number[] = [];
        for (const pid of pids) {
          yield* sys.kill(pid, 'KILL');
          const before = (yield* sys.times()).children;
          yield* sys.wait4(pid);
          used.push(((yield* sys.times()).children - before) / (4 * SECOND));
        }
        tell(used);
        return 0;
      },
  );
}

/** The fair shares by raising one level by bisection: nobody above one processor, no set of processors with more than it has. */
function fairShares(hogs: readonly Hog[], cpus: number): number[] {
  const weights = hogs.map(({ nice = 0 }) => 1.25 ** -nice);
  const fixed = hogs.map(() => -1);
  const at = (level: number) => hogs.map((_, i) => (fixed[i]! >= 0 ? fixed[i]! : weights[i]! * level));
  const sets = Array.from({ length: 2 ** cpus - 1 }, (_, i) => i + 1);
  const mask = ({ cpus }: Hog) => cpus.reduce((sum, cpu) => sum | (1 << cpu), 0);
  const size = (set: number) => set.toString(2).replaceAll('0', '').length;
  const load = (parts: readonly number[], set: number) =>
    hogs.reduce((sum, hog, i) => sum + ((mask(hog) & ~set) === 0 ? parts[i]! : 0), 0);
  const fits = (parts: readonly number[]) =>
    parts.every((part) => part <= 1 + 1e-9) && sets.every((set) => load(parts, set) <= size(set) + 1e-9);
  while (fixed.includes(-1)) {
    let [low, high] = [0, 1e6];
    for (let i = 0; i < 80; i++) {
      const middle = (low + high) / 2;
      if (fits(at(middle))) low = middle;
      else high = middle;
    }
    const parts = at(low);
    const tight = sets.filter((set) => load(parts, set) > size(set) - 1e-6);
    for (const [i, hog] of hogs.entries())
      if (fixed[i]! < 0 && (parts[i]! > 1 - 1e-6 || tight.some((set) => (mask(hog) & ~set) === 0)))
        fixed[i] = parts[i]!;
  }
  return fixed;
}

test.each<[string, number, Hog[]]>([
  ['two on one processor leave the other idle', 2, [{ cpus: [0] }, { cpus: [0] }]],
  ['who may go anywhere makes room', 2, [{ cpus: [0, 1] }, { cpus: [1] }]],
  ['three to one by nice, on one of two', 2, [{ cpus: [1] }, { cpus: [1], nice: 5 }]],
  ['a crowd on one, one alone', 2, [{ cpus: [0] }, { cpus: [1] }, { cpus: [1] }, { cpus: [1] }]],
  ['free ones even it out', 2, [{ cpus: [0] }, { cpus: [0, 1] }, { cpus: [0, 1] }]],
  ['chains of sets', 3, [{ cpus: [0] }, { cpus: [0, 1] }, { cpus: [1, 2] }, { cpus: [2] }, { cpus: [2] }]],
])('%s', (_, cpus, hogs) => {
  const measured = shares(hogs, cpus);
  for (const [i, share] of fairShares(hogs, cpus).entries())
    expect(Math.abs(measured[i]! - share), `${i} of ${JSON.stringify(measured)}`).toBeLessThan(0.03);
});

test('random sets', () => {
  const random = Random.fromSeed('cpusets');
  for (let round = 0; round < 10; round++) {
    const cpus = 2 + random.below(3);
    const hogs = Array.from({ length: 2 + random.below(5) }, () => {
      const mask = 1 + random.below(2 ** cpus - 1);
      const own = Array.from({ length: cpus }, (_, i) => i).filter((i) => (mask >> i) & 1);
      return { cpus: own, nice: [0, 0, 3, -3][random.below(4)]! };
    });
    const measured = shares(hogs, cpus);
    for (const [i, share] of fairShares(hogs, cpus).entries())
      expect(
        Math.abs(measured[i]! - share),
        `${round}: ${i} of ${JSON.stringify({ hogs, measured })}`,
      ).toBeLessThan(0.06);
  }
});

test('a new set holds at once, and the quota of a group holds beside it', () => {
  const uses = onHost<number[]>(
    2,
    (tell) =>
      function* () {
        const use = function* (pid: number): Sys<number> {
          yield* sys.kill(pid, 'KILL');
          const before = (yield* sys.times()).children;
          yield* sys.wait4(pid);
          return ((yield* sys.times()).children - before) / SECOND;
        };
        const root = '/sys/fs/cgroup';
        yield* set(`${root}/cgroup.subtree_control`, '+cpuset +cpu');
        yield* sys.mkdir(`${root}/a`, 0o755);
        yield* set(`${root}/a/cpu.max`, '50000 100000');
        const hog = function* (group: string | null): Sys<number> {
          if (group !== null) yield* set(`${root}/${group}/cgroup.procs`, '0');
          for (;;) yield* sys.compute(SECOND);
        };
        const limited = yield* sys.fork(() => hog('a'));
        const free = yield* sys.fork(() => hog(null));
        yield* sys.nanosleep(2 * SECOND);
        yield* set(`${root}/a/cpuset.cpus`, '1');
        yield* sys.sched_setaffinity(free, [1]);
        yield* sys.nanosleep(2 * SECOND);
        tell([yield* use(limited), yield* use(free)]);
        return 0;
      },
  );
  expect(uses[0]).toBeCloseTo(2, 1);
  expect(uses[1]).toBeCloseTo(3, 1);
});

describe('files', () => {
  const { command } = commandHost({ '/sys': { type: 'dir' } });
  const run = (script: string) => {
    const { stdout, stderr } = command(`cd /sys/fs/cgroup; ${script}`);
    return stdout + stderr.replace(/^.*?: line \d+: /gm, '');
  };

  test('lists as the kernel reads and shows them, and what is of effect', () => {
    expect(run('cat cpuset.cpus.effective cpuset.mems.effective; ls | grep -c cpuset')).toBe('0-1\n0\n2\n');
    expect(
      run(
        'echo +cpuset > cgroup.subtree_control; mkdir a; cd a; head cpuset.*; for v in 1 0,1 0-1 all N 0-N:1/2 "" ; do echo "$v" > cpuset.cpus; cat cpuset.cpus cpuset.cpus.effective; done',
      ),
    ).toBe(
      '==> cpuset.cpus <==\n\n\n==> cpuset.cpus.effective <==\n0-1\n\n==> cpuset.mems <==\n\n\n==> cpuset.mems.effective <==\n0\n' +
        '1\n1\n0-1\n0-1\n0-1\n0-1\n0-1\n0-1\n1\n1\n0\n0\n\n0-1\n',
    );
    expect(
      run(
        'cd a; for v in 9 0-2 x 1-0 0-1:2 0-1:3/2; do echo $v > cpuset.cpus; done; echo 1 > cpuset.mems; echo 1024 > cpuset.mems; echo 0 > cpuset.mems; cat cpuset.mems',
      ),
    ).toBe(
      `0\n${['Numerical result out of range', 'Numerical result out of range', ...Array(5).fill('Invalid argument'), 'Numerical result out of range'].map((text) => `echo: write error: ${text}\n`).join('')}`,
    );
  });

  test('below: what there is of it, and what is above where that is nothing', () => {
    expect(
      run(
        'echo +cpuset > a/cgroup.subtree_control; mkdir a/b; echo 1 > a/cpuset.cpus; echo 0 > a/b/cpuset.cpus; cat a/b/cpuset.cpus a/b/cpuset.cpus.effective; echo 0-1 > a/b/cpuset.cpus; cat a/b/cpuset.cpus.effective; echo 0 > a/cpuset.cpus; cat a/b/cpuset.cpus.effective',
      ),
    ).toBe('0\n1\n1\n0\n');
  });

  test('a process goes by both, its own wish and its group', () => {
    expect(
      run(
        'sh -c \'echo $$ > a/b/cgroup.procs; nproc; grep Cpus /proc/$$/status; taskset -c 1 true; taskset -cp 0,1 $$ >/dev/null; taskset -cp $$; echo 1 > a/cpuset.cpus; taskset -cp $$; taskset -cp 1 $$; echo > a/b/cpuset.cpus; echo 0-1 > a/cpuset.cpus; taskset -cp $$; echo > a/cpuset.cpus; echo $$ > cgroup.procs; echo > a/b/cpuset.cpus; cat a/b/cpuset.cpus\' 2>&1 | sed "s/pid [0-9]*/pid N/"; echo -cpuset > a/cgroup.subtree_control; ls a/b | grep -c cpuset; rmdir a/b a; echo -cpuset > cgroup.subtree_control',
      ),
    ).toBe(
      '1\nCpus_allowed:\t1\nCpus_allowed_list:\t0\n' +
        "taskset: failed to set pid N's affinity: Invalid argument\npid N's current affinity list: 0\npid N's current affinity list: 1\n" +
        "pid N's current affinity list: 1\npid N's new affinity list: 1\n" +
        'sh: line 1: echo: write error: No space left on device\n' +
        "pid N's current affinity list: 1\n" +
        'sh: line 1: echo: write error: No space left on device\n\n0\n',
    );
  });

  test('another’s process needs CAP_SYS_NICE, and /proc/PID/stat says where one runs', () => {
    const { stdout, stderr } = command(
      'sleep 100 & su student -c "taskset -p 1 $!" | sed "s/pid [0-9]*/pid N/"; kill $!; for c in 0 1; do taskset -c $c cut -d " " -f 39 /proc/self/stat; done; taskset -c 1 sleep 9 & sleep 0.1; ps -o psr,comm -p $!; kill $!',
    );
    expect(stdout).toBe("pid N's current affinity mask: 3\n0\n1\nPSR COMMAND\n  1 sleep\n");
    expect(stderr).toMatch(/^taskset: failed to set pid \d+'s affinity: Operation not permitted$/m);
  });
});

test('a zombie takes a set as a living process does, of which the scheduler hears nothing', () => {
  const told = onHost<unknown>(
    2,
    (tell) =>
      function* () {
        const pid = yield* sys.fork(function* (): Sys<number> {
          return 0;
        });
        yield* sys.nanosleep(SECOND);
        const confine = vi.spyOn(Scheduler.prototype, 'confine');
        yield* sys.sched_setaffinity(pid, [1]);
        tell([yield* sys.sched_getaffinity(pid), confine.mock.calls.length]);
        confine.mockRestore();
        return 0;
      },
  );
  expect(told).toEqual([[1], 0]);
});

test('five thousand ranges are one set', () => {
  const { command } = commandHost();
  const { stdout } = command("taskset -c $(printf '0-8192,%.0s' $(seq 5000))0 nproc");
  expect(stdout).toBe('2\n');
});
