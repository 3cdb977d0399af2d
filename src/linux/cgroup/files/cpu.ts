/** cpu.*: every group's use of the processors, and with the controller its weight and its limit. */
import { MILLISECOND, type Nanos, OsError, SECOND } from '../../../base/index.ts';
import { NICE_0_WEIGHT, niceOfWeight, weightOfNice } from '../../tasks/fairQueue.ts';
import type { Cgroup } from '../cgroup.ts';
import type { CgroupTree } from '../tree.ts';
import { flatKeyed, parseInteger } from '../values.ts';
import type { InterfaceFile } from './types.ts';

/** cpu.weight of a group that nobody has set. */
const DEFAULT_WEIGHT = 100;
/** Of a group that only gets what nobody else wants. */
const IDLE_WEIGHT = 3;

const micros = (nanos: Nanos) => Math.floor(nanos / 1000);

function statText(cgroup: Cgroup): string {
  let [usage, user, nice] = [0, 0, 0];
  for (const at of cgroup.descendants()) {
    usage += at.cpuTime;
    user += at.userTime;
    nice += at.niceTime;
  }
  const times = {
    usage_usec: micros(usage),
    user_usec: micros(user),
    system_usec: micros(usage) - micros(user),
    nice_usec: micros(nice),
  };
  if (cgroup.cpu === null) return flatKeyed(times);
  const { periods, throttledPeriods, throttledTime, bursts, burstTime } = cgroup.cpu.bandwidth;
  return flatKeyed({
    ...times,
    nr_periods: periods,
    nr_throttled: throttledPeriods,
    throttled_usec: micros(throttledTime),
    nr_bursts: bursts,
    burst_usec: micros(burstTime),
  });
}

/** A group's weight in the unit of cpu.weight, from 1 to 10000. */
const shownWeight = (weight: number) =>
  Math.max(1, Math.min(10_000, Math.round((weight * DEFAULT_WEIGHT) / NICE_0_WEIGHT)));

function setWeight(cgroup: Cgroup, weight: number, tree: CgroupTree): void {
  const cpu = cgroup.cpu!;
  if (cpu.idle) throw new OsError('EINVAL');
  cpu.weight = weight;
  tree.kernel.scheduler.reweigh();
}

function parseRange(text: string, from: number, to: number): number {
  const value = parseInteger(text);
  if (value < from || value > to) throw new OsError('ERANGE');
  return value;
}

/** `QUOTA [PERIOD]` in microseconds: a period from 1 ms to 1 s, a quota of 1 ms at least (tg_set_cfs_bandwidth). */
function setMax(cgroup: Cgroup, text: string, tree: CgroupTree): void {
  const { bandwidth } = cgroup.cpu!;
  const [first = '', second = ''] = text.split(/\s+/);
  if (first !== 'max' && !/^\d+$/.test(first)) throw new OsError('EINVAL');
  const quota = first === 'max' ? Number.POSITIVE_INFINITY : Number(first) * 1000;
  const period = /^\d/.test(second) ? Number.parseInt(second, 10) * 1000 : bandwidth.period;
  if (quota < MILLISECOND || period < MILLISECOND || period > SECOND) throw new OsError('EINVAL');
  const { burst } = bandwidth;
  if (burst > quota) throw new OsError('EINVAL');
  tree.kernel.scheduler.limit(cgroup.cpu!, quota, period, burst);
}

function setBurst(cgroup: Cgroup, text: string, tree: CgroupTree): void {
  const { quota, period } = cgroup.cpu!.bandwidth;
  if (!/^\d+$/.test(text)) throw new OsError('EINVAL');
  const burst = Number(text) * 1000;
  if (burst > quota) throw new OsError('EINVAL');
  tree.kernel.scheduler.limit(cgroup.cpu!, quota, period, burst);
}

function setIdle(cgroup: Cgroup, text: string, tree: CgroupTree): void {
  const value = parseInteger(text);
  if (value !== 0 && value !== 1) throw new OsError('EINVAL');
  const cpu = cgroup.cpu!;
  if (cpu.idle === (value === 1)) return;
  cpu.idle = value === 1;
  cpu.weight = cpu.idle ? IDLE_WEIGHT : NICE_0_WEIGHT;
  tree.kernel.scheduler.reweigh();
}

export const cpuFiles: readonly InterfaceFile[] = [
  { name: 'cpu.stat', atRoot: true, read: statText },
  {
    name: 'cpu.stat.local',
    controller: 'cpu',
    read: ({ cpu }) => flatKeyed({ throttled_usec: micros(cpu!.bandwidth.throttledTime) }),
  },
  {
    name: 'cpu.weight',
    controller: 'cpu',
    read: ({ cpu }) => `${shownWeight(cpu!.weight)}\n`,
    write: (cgroup, text, tree) =>
      setWeight(cgroup, Math.round((parseRange(text, 1, 10_000) * NICE_0_WEIGHT) / DEFAULT_WEIGHT), tree),
  },
  {
    name: 'cpu.weight.nice',
    controller: 'cpu',
    read: ({ cpu }) => `${niceOfWeight(cpu!.weight)}\n`,
    write: (cgroup, text, tree) => setWeight(cgroup, weightOfNice(parseRange(text, -20, 19)), tree),
  },
  {
    name: 'cpu.max',
    controller: 'cpu',
    read({ cpu }) {
      const { quota, period, limited } = cpu!.bandwidth;
      return `${limited ? micros(quota) : 'max'} ${micros(period)}\n`;
    },
    write: setMax,
  },
  {
    name: 'cpu.max.burst',
    controller: 'cpu',
    read: ({ cpu }) => `${micros(cpu!.bandwidth.burst)}\n`,
    write: setBurst,
  },
  {
    name: 'cpu.idle',
    controller: 'cpu',
    read: ({ cpu }) => `${Number(cpu!.idle)}\n`,
    write: setIdle,
  },
];
