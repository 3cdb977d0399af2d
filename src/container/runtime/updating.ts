/** runc update and events --stats: a container's limits and what it uses, of its control group. */
import { decodeUtf8, isOsError } from '../../base/index.ts';
import { readAll, readFile, type Sys, sys, writeAll } from '../../linux/index.ts';
import { readText } from '../files.ts';
import type { Flag, Invocation, RuncCommand } from './flags.ts';
import { updateResources } from './lifecycle.ts';
import { RuntimeError, type SpecResources } from './spec.ts';
import { parseAs, RESOURCES } from './specShape.ts';
import { loadState, statusOf } from './state.ts';

const numbers = ['blkio-weight', 'cpu-period', 'cpu-quota', 'cpu-share', 'pids-limit'] as const;
const sizes = ['memory', 'memory-reservation', 'memory-swap'] as const;
/** Of the real one: what needs controllers that are not simulated. */
const foreign = ['cpu-burst', 'cpu-idle', 'cpu-rt-period', 'cpu-rt-runtime'];
const furtherForeign = ['l3-cache-schema', 'mem-bw-schema', 'kernel-memory', 'kernel-memory-tcp'];

const flag = (name: string, help: string): Flag => ({ name, argument: 'value', help });

const flags: readonly Flag[] = [
  {
    ...{ name: 'resources', short: 'r', argument: 'value' },
    help: 'path to the file containing the resources to update or - to read from the standard input',
  },
  flag('blkio-weight', 'Specifies per cgroup weight, range is from 10 to 1000'),
  flag('cpu-period', 'CPU CFS period to be used for hardcapping (in usecs). 0 to use system default'),
  flag('cpu-quota', 'CPU CFS hardcap limit (in usecs). Allowed cpu time in a given period'),
  flag('cpu-share', 'CPU shares (relative weight vs. other containers)'),
  flag('cpuset-cpus', 'CPU(s) to use'),
  flag('cpuset-mems', 'Memory node(s) to use'),
  flag('memory', 'Memory limit (in bytes)'),
  flag('memory-reservation', 'Memory reservation or soft_limit (in bytes)'),
  flag('memory-swap', "Total memory usage (memory + swap); set '-1' to enable unlimited swap"),
  flag('pids-limit', 'Maximum number of pids allowed in the container'),
  ...[...foreign, ...furtherForeign].map((name) => flag(name, 'not simulated')),
];

const lastOf = ({ values }: Invocation, name: string): string | undefined => values.get(name)?.at(-1);

function sizeOf(name: string, text: string): number {
  if (text === '-1') return -1;
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text) ?? [];
  if (number === undefined) throw new RuntimeError(`invalid value for ${name}: invalid size: '${text}'`);
  return Math.floor(Number(number) * 1024 ** 'bkmgtp'.indexOf(unit.toLowerCase() || 'b'));
}

function given(invocation: Invocation): SpecResources {
  for (const name of [...foreign, ...furtherForeign])
    if (invocation.values.has(name)) throw new RuntimeError(`--${name} is not simulated on this host`);
  const number = (name: (typeof numbers)[number]) => {
    const text = lastOf(invocation, name);
    if (text !== undefined && !/^-?\d+$/.test(text))
      throw new RuntimeError(
        `invalid value for ${name}: strconv.ParseInt: parsing "${text}": invalid syntax`,
      );
    const key = name.replace(/^\w+-/, '').replace('share', 'shares');
    return text === undefined ? {} : { [key]: Number(text) };
  };
  const size = (name: (typeof sizes)[number], key: string) => {
    const text = lastOf(invocation, name);
    return text === undefined ? {} : { [key]: sizeOf(name, text) };
  };
  const list = (name: string, key: string) => {
    const text = lastOf(invocation, name);
    return text === undefined ? {} : { [key]: text };
  };
  const pids = lastOf(invocation, 'pids-limit');
  return {
    blockIO: number('blkio-weight'),
    cpu: {
      ...number('cpu-period'),
      ...number('cpu-quota'),
      ...number('cpu-share'),
      ...list('cpuset-cpus', 'cpus'),
      ...list('cpuset-mems', 'mems'),
    },
    memory: {
      ...size('memory', 'limit'),
      ...size('memory-reservation', 'reservation'),
      ...size('memory-swap', 'swap'),
    },
    ...(pids !== undefined && { pids: { limit: Number(pids) } }),
  };
}

/** `-r FILE`: an object like linux.resources. */
function* fromFile(path: string): Sys<SpecResources> {
  let text: string;
  try {
    text = decodeUtf8(path === '-' ? yield* readAll(0) : yield* readFile(path));
  } catch (error) {
    if (!isOsError(error)) throw error;
    throw new RuntimeError(`open ${path}: ${error.message.toLowerCase()}`);
  }
  return parseAs<SpecResources>(RESOURCES, text);
}

function* update(invocation: Invocation): Sys<number> {
  const { root, operands } = invocation;
  const id = operands[0]!;
  const state = yield* loadState(root, id);
  const file = lastOf(invocation, 'resources');
  const wanted = file === undefined ? given(invocation) : yield* fromFile(file);
  if ((yield* statusOf(root, state)) === 'stopped') throw new RuntimeError('container not running');
  yield* updateResources(root, id, yield* completed(wanted, state.cgroup_paths['']));
  return 0;
}

/** Period and quota are one file: who gives one of them keeps the other. */
function* completed(wanted: SpecResources, cgroup: string | undefined): Sys<SpecResources> {
  const { period = 0, quota = 0 } = wanted.cpu ?? {};
  if (cgroup === undefined || (period === 0) === (quota === 0)) return wanted;
  const [oldQuota = 'max', oldPeriod = ''] = ((yield* readText(`${cgroup}/cpu.max`)) ?? '').trim().split(' ');
  const cpu = {
    ...wanted.cpu,
    period: period || Number(oldPeriod),
    quota: quota || (oldQuota === 'max' ? -1 : Number(oldQuota)),
  };
  return { ...wanted, cpu };
}

/** `key value` lines of a control file. */
function* table(path: string): Sys<Record<string, number>> {
  const lines = ((yield* readText(path)) ?? '').trim().split('\n');
  return Object.fromEntries(
    lines
      .filter((line) => line !== '')
      .map((line) => line.split(' '))
      .map(([key, value]) => [key!, Number(value)]),
  );
}

const single = function* (path: string): Sys<number> {
  const text = ((yield* readText(path)) ?? '0').trim();
  return text === 'max' ? 0 : Number(text);
};

/** Stands for the largest number of 64 bits, which JSON.stringify cannot write. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** One reading, in the shape of runc's types.Stats. */
function* stats(cgroup: string) {
  const cpu = yield* table(`${cgroup}/cpu.stat`);
  const micro = (key: string) => (cpu[key] ?? 0) * 1000;
  const raw = yield* table(`${cgroup}/memory.stat`);
  return {
    cpu: {
      usage: { total: micro('usage_usec'), kernel: micro('system_usec'), user: micro('user_usec') },
      throttling: {
        ...(cpu.nr_periods && { periods: cpu.nr_periods }),
        ...(cpu.nr_throttled && { throttledPeriods: cpu.nr_throttled }),
        ...(cpu.throttled_usec && { throttledTime: micro('throttled_usec') }),
      },
    },
    cpuset: {},
    memory: {
      ...(raw.file && { cache: raw.file }),
      usage: {
        limit: (yield* single(`${cgroup}/memory.max`)) || UNLIMITED,
        usage: yield* single(`${cgroup}/memory.current`),
        max: yield* single(`${cgroup}/memory.peak`),
        failcnt: (yield* table(`${cgroup}/memory.events`)).max ?? 0,
      },
      raw,
    },
    pids: { current: yield* single(`${cgroup}/pids.current`), limit: yield* single(`${cgroup}/pids.max`) },
    blkio: {},
    hugetlb: {},
    intel_rdt: {},
    network_interfaces: null,
  };
}

function* events(invocation: Invocation): Sys<number> {
  const { root, operands } = invocation;
  const id = operands[0]!;
  const text = lastOf(invocation, 'interval') ?? '5s';
  const [, count, unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0)
    throw new RuntimeError('duration interval must be greater than 0');
  const nanos = Number(count) * { ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 }[unit]!;
  for (;;) {
    const state = yield* loadState(root, id);
    if ((yield* statusOf(root, state)) === 'stopped')
      throw new RuntimeError(`container with id ${id} is not running`);
    const cgroup = state.cgroup_paths[''];
    if (cgroup === undefined) throw new RuntimeError('this host has no cgroup file system');
    const text = JSON.stringify({ type: 'stats', id, data: yield* stats(cgroup) });
    yield* writeAll(1, `${text.replaceAll(`${UNLIMITED}`, '18446744073709551615')}\n`);
    if (invocation.values.has('stats')) return 0;
    yield* sys.nanosleep(nanos);
    if ((yield* statusOf(root, state)) === 'stopped') return 0;
  }
}

export const updating: readonly RuncCommand[] = [
  {
    ...{ name: 'update', usage: '[command options] <container-id>', flags, operands: [1, 1], run: update },
    help: 'update container resource constraints',
  },
  {
    ...{ name: 'events', usage: '[command options] <container-id>', operands: [1, 1], run: events },
    help: 'display container events such as cpu, memory, and IO usage statistics',
    flags: [
      { name: 'interval', argument: 'value', help: 'set the stats collection interval (default: 5s)' },
      { name: 'stats', help: "display the container's stats then exit" },
    ],
  },
];
