/** Pressure stall information: against what a real kernel did with the same lines (Linux 6.12, one processor), and against numbers reckoned by hand. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../../src/base/index.ts';
import { O_CREAT, O_DIRECT, O_WRONLY, readFile, type Sys, sys } from '../../../src/linux/index.ts';
import { hog, onHost, set } from '../../support/cgroupShares.ts';
import { recordedParts, simulatedParts } from '../../support/cgroupTranscripts.ts';

const recorded = recordedParts('pressure');
const disk = { title: 'the disk', text: '$ DEV=254:0 PART=254:1 DISKDIR=/root\n' };
const [, ...simulated] = simulatedParts([disk, ...recorded], { cpus: 1 });

test.each(recorded.map(({ title, text }, i) => [title, text, i] as const))('%s', (title, text, i) => {
  expect(simulated[i]?.title).toBe(title);
  expect(simulated[i]!.text).toBe(text);
});

const ROOT = '/sys/fs/cgroup';

/** Hundredths of the time between two looks, `seconds` apart, by the totals of a file's lines. */
function* rates(file: string, seconds: number): Sys<{ some: number; full: number }> {
  const look = function* () {
    const text = new TextDecoder().decode(yield* readFile(file));
    return ['some', 'full'].map((name) =>
      Number(new RegExp(`^${name} .*total=(\\d+)$`, 'm').exec(text)?.[1]),
    );
  };
  const before = yield* look();
  yield* sys.nanosleep(seconds * SECOND);
  const [some, full] = (yield* look()).map((total, i) =>
    Math.round((total - before[i]!) / (seconds * 10_000)),
  );
  return { some: some!, full: full! };
}

/** Groups with so many processes that compute without end, and what is seen in a file. */
const computing = (cpus: number, groups: Readonly<Record<string, number>>, file: string) =>
  onHost<{ some: number; full: number }>(
    cpus,
    (tell) =>
      function* () {
        for (const [name, count] of Object.entries(groups)) {
          yield* sys.mkdir(`${ROOT}/${name}`, 0o755);
          for (let i = 0; i < count; i++) yield* sys.fork(() => hog(`/${name}`, 0));
        }
        yield* sys.nanosleep(100 * MILLISECOND);
        tell(yield* rates(file, 2));
        return 0;
      },
  );

describe('processors', () => {
  // By the formulas of kernel/sched/psi.c; the reader itself sleeps.
  test.each<[string, number, Record<string, number>, string, number, number]>([
    ['a processor for each: nobody waits', 3, { a: 2, b: 1 }, '/proc/pressure/cpu', 0, 0],
    ['257 on 256 processors, in small: 4 on 3', 3, { a: 2, b: 2 }, '/proc/pressure/cpu', 33, 0],
    ['the group that has half of the only one', 1, { a: 1, b: 1 }, `${ROOT}/a/cpu.pressure`, 50, 50],
    ['two in the group that has half', 1, { a: 2, b: 1 }, `${ROOT}/a/cpu.pressure`, 100, 50],
    [
      'two of a group and two processors, but four who want them',
      2,
      { a: 2, b: 2 },
      `${ROOT}/a/cpu.pressure`,
      50,
      50,
    ],
    ['of another group nothing is seen', 2, { a: 0, b: 5 }, `${ROOT}/a/cpu.pressure`, 0, 0],
  ])('%s', (_, cpus, groups, file, some, full) => {
    const seen = computing(cpus, groups, file);
    expect(Math.abs(seen.some - some), `some ${seen.some}`).toBeLessThanOrEqual(4);
    expect(Math.abs(seen.full - full), `full ${seen.full}`).toBeLessThanOrEqual(4);
  });

  test('who moves takes what it waits for along', () => {
    const [before, after] = onHost<number[]>(
      1,
      (tell) =>
        function* () {
          for (const name of ['a', 'b']) yield* sys.mkdir(`${ROOT}/${name}`, 0o755);
          const pid = yield* sys.fork(() => hog('/a', 0));
          yield* sys.fork(() => hog('/a', 0));
          yield* sys.nanosleep(100 * MILLISECOND);
          const one = yield* rates(`${ROOT}/a/cpu.pressure`, 1);
          yield* set(`${ROOT}/b/cgroup.procs`, `${pid}`);
          const { some } = yield* rates(`${ROOT}/a/cpu.pressure`, 1);
          tell([one.full, some]);
          return 0;
        },
    );
    expect(before).toBe(0);
    expect(Math.abs(after! - 50)).toBeLessThanOrEqual(4);
  });

  test('frozen processes wait for nothing', () => {
    const seen = onHost<{ some: number; full: number }>(
      1,
      (tell) =>
        function* () {
          yield* sys.mkdir(`${ROOT}/a`, 0o755);
          for (let i = 0; i < 3; i++) yield* sys.fork(() => hog('/a', 0));
          yield* sys.nanosleep(100 * MILLISECOND);
          yield* set(`${ROOT}/a/cgroup.freeze`, '1');
          yield* sys.nanosleep(100 * MILLISECOND);
          tell(yield* rates(`${ROOT}/a/cpu.pressure`, 1));
          return 0;
        },
    );
    expect(seen).toEqual({ some: 0, full: 0 });
  });
});

describe('the disk', () => {
  /** A writer past the page cache, and perhaps somebody who computes, in one group. */
  const writing = (cpus: number, hogs: number, size: number, file: string) =>
    onHost<{ some: number; full: number }>(
      cpus,
      (tell) =>
        function* () {
          yield* sys.mkdir(`${ROOT}/a`, 0o755);
          yield* sys.fork(function* () {
            yield* set(`${ROOT}/a/cgroup.procs`, '0');
            const fd = yield* sys.open('/root/f', O_WRONLY | O_CREAT | O_DIRECT, 0o644);
            const data = new Uint8Array(size);
            for (;;) {
              yield* sys.lseek(fd, 0, 'set');
              yield* sys.write(fd, data);
            }
          });
          for (let i = 0; i < hogs; i++) yield* sys.fork(() => hog('/a', 0));
          yield* sys.nanosleep(20 * MILLISECOND);
          tell(yield* rates(file, 0.1));
          return 0;
        },
    );

  test.each<[string, number, number, number, string, number, number]>([
    ['it alone: nearly all the time', 2, 0, 4096, `${ROOT}/a/io.pressure`, 96, 96],
    ['so it is on the whole host', 2, 0, 4096, '/proc/pressure/io', 96, 96],
    [
      'beside one who works on another processor: half of what could be done',
      2,
      1,
      4096,
      `${ROOT}/a/io.pressure`,
      49,
      49,
    ],
    [
      'beside one who works on the only one: nothing is lost',
      1,
      1,
      4 * 2 ** 20,
      `${ROOT}/a/io.pressure`,
      94,
      0,
    ],
  ])('%s', (_, cpus, hogs, size, file, some, full) => {
    const seen = writing(cpus, hogs, size, file);
    expect(Math.abs(seen.some - some), `some ${seen.some}`).toBeLessThanOrEqual(4);
    expect(Math.abs(seen.full - full), `full ${seen.full}`).toBeLessThanOrEqual(4);
  });
});

describe('the numbers', () => {
  test('averages go up and down as calc_avgs of the kernel reckons them', () => {
    const seen = onHost<string[]>(
      1,
      (tell) =>
        function* () {
          yield* sys.mkdir(`${ROOT}/a`, 0o755);
          const look = function* () {
            const text = new TextDecoder().decode(yield* readFile(`${ROOT}/a/cpu.pressure`));
            return text.split('\n')[0]!.replace(/ total.*/, '');
          };
          const pids = [yield* sys.fork(() => hog('/a', 0)), yield* sys.fork(() => hog('/a', 0))];
          yield* sys.nanosleep(20.5 * SECOND);
          const lines = [yield* look()];
          for (const pid of pids) yield* sys.kill(pid, 'KILL');
          yield* sys.nanosleep(20.04 * SECOND);
          lines.push(yield* look());
          tell(lines);
          return 0;
        },
    );
    expect(seen).toEqual([averages(10, 0), averages(10, 10)]);
  });

  /** After so many periods at 100 % (of the first the group had existed a moment before), and so many at 0. */
  function averages(full: number, none: number): string {
    const exact = [1677, 1981, 2034].map((decay) => {
      let value = 0;
      for (let i = 0; i < full + none; i++) {
        const percent = i === 0 ? 99 : i < full ? 100 : i === full ? LAST : 0;
        const sum = value * decay + percent * 2048 * (2048 - decay);
        value = Math.floor((percent * 2048 >= value ? sum + 2047 : sum) / 2048);
      }
      return `${value >> 11}.${String(Math.floor(((value & 2047) * 100) / 2048)).padStart(2, '0')}`;
    });
    return `some avg10=${exact[0]} avg60=${exact[1]} avg300=${exact[2]}`;
  }
  /** Of the period in which they were killed. */
  const LAST = 22;

  test('a trigger is refused, for nobody would be woken', () => {
    const errors = onHost<string[]>(
      1,
      (tell) =>
        function* () {
          const all: string[] = [];
          for (const file of [`${ROOT}/cpu.pressure`, '/proc/pressure/memory']) {
            try {
              yield* set(file, 'some 150000 2000000');
            } catch (error) {
              all.push((error as Error).message);
            }
          }
          tell(all);
          return 0;
        },
    );
    expect(errors).toEqual(['Operation not supported', 'Operation not supported']);
  });
});

test.skipIf(!existsSync('/proc/pressure/cpu'))('the machine’s own /proc/pressure has the same form', () => {
  const form =
    /^(some avg10=\d+\.\d\d avg60=\d+\.\d\d avg300=\d+\.\d\d total=\d+\n)(full avg10=\d+\.\d\d avg60=\d+\.\d\d avg300=\d+\.\d\d total=\d+\n)$/;
  const ours = onHost<string[]>(
    1,
    (tell) =>
      function* () {
        const texts: string[] = [];
        for (const name of ['cpu', 'io', 'memory'])
          texts.push(new TextDecoder().decode(yield* readFile(`/proc/pressure/${name}`)));
        tell(texts);
        return 0;
      },
  );
  for (const [i, name] of ['cpu', 'io', 'memory'].entries()) {
    expect(readFileSync(`/proc/pressure/${name}`, 'utf8')).toMatch(form);
    expect(ours[i]).toMatch(form);
  }
});
