/** What /proc tells of memory and cgroups: proc(5), cgroups(7). */
import { decodeUtf8, OsError } from '../base/index.ts';
import { CONTROLLERS } from './cgroup/controllers.ts';
import { refuseTrigger } from './cgroup/files/pressure.ts';
import { RESOURCES, type Resource } from './cgroup/pressure.ts';
import { PAGE } from './cgroup/values.ts';
import { capableOnHost } from './credentials/credentials.ts';
import { type ComputedNode, directoryOf } from './fs/index.ts';
import type { Kernel } from './kernel.ts';
import { oomScore } from './memory/oom.ts';
import type { Described } from './procAccess.ts';
import { limitsText } from './tasks/limits.ts';
import type { Task } from './tasks/task.ts';

const kib = (bytes: number) => Math.floor(bytes / 1024);

/** Bytes that a process has resident. */
export const residentOf = (task: Task): number => (task.alive ? task.memory.resident : 0);

export const spaceOf = (task: Task): number => (task.alive ? task.memory.space : 0);

export function meminfoText(kernel: Kernel): string {
  const { anon, kernel: own, shmem, file } = kernel.cgroups.root.memory!.kinds;
  const total = kernel.options.memory;
  const free = Math.max(0, total - anon - own - shmem - file);
  const rows: readonly [string, number][] = [
    ['MemTotal', total],
    ['MemFree', free],
    ['MemAvailable', free + file],
    ['Buffers', 0],
    ['Cached', file + shmem],
    ['SwapCached', 0],
    ['Active', anon + shmem],
    ['Inactive', file],
    ['Active(anon)', anon + shmem],
    ['Inactive(anon)', 0],
    ['Active(file)', 0],
    ['Inactive(file)', file],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Dirty', 0],
    ['AnonPages', anon],
    ['Shmem', shmem],
    ['KernelStack', own / 2],
    ['PageTables', own / 2],
  ];
  return rows
    .map(([name, bytes]) => `${`${name}:`.padEnd(16)}${String(kib(bytes)).padStart(8)} kB\n`)
    .join('');
}

/** /proc/cgroups: of hierarchy 0, the unified one. */
export function cgroupsText(kernel: Kernel): string {
  const count = [...kernel.cgroups.root.descendants()].length;
  const lines = CONTROLLERS.map((name) => `${name}\t0\t${count}\t1\n`);
  return `#subsys_name\thierarchy\tnum_cgroups\tenabled\n${lines.join('')}`;
}

/** /proc/pressure, accounting/psi.rst. */
export function pressureDirectory(kernel: Kernel): ComputedNode {
  const { pressure } = kernel.cgroups.root;
  const file = (resource: Resource): ComputedNode => ({
    kind: 'file',
    mode: 0o666,
    text: () => pressure.text(resource, kernel.events.now),
    write: (bytes) => refuseTrigger(decodeUtf8(bytes)),
  });
  return directoryOf(Object.fromEntries(RESOURCES.map((resource) => [resource, file(resource)])));
}

/** The Vm* lines of /proc/PID/status; a zombie has none. */
export function memoryLines(task: Task): string[] {
  if (!task.alive) return [];
  const line = (name: string, bytes: number) => `${name}:\t${String(kib(bytes)).padStart(8)} kB`;
  const { memory } = task;
  return [
    line('VmPeak', memory.space),
    line('VmSize', memory.space),
    line('VmHWM', Math.max(memory.peak, memory.resident)),
    line('VmRSS', memory.resident),
    line('RssAnon', memory.anonymous),
    line('RssFile', memory.resident - memory.anonymous),
    line('RssShmem', 0),
    line('VmData', memory.data),
    line('VmPTE', memory.kernel.total / 2),
    line('VmSwap', 0),
  ];
}

function setOomScoreAdj(kernel: Kernel, task: Task, bytes: Uint8Array): void {
  const text = decodeUtf8(bytes).trim();
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < -1000 || value > 1000) throw new OsError('EINVAL');
  const writer = kernel.current!.credentials;
  if (value < task.oomScoreAdj && !capableOnHost(writer, 'CAP_SYS_RESOURCE')) throw new OsError('EACCES');
  if (writer.euid !== task.credentials.uid && !capableOnHost(writer, 'CAP_SYS_RESOURCE'))
    throw new OsError('EACCES');
  task.oomScoreAdj = value;
}

function statmText(task: Task): string {
  const pages = (bytes: number) => Math.floor(bytes / PAGE);
  const { resident, anonymous, data } = task.memory;
  const shared = task.alive ? resident - anonymous : 0;
  return `${pages(spaceOf(task))} ${pages(residentOf(task))} ${pages(shared)} ${pages(shared)} 0 ${pages(data)} 0\n`;
}

/** Files of /proc/PID. */
export const resourceFiles = {
  cgroup: ({ kernel, task }: Described): ComputedNode => ({
    kind: 'file',
    text: () => `0::${kernel.cgroups.pathSeen(task.cgroup, kernel.current!)}\n`,
  }),
  limits: ({ task }: Described): ComputedNode => ({ kind: 'file', text: () => limitsText(task.limits) }),
  oom_score: ({ kernel, task }: Described): ComputedNode => ({
    kind: 'file',
    text: () => `${oomScore(kernel, task)}\n`,
  }),
  oom_score_adj: ({ kernel, task }: Described): ComputedNode => ({
    kind: 'file',
    mode: 0o644,
    text: () => `${task.oomScoreAdj}\n`,
    write: (bytes) => setOomScoreAdj(kernel, task, bytes),
  }),
  statm: ({ task }: Described): ComputedNode => ({ kind: 'file', text: () => statmText(task) }),
} as const;
