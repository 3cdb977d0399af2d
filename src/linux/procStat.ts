/** /proc/PID/stat, proc_pid_stat(5). */
import type { Nanos } from '../base/index.ts';
import { PAGE } from './cgroup/values.ts';
import type { Kernel } from './kernel.ts';
import { residentOf, spaceOf } from './procResources.ts';
import { signalNumber } from './signals.ts';
import type { PidNamespace, PidRef } from './tasks/pids.ts';
import type { Task } from './tasks/task.ts';

const letters = {
  running: 'R',
  runnable: 'R',
  sleeping: 'S',
  stopped: 'T',
  traced: 't',
  zombie: 'Z',
  dead: 'X',
} as const;
const words = {
  R: 'running',
  S: 'sleeping',
  D: 'disk sleep',
  T: 'stopped',
  t: 'tracing stop',
  Z: 'zombie',
  X: 'dead',
} as const;

/** What runs in a frozen cgroup sleeps. */
function letterOf(task: Task): keyof typeof words {
  if (task.state === 'sleeping' && task.call?.transfer) return 'D';
  return task.state === 'runnable' && task.cgroup.frozen ? 'S' : letters[task.state];
}

/** What /proc/PID/task has a directory for. */
export interface Thread {
  readonly pid: PidRef;
  readonly comm: string;
  readonly letter: keyof typeof words;
  readonly startTime: Nanos;
  readonly cpuTime: Nanos;
  readonly userTime: Nanos;
  /** The first one of its process. */
  readonly first: boolean;
}

const firstThread = (task: Task, ofEngines: Nanos = 0): Thread => ({
  pid: task.pid,
  comm: task.comm,
  letter: letterOf(task),
  startTime: task.startTime,
  cpuTime: task.cpuTime + ofEngines,
  userTime: task.userTime + ofEngines,
  first: true,
});

/** The process as a whole: with the times of all its threads. */
export const wholeProcess = (task: Task): Thread => firstThread(task, task.totalCpuTime - task.cpuTime);

/** The first one, then those of its drivers, whose time is a guest's and counts as that of programs. */
export const threadsOf = (task: Task): Thread[] => [
  firstThread(task),
  ...[...task.engines].flatMap(({ threads }) =>
    threads.map(({ pid, comm, startTime, cpuTime, running }): Thread => {
      const awake = running && !task.cgroup.frozen ? 'R' : 'S';
      const letter = task.state === 'stopped' ? 'T' : awake;
      return { pid, comm, letter, startTime, cpuTime, userTime: cpuTime, first: false };
    }),
  ),
];

/** As in /proc/PID/status: `S (sleeping)`. */
export const stateText = ({ letter }: Thread): string => `${letter} (${words[letter]})`;

export function threadCount(task: Task): number {
  let count = 1;
  for (const { threads } of task.engines) count += threads.length;
  return count;
}

function exitCodeOf({ exitState: state }: Task): number {
  if (state === null) return 0;
  if (state.kind === 'exited') return state.code << 8;
  return state.kind === 'signaled' ? signalNumber(state.signal) : 0;
}

/** Addresses, signal masks of old, wchan, swaps; and priorities of real time, delays, guests, addresses. */
const TWELVE = '0 0 0 0 0 0 0 0 0 0 0 0';

/** Clock ticks of a hundredth of a second. */
const ticks = (nanos: number) => Math.floor(nanos / 1e7);

/** Addresses and what else does not exist here are 0, as for a reader who may not know them. */
export function statText(kernel: Kernel, task: Task, ns: PidNamespace, thread: Thread): string {
  const { session } = task.group;
  const { tty } = session;
  const total = ticks(thread.cpuTime);
  const user = Math.min(total, ticks(thread.userTime));
  const parent = task.parent?.pid.seenFrom(ns) ?? 0;
  const ids = `${parent} ${task.group.id.seenFrom(ns)} ${session.id.seenFrom(ns)}`;
  const terminal =
    tty === null ? '0 -1' : `${(136 << 8) | tty.index} ${tty.foreground?.id.seenFrom(ns) ?? -1}`;
  const times = `${user} ${total - user} ${ticks(task.childrenCpuTime)} 0`;
  const start = ticks(thread.startTime - kernel.bootTime);
  const pages = Math.floor(residentOf(task) / PAGE);
  const signal = thread.first ? signalNumber('CHLD') : -1;
  return (
    // After the terminal: flags, minflt, cminflt, majflt, cmajflt.
    `${thread.pid.seenFrom(ns)} (${thread.comm}) ${thread.letter} ${ids} ${terminal} 0 0 0 0 0 ${times} ` +
    // After the number of threads itrealvalue, and in the end RLIM_INFINITY.
    `${20 + task.nice} ${task.nice} ${threadCount(task)} 0 ${start} ${spaceOf(task)} ${pages} 18446744073709551615 ` +
    `${TWELVE} ${signal} ${task.entity.cpu} ${TWELVE} ${exitCodeOf(task)}\n`
  );
}

/** /proc/stat, of all processors together: what no process used was idle time. */
export function systemStatText(kernel: Kernel): string {
  let [used, user, nice] = [0, 0, 0];
  for (const cgroup of kernel.cgroups.root.descendants()) {
    used += cgroup.cpuTime;
    user += cgroup.userTime;
    nice += cgroup.niceTime;
  }
  const all = (kernel.events.now - kernel.bootTime) * kernel.options.cpus;
  const tasks = [...kernel.rootPidNamespace.tasks.values()];
  const running = tasks.filter((task) => task.state === 'running' || task.state === 'runnable').length;
  const times = [user - nice, nice, used - user, Math.max(0, all - used)].map(ticks);
  return [
    `cpu  ${times.join(' ')} 0 0 0 0 0 0`,
    `btime ${kernel.options.epoch + Math.floor((kernel.bootTime + kernel.clock.step) / 1e9)}`,
    `processes ${Math.max(...kernel.rootPidNamespace.tasks.keys())}`,
    `procs_running ${running}`,
    `procs_blocked ${tasks.filter((task) => letterOf(task) === 'D').length}`,
    '',
  ].join('\n');
}
