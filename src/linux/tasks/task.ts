/** A process: one thread, its program as a suspended generator, and all that fork(2) copies. */
import { FewSet, type Nanos, type ReadonlyFewSet, type ScheduledEvent } from '../../base/index.ts';
import type { Cgroup } from '../cgroup/cgroup.ts';
import { Doing } from '../cgroup/pressure.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { SeccompFilters } from '../credentials/seccompFilter.ts';
import type { FdTable } from '../files/fdTable.ts';
import type { NetNamespace } from '../files/networkStack.ts';
import type { Location, MountNamespace } from '../fs/index.ts';
import type { Transfer } from '../memory/blockIo.ts';
import { TaskIo } from '../memory/taskIo.ts';
import { TaskMemory } from '../memory/taskMemory.ts';
import type { CgroupNamespace } from '../namespaces/cgroup.ts';
import type { IpcNamespace } from '../namespaces/ipc.ts';
import type { TimeNamespace } from '../namespaces/time.ts';
import type { UtsNamespace } from '../namespaces/uts.ts';
import type { Sys } from '../program.ts';
import { NO_SIGNALS, type SignalList, type SignalName, signalNumber } from '../signals.ts';
import type { Disposition, SyscallRequest, WaitStatus } from '../syscalls.ts';
import type { Tracee, Tracer } from '../tracing/tracee.ts';
import type { CpuSet } from './cpuSet.ts';
import { TaskEntity } from './fairQueue.ts';
import type { ProcessGroup } from './groups.ts';
import type { Limits } from './limits.ts';
import type { PidNamespace, PidRef } from './pids.ts';
import { WaitQueue } from './waitQueue.ts';

/** All but the user namespace, which is with the credentials. */
export interface Namespaces {
  mnt: MountNamespace;
  uts: UtsNamespace;
  ipc: IpcNamespace;
  cgroup: CgroupNamespace;
  /** Null on a host without a network. */
  net: NetNamespace | null;
  /** Of the process itself. */
  readonly pid: PidNamespace;
  /** Of the children it will have. */
  pidForChildren: PidNamespace;
  /** Of the process itself, until it calls execve(2). */
  time: TimeNamespace;
  timeForChildren: TimeNamespace;
}

export type TaskState = 'running' | 'runnable' | 'sleeping' | 'stopped' | 'traced' | 'zombie' | 'dead';

/** The system call in progress: one object for all of a process's, one after the other. */
export class PendingCall {
  request: SyscallRequest;
  /** Set by handlers with a timeout at the first try. */
  deadline: Nanos | null = null;
  /** Done, but for I/O that it waits for. */
  transfer: Transfer | null = null;

  constructor(request: SyscallRequest) {
    this.request = request;
  }
}

export interface TaskInit {
  readonly pid: PidRef;
  readonly parent: Task | null;
  readonly group: ProcessGroup | null;
  readonly credentials: Credentials;
  readonly namespaces: Namespaces;
  readonly root: Location;
  readonly cwd: Location;
  readonly umask: number;
  readonly fds: FdTable;
  readonly limits: Limits;
  readonly cgroup: Cgroup;
  readonly startTime: Nanos;
  readonly wake: (task: Task) => void;
  readonly lend: (task: Task, bytes: number) => void;
}

/** A thread of a process besides its first one. */
export interface EngineThread {
  readonly pid: PidRef;
  readonly comm: string;
  readonly startTime: Nanos;
  readonly cpuTime: Nanos;
  /** Whether it has something to do. */
  readonly running: boolean;
}

/** What a driver does on a process's account besides the process's own work: a virtual machine's processors. Its memory see {@link Task.lend}. */
export interface Engine {
  readonly cpuTime: Nanos;
  readonly threads: readonly EngineThread[];
  /** The process was stopped (SIGSTOP and the like), or goes on: none of its threads runs meanwhile. */
  hold(held: boolean): void;
}

const NOBODY: ReadonlyFewSet<Task> = new FewSet();
const NO_ENGINES: ReadonlySet<Engine> = new Set();
/** What a process has before it has any: processes come by the thousand. */
const NO_ARGUMENTS: readonly string[] = [];
export const NO_ENVIRONMENT: ReadonlyMap<string, string> = new Map();
const NO_QUEUES: readonly WaitQueue[] = [];

/** A signal's bit in a mask. */
const bitOf = (signal: SignalName): number => 1 << (signalNumber(signal) - 1);

export class Task {
  readonly pid: PidRef;
  parent: Task | null;
  /** Most processes have no children. */
  #children: FewSet<Task> | null = null;
  #reporting: FewSet<Task> | null = null;
  group!: ProcessGroup;
  credentials: Credentials;
  readonly namespaces: Namespaces;
  #root: Location;
  #cwd: Location;
  umask: number;
  readonly fds: FdTable;
  limits: Limits;
  readonly startTime: Nanos;
  /** Changed by `CgroupTree.place` alone. */
  cgroup: Cgroup;
  /** As its groups count it. */
  doing: Doing = Doing.nothing;
  readonly memory = new TaskMemory();
  readonly io = new TaskIo();
  /** From -1000, never killed for want of memory, to 1000. */
  oomScoreAdj = 0;
  /** From -20, the most processor time, to 19. */
  nice = 0;
  readonly entity = new TaskEntity(this);
  /** Of sched_setaffinity(2); null: never asked for. */
  affinity: CpuSet | null = null;

  /** The command's name, at most 15 bytes, as in /proc/PID/comm. */
  comm = '';
  argv = NO_ARGUMENTS;
  env = NO_ENVIRONMENT;
  exe = '';

  state: TaskState = 'runnable';
  program: Sys<number> | null = null;
  call: PendingCall | null = null;
  #lastCall: PendingCall | null = null;
  /** What the program is resumed with, unless the call has failed. */
  answer: unknown = undefined;
  failure: Error | null = null;
  sleepingOn = NO_QUEUES;
  timer: ScheduledEvent | null = null;
  /** Of alarm(2). */
  alarm: ScheduledEvent | null = null;
  /** CPU time still owed to a `compute` call. */
  computing: Nanos = 0;
  sliceStart: Nanos = 0;

  /** Masks of signals; what is in neither is at its default. */
  ignoring = 0;
  catching = 0;
  blocked: SignalList = NO_SIGNALS;
  pending: SignalList = NO_SIGNALS;
  /** Caught and not yet taken by the program. */
  caught: SignalName[] = [];

  /** What wait4(2) has not been told yet. */
  report: WaitStatus['state'] | null = null;
  exitState: WaitStatus['state'] | null = null;
  readonly childChange = new WaitQueue();
  /** Its own; see {@link Task.totalCpuTime}. */
  cpuTime: Nanos = 0;
  /** What of it the program itself took, not the kernel. */
  userTime: Nanos = 0;
  /** A driver takes its engine away when the descriptor behind it is closed. */
  #engines: Set<Engine> | null = null;
  childrenCpuTime: Nanos = 0;
  /** Set when the process has called execve since fork: setpgid(2) of a child fails then. */
  execed = false;
  /** Null: none was ever installed. */
  seccomp: SeccompFilters | null = null;
  /** Null: nobody traces it, ptrace(2). */
  tracee: Tracee | null = null;
  /** Null: it never traced anybody. */
  tracer: Tracer | null = null;
  /** PR_SET_PDEATHSIG: what the parent's end sends; 0 for none. */
  parentDeathSignal: SignalName | 0 = 0;
  /** PR_SET_CHILD_SUBREAPER: takes in the orphans among its descendants. */
  subreaper = false;
  /** For processes without a parent that waits: told the end. */
  onExit: ((state: WaitStatus['state']) => void) | null = null;
  readonly #wake: (task: Task) => void;
  readonly #lend: (task: Task, bytes: number) => void;

  constructor(init: TaskInit) {
    this.pid = init.pid;
    this.parent = init.parent;
    this.credentials = init.credentials;
    this.namespaces = init.namespaces;
    this.#root = init.root;
    this.#cwd = init.cwd;
    init.root.mount.users++;
    init.cwd.mount.users++;
    this.umask = init.umask;
    this.fds = init.fds;
    this.limits = init.limits;
    this.cgroup = init.cgroup;
    this.startTime = init.startTime;
    this.#wake = init.wake;
    this.#lend = init.lend;
    init.parent?.adopt(this);
    if (init.group !== null) this.joinGroup(init.group);
  }

  get root(): Location {
    return this.#root;
  }

  set root(place: Location) {
    place.mount.users++;
    this.#root.mount.users--;
    this.#root = place;
  }

  get cwd(): Location {
    return this.#cwd;
  }

  set cwd(place: Location) {
    place.mount.users++;
    this.#cwd.mount.users--;
    this.#cwd = place;
  }

  /** At its end: it keeps no mount busy any more. */
  leavePlaces(): void {
    this.#root.mount.users--;
    this.#cwd.mount.users--;
  }

  /** In the order in which they came. */
  get children(): ReadonlyFewSet<Task> {
    return this.#children ?? NOBODY;
  }

  /** Of the children those that wait4(2) may have something to tell of: a parent of a thousand need not be asked for all of them. */
  get reporting(): ReadonlyFewSet<Task> {
    return this.#reporting ?? NOBODY;
  }

  adopt(child: Task): void {
    this.#children ??= new FewSet();
    this.#children.add(child);
    if (child.hasReport) this.noteReport(child);
  }

  abandon(child: Task): void {
    this.#children?.delete(child);
    this.#reporting?.delete(child);
  }

  /** A child has ended, has stopped or goes on. */
  noteReport(child: Task): void {
    this.#reporting ??= new FewSet();
    this.#reporting.add(child);
  }

  /** It has been told that a child has stopped, or goes on. */
  tookReport(child: Task): void {
    child.report = null;
    if (!child.hasReport) this.#reporting?.delete(child);
  }

  joinGroup(group: ProcessGroup): void {
    this.group?.members.delete(this);
    this.group = group;
    group.members.add(this);
  }

  /** The program has asked for `request`. */
  begin(request: SyscallRequest): void {
    const last = this.#lastCall;
    if (last === null) this.#lastCall = new PendingCall(request);
    else {
      last.request = request;
      last.deadline = last.transfer = null;
    }
    this.call = this.#lastCall;
  }

  /** The call is done. */
  reply(answer: unknown, failure: Error | null): void {
    this.answer = answer;
    this.failure = failure;
    this.call = null;
  }

  /** Ends a sleep; the call is tried again. */
  wake(): void {
    this.#wake(this);
  }

  /** A driver takes `bytes` of memory for the process, or (negative) gives them back: they are charged to it, and it may be killed for them. */
  lend(bytes: number): void {
    this.#lend(this, bytes);
  }

  /** The process's number in its own namespace. */
  get ownPid(): number {
    return this.pid.seenFrom(this.namespaces.pid);
  }

  /** With that of its engines. */
  get totalCpuTime(): Nanos {
    let sum = this.cpuTime;
    for (const engine of this.engines) sum += engine.cpuTime;
    return sum;
  }

  get engines(): ReadonlySet<Engine> {
    return this.#engines ?? NO_ENGINES;
  }

  addEngine(engine: Engine): void {
    this.#engines ??= new Set();
    this.#engines.add(engine);
  }

  /** Adds its time to the process's own. */
  removeEngine(engine: Engine): void {
    this.#engines?.delete(engine);
    this.cpuTime += engine.cpuTime;
  }

  get alive(): boolean {
    return this.state !== 'zombie' && this.state !== 'dead';
  }

  get hasReport(): boolean {
    return this.state === 'zombie' || this.report !== null;
  }

  dispositionOf(signal: SignalName): Disposition {
    const bit = bitOf(signal);
    if ((this.catching & bit) !== 0) return 'catch';
    return (this.ignoring & bit) !== 0 ? 'ignore' : 'default';
  }

  setDisposition(signal: SignalName, disposition: Disposition): void {
    const bit = bitOf(signal);
    this.catching = disposition === 'catch' ? this.catching | bit : this.catching & ~bit;
    this.ignoring = disposition === 'ignore' ? this.ignoring | bit : this.ignoring & ~bit;
  }
}
