/** The table of jobs: the bash manual, "Job Control Basics". */
import { type Pid, signalNumber, strsignal, type WaitStatus } from '../../linux/index.ts';

export type ProcessState = WaitStatus['state'];

export interface JobProcess {
  readonly pid: Pid;
  state: ProcessState | null;
}

interface JobStart {
  readonly pgid: Pid;
  readonly foreground: boolean;
  readonly controlled: boolean;
}

export class Job {
  readonly id: number;
  readonly pgid: Pid;
  readonly processes: JobProcess[];
  foreground: boolean;
  /** The shell runs under job control, so the job has its own process group. */
  readonly controlled: boolean;
  /** A change of state nobody has been told about. */
  unreported = false;
  noHangup = false;
  /** Order of use: the largest is the current job. */
  used: number;
  readonly #print: () => string;

  constructor(id: number, pids: readonly Pid[], print: () => string, start: JobStart, used: number) {
    this.id = id;
    this.pgid = start.pgid;
    this.processes = pids.map((pid) => ({ pid, state: null }));
    this.foreground = start.foreground;
    this.controlled = start.controlled;
    this.used = used;
    this.#print = print;
  }

  /** The command as it was written. Most jobs end before anybody asks. */
  get text(): string {
    return this.#print();
  }
}

/** Exit status of a finished process as `$?` shows it. */
export function exitStatus(state: ProcessState): number {
  switch (state.kind) {
    case 'exited':
      return state.code;
    case 'signaled':
    case 'stopped':
      return 128 + signalNumber(state.signal);
    default:
      return 0;
  }
}

export function isStopped(job: Job): boolean {
  return !isDone(job) && job.processes.every((p) => p.state?.kind === 'stopped' || finished(p));
}

function finished(process: JobProcess): boolean {
  return process.state?.kind === 'exited' || process.state?.kind === 'signaled';
}

export function isDone(job: Job): boolean {
  return job.processes.every(finished);
}

/** Status of the job: that of its last process; with `pipefail` of the last that failed. */
export function jobStatus(job: Job, pipefail: boolean): number {
  const stopped = job.processes.findLast((p) => p.state?.kind === 'stopped');
  if (stopped !== undefined && isStopped(job)) return exitStatus(stopped.state!);
  const failed = pipefail ? job.processes.findLast((p) => statusOf(p) !== 0) : undefined;
  return statusOf(failed ?? job.processes.at(-1));
}

const statusOf = (process: JobProcess | undefined): number =>
  process === undefined || process.state === null ? 0 : exitStatus(process.state);

/** `Running`, `Stopped`, `Done`, `Exit 3`, `Killed`. */
export function describeState(job: Job): string {
  if (isStopped(job)) return 'Stopped';
  if (!isDone(job)) return 'Running';
  return describeEnd(job.processes.at(-1)!.state!);
}

export function describeEnd(state: ProcessState): string {
  if (state.kind === 'exited') return state.code === 0 ? 'Done' : `Exit ${state.code}`;
  if (state.kind === 'signaled') return strsignal(state.signal);
  return state.kind === 'stopped' ? 'Stopped' : 'Running';
}

export class JobTable {
  #jobs: Job[] = [];
  #inherited: readonly Job[] = [];
  #clock = 0;
  /** Statuses of processes that ended, for a later `wait`. */
  #ended = new Map<Pid, number>();

  /** A child shell knows its parent's jobs by name only: it cannot wait for them. */
  forChild(): JobTable {
    const table = new JobTable();
    table.#inherited = this.#jobs.filter((job) => !job.foreground);
    return table;
  }

  get all(): readonly Job[] {
    return this.#jobs;
  }

  /** What `jobs` lists: in a child that has started nothing itself, its parent's jobs. */
  get listed(): readonly Job[] {
    return this.#jobs.length > 0 ? this.#jobs : this.#inherited;
  }

  /** `print` gives its text. */
  add(pids: readonly Pid[], print: () => string, start: JobStart): Job {
    const job = new Job(this.#nextId(), pids, print, start, ++this.#clock);
    this.#jobs.push(job);
    this.#inherited = [];
    return job;
  }

  #nextId(): number {
    let last = 0;
    for (const { id } of this.#jobs) last = Math.max(last, id);
    return last + 1;
  }

  remove(job: Job): void {
    this.#jobs = this.#jobs.filter((other) => other !== job);
  }

  touch(job: Job): void {
    job.used = ++this.#clock;
  }

  /** Notes what wait4 told. Returns the job it belongs to. */
  record(status: WaitStatus): Job | null {
    const job = this.#jobs.find((candidate) => candidate.processes.some((p) => p.pid === status.pid));
    const { state } = status;
    if (state.kind === 'exited' || state.kind === 'signaled') this.#ended.set(status.pid, exitStatus(state));
    if (job === undefined) return null;
    const process = job.processes.find((p) => p.pid === status.pid)!;
    process.state = state.kind === 'continued' ? null : state;
    if (isDone(job) || isStopped(job)) {
      job.unreported = true;
      if (isStopped(job)) this.touch(job);
    }
    return job;
  }

  endedStatus(pid: Pid): number | undefined {
    return this.#ended.get(pid);
  }

  forgetEnded(pid: Pid): void {
    this.#ended.delete(pid);
  }

  /** Most recently used first, stopped jobs before running ones: the current job is the first, the previous the second. */
  ranked(jobs = this.all): readonly Job[] {
    const rank = (job: Job) => (isStopped(job) ? 1 : 0);
    const alive = jobs.filter((job) => !job.foreground);
    return alive.sort((a, b) => rank(b) - rank(a) || b.used - a.used);
  }

  /** `+`, `-` or a space after the job's number. */
  mark(job: Job): string {
    const [current, previous] = this.ranked(this.listed);
    return job === current ? '+' : job === previous ? '-' : ' ';
  }

  /** Finds `%1`, `%+`, `%-`, `%name`, `%?text`; 'ambiguous' when several match. */
  find(spec: string): Job | 'ambiguous' | null {
    const name = spec.startsWith('%') ? spec.slice(1) : spec;
    if (name === '' || name === '+' || name === '%') return this.ranked()[0] ?? null;
    if (name === '-') return this.ranked()[1] ?? this.ranked()[0] ?? null;
    if (/^\d+$/.test(name)) return this.#jobs.find((job) => job.id === Number(name)) ?? null;
    const matches = this.#jobs.filter((job) =>
      name.startsWith('?') ? job.text.includes(name.slice(1)) : job.text.startsWith(name),
    );
    if (matches.length > 1) return 'ambiguous';
    return matches[0] ?? null;
  }

  /** `[1]+  Stopped                 sleep 100` */
  line(job: Job, withPid = false): string {
    const running = !isDone(job) && !isStopped(job);
    const state = describeState(job).padEnd(23);
    const pid = withPid ? `${String(job.processes[0]!.pid).padStart(5)} ` : ' ';
    return `[${job.id}]${this.mark(job)} ${pid}${state} ${job.text}${running ? ' &' : ''}\n`;
  }
}
