/** What processor time groups should get by their weights and limits, reckoned as a fluid; and what they got on a simulated host. */
import { MILLISECOND, SECOND } from '../../src/base/index.ts';
import { O_WRONLY, type Program, readFile, type Sys, sys, writeAll } from '../../src/linux/index.ts';
import { testHost } from './linuxHost.ts';

export interface Group {
  readonly weight: number;
  /** Microseconds of each 100 ms; none: no limit. */
  readonly quota?: number;
  /** Nice values of processes that compute without end. */
  readonly hogs: readonly number[];
  readonly groups: Readonly<Record<string, Group>>;
}

const PERIOD = 100_000;

type Groups = Readonly<Record<string, Group>>;

/**
 * In processors, by path, over a period: those with something to do share by weight, nobody gets more than it can use, and whose quota is
 * used up has nothing to do until the period is over.
 */
export function expectedShares(groups: Groups, cpus: number): Map<string, number> {
  const total = new Map<string, number>();
  const left = new Map<string, number>();
  let now = 0;
  while (now < PERIOD) {
    const rates = ratesOf(groups, cpus, left);
    let step = PERIOD - now;
    for (const [path, { rate, quota }] of rates)
      if (quota !== undefined && rate > 0) step = Math.min(step, (left.get(path) ?? quota) / rate);
    for (const [path, { rate, quota }] of rates) {
      total.set(path, (total.get(path) ?? 0) + (rate * step) / PERIOD);
      if (quota !== undefined) left.set(path, Math.max(0, (left.get(path) ?? quota) - rate * step));
    }
    now += Math.max(step, 1);
  }
  return total;
}

function ratesOf(groups: Groups, cpus: number, left: ReadonlyMap<string, number>) {
  const rates = new Map<string, { rate: number; quota: number | undefined }>();
  const walk = (members: Groups, amount: number, path: string): void => {
    const names = Object.keys(members);
    const wanting = names.map((name) => {
      const { weight } = members[name]!;
      return { weight, most: mostOf(members[name]!, `${path}/${name}`, cpus, left) };
    });
    const parts = divide(wanting, amount);
    for (const [i, name] of names.entries()) {
      rates.set(`${path}/${name}`, { rate: parts[i]!, quota: members[name]!.quota });
      walk(members[name]!.groups, parts[i]!, `${path}/${name}`);
    }
  };
  walk(groups, cpus, '');
  return rates;
}

function mostOf(group: Group, path: string, cpus: number, left: ReadonlyMap<string, number>): number {
  if (group.quota !== undefined && (left.get(path) ?? group.quota) < 1) return 0;
  const below = Object.entries(group.groups).reduce(
    (sum, [name, child]) => sum + mostOf(child, `${path}/${name}`, cpus, left),
    0,
  );
  return Math.min(cpus, group.hogs.length + below);
}

/** Raises one level for all until it is used up: by bisection, to be unlike the way of the scheduler. */
function divide(wanting: readonly { weight: number; most: number }[], amount: number): number[] {
  const at = (level: number) => wanting.map(({ weight, most }) => Math.min(most, weight * level));
  let [low, high] = [0, 1e6];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (at(middle).reduce((sum, part) => sum + part, 0) > amount) high = middle;
    else low = middle;
  }
  return at(low);
}

const ROOT = '/sys/fs/cgroup';

export function* set(file: string, value: string): Sys<void> {
  const fd = yield* sys.open(file, O_WRONLY);
  yield* writeAll(fd, value);
  yield* sys.close(fd);
}

export function* hog(group: string, nice: number): Sys<number> {
  yield* set(`${ROOT}${group}/cgroup.procs`, '0');
  if (nice !== 0) yield* sys.setpriority(0, nice);
  for (;;) yield* sys.compute(SECOND);
}

function* make(groups: Readonly<Record<string, Group>>, path: string): Sys<void> {
  for (const [name, { weight, quota, hogs, groups: below }] of Object.entries(groups)) {
    const own = `${path}/${name}`;
    yield* sys.mkdir(ROOT + own, 0o755);
    yield* set(`${ROOT}${own}/cpu.weight`, `${weight}`);
    if (quota !== undefined) yield* set(`${ROOT}${own}/cpu.max`, `${quota} ${PERIOD}`);
    if (Object.keys(below).length > 0) yield* set(`${ROOT}${own}/cgroup.subtree_control`, '+cpu');
    yield* make(below, own);
    for (const nice of hogs) yield* sys.fork(() => hog(own, nice));
  }
}

/** Microseconds from a line of cpu.stat. */
export function* statOf(group: string, key: string): Sys<number> {
  const text = new TextDecoder().decode(yield* readFile(`${ROOT}${group}/cpu.stat`));
  return Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text)?.[1]);
}

/** Runs `main` on a host with cgroups; what it gives to `tell` comes back. */
export function onHost<T>(cpus: number, main: (tell: (value: T) => void) => Program): T {
  let told: T | undefined;
  const host = testHost(
    {
      main: main((value) => {
        told = value;
      }),
    },
    { cpus, files: { '/sys': { type: 'dir' } } },
  );
  host.run(['/usr/bin/main']);
  if (told === undefined) throw new Error('the program told nothing');
  return told;
}

/** Processors that each group had on average over `seconds`, after a moment to begin. */
export function measuredShares(
  groups: Readonly<Record<string, Group>>,
  cpus: number,
  seconds: number,
): Map<string, number> {
  return onHost(
    cpus,
    (tell) =>
      function* () {
        yield* make(groups, '');
        yield* sys.nanosleep(300 * MILLISECOND);
        const paths = pathsOf(groups, '');
        const before: number[] = [];
        for (const path of paths) before.push(yield* statOf(path, 'usage_usec'));
        yield* sys.nanosleep(seconds * SECOND);
        const shares = new Map<string, number>();
        for (const [i, path] of paths.entries())
          shares.set(path, ((yield* statOf(path, 'usage_usec')) - before[i]!) / (seconds * 1e6));
        tell(shares);
        return 0;
      },
  );
}

function pathsOf(groups: Readonly<Record<string, Group>>, path: string): string[] {
  return Object.entries(groups).flatMap(([name, { groups: below }]) => [
    `${path}/${name}`,
    ...pathsOf(below, `${path}/${name}`),
  ]);
}
