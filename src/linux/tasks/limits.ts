/** Resource limits of a process: getrlimit(2). What nothing here needs (core dumps, locks, real time …) is kept and shown, and never reached. */
import { SECOND } from '../../base/index.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from './task.ts';

export interface Limit {
  /** What holds. */
  readonly soft: number;
  /** As far as the process itself may raise that. */
  readonly hard: number;
}

interface Resource {
  /** Its name in /proc/PID/limits, and the unit. */
  readonly label: string;
  readonly unit: string;
  readonly soft: number;
  readonly hard: number;
}

const UNLIMITED = Number.POSITIVE_INFINITY;

const same = (label: string, unit: string, value: number): Resource => ({
  label,
  unit,
  soft: value,
  hard: value,
});

/** In the kernel's order, with what a new host gives its processes. */
export const RESOURCES = {
  cpu: same('Max cpu time', 'seconds', UNLIMITED),
  fsize: same('Max file size', 'bytes', UNLIMITED),
  data: same('Max data size', 'bytes', UNLIMITED),
  stack: { label: 'Max stack size', unit: 'bytes', soft: 8 * 2 ** 20, hard: UNLIMITED },
  core: { label: 'Max core file size', unit: 'bytes', soft: 0, hard: UNLIMITED },
  rss: same('Max resident set', 'bytes', UNLIMITED),
  nproc: same('Max processes', 'processes', 200),
  nofile: { label: 'Max open files', unit: 'files', soft: 1024, hard: 1_048_576 },
  memlock: same('Max locked memory', 'bytes', 8 * 2 ** 20),
  as: same('Max address space', 'bytes', UNLIMITED),
  locks: same('Max file locks', 'locks', UNLIMITED),
  sigpending: same('Max pending signals', 'signals', 200),
  msgqueue: same('Max msgqueue size', 'bytes', 819_200),
  nice: same('Max nice priority', '', 0),
  rtprio: same('Max realtime priority', '', 0),
  rttime: same('Max realtime timeout', 'us', UNLIMITED),
} as const satisfies Record<string, Resource>;

export type ResourceName = keyof typeof RESOURCES;

const names = Object.keys(RESOURCES) as ResourceName[];

/**
 * The soft limits as fields, since they are asked for often; the hard ones below `hard`. Never changed, since a child has its parent's: a
 * process gets new ones.
 */
export type Limits = Readonly<Record<ResourceName, number>> & {
  readonly hard: Readonly<Record<ResourceName, number>>;
};

const valuesOf = (kind: 'soft' | 'hard') =>
  Object.fromEntries(names.map((name) => [name, RESOURCES[name][kind]])) as Record<ResourceName, number>;

export const DEFAULT_LIMITS: Limits = { ...valuesOf('soft'), hard: valuesOf('hard') };

/** The same but for one resource. */
export function withLimit(limits: Limits, resource: ResourceName, { soft, hard }: Limit): Limits {
  return { ...limits, [resource]: soft, hard: { ...limits.hard, [resource]: hard } };
}

/** /proc/PID/limits. */
export function limitsText(limits: Limits): string {
  const show = (value: number) => (value === UNLIMITED ? 'unlimited' : String(value)).padEnd(20);
  const head = `${'Limit'.padEnd(25)} ${'Soft Limit'.padEnd(20)} ${'Hard Limit'.padEnd(20)} ${'Units'.padEnd(10)}\n`;
  const rows = names.map((name) => {
    const { label, unit } = RESOURCES[name];
    const end = unit === '' ? '\n' : `${unit.padEnd(10)}\n`;
    return `${label.padEnd(25)} ${show(limits[name])} ${show(limits.hard[name])} ${end}`;
  });
  return head + rows.join('');
}

/** RLIMIT_CPU: XCPU at the soft limit and each second after it, KILL at the hard one. */
export function limitTime(kernel: Kernel, task: Task): void {
  const { limits, cpuTime } = task;
  const { hard } = limits;
  const seconds = Math.floor(cpuTime / SECOND);
  if (seconds >= hard.cpu) kernel.signals.send(task, 'KILL');
  else if (seconds >= limits.cpu) {
    kernel.signals.send(task, 'XCPU');
    task.limits = withLimit(limits, 'cpu', { soft: seconds + 1, hard: hard.cpu });
  } else return;
  // A tracer hears of it first, at the next step.
  if (task.tracee === null) kernel.signals.deliver(task);
}
