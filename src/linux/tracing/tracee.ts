/** Who traces whom: ptrace(2). A process has one tracer at most, a tracer any number of tracees. */
import type { Kernel } from '../kernel.ts';
import { type SignalName, withSignal } from '../signals.ts';
import type { WaitStatus } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { signalInfo } from './signalInfo.ts';
import { PTRACE_O_TRACEFORK, type SignalInfo, type SyscallInfo } from './types.ts';

/**
 * What a traced process carries. It stands still at each stop until its tracer lets it go on, as on Linux: so there is never more to tell
 * than one stop of each tracee and its end, and no queue of calls that could grow or lose something.
 */
export class Tracee {
  readonly tracer: Task;
  /** PTRACE_O_*. */
  readonly options: number;
  /** It is to stop at its next step (PTRACE_INTERRUPT, and as a new child). */
  interrupted = false;
  /** It stops at calls: since PTRACE_SYSCALL. */
  stopsAtCalls = false;
  /** The tracer knows of the call that it is in. */
  entered = false;
  /** A signal has interrupted the call, which will be tried again. */
  restarts = false;
  info: SyscallInfo = { op: 'none' };
  /** For which it has stopped, before it is delivered. */
  signal: SignalName | null = null;
  /** What the tracer has it get. */
  injected: SignalName | null = null;
  /** Of the signals that are pending. */
  readonly signals = new Map<SignalName, SignalInfo>();

  constructor(tracer: Task, options: number) {
    this.tracer = tracer;
    this.options = options;
  }
}

/** What a tracer has. */
export class Tracer {
  readonly tracees = new Set<Task>();
  /** What it has not waited for, in the order in which it happened. */
  reports: { readonly task: Task; readonly state: WaitStatus['state'] }[] = [];
}

export function attach(tracer: Task, task: Task, options: number): Tracee {
  task.tracee = new Tracee(tracer, options);
  tracer.tracer ??= new Tracer();
  tracer.tracer.tracees.add(task);
  return task.tracee;
}

/** A new child of a tracee. */
export function followFork(parent: Task, child: Task): void {
  const { tracer, options } = parent.tracee!;
  if ((options & PTRACE_O_TRACEFORK) !== 0) attach(tracer, child, options).interrupted = true;
}

/** Something for the tracer to wait for. */
export function report(task: Task, state: WaitStatus['state']): void {
  const { tracer } = task.tracee!;
  tracer.tracer!.reports.push({ task, state });
  tracer.childChange.wake();
}

/** The next thing to tell a tracer of the process `pid`, -1 for any. */
export function nextReport(tracer: Task, pid: number): WaitStatus | null {
  const { reports } = tracer.tracer!;
  const ns = tracer.namespaces.pid;
  const at = reports.findIndex(({ task }) => pid === -1 || task.pid.seenFrom(ns) === pid);
  if (at < 0) return null;
  const [{ task, state }] = reports.splice(at, 1) as [(typeof reports)[number]];
  return { pid: task.pid.seenFrom(ns), state, systemTime: task.cpuTime - task.userTime };
}

/** The process goes on by itself; a signal for which it had stopped it gets. */
export function detach(kernel: Kernel, task: Task): void {
  const tracee = task.tracee!;
  const own = tracee.tracer.tracer!;
  task.tracee = null;
  own.tracees.delete(task);
  own.reports = own.reports.filter((each) => each.task !== task);
  const signal = tracee.injected ?? tracee.signal;
  if (signal !== null && task.alive) task.pending = withSignal(task.pending, signal);
  if (task.state === 'traced') kernel.scheduler.enqueue(task);
}

/** A process that traces or is traced has ended. Its parent is told apart from this. */
export function endTracing(kernel: Kernel, task: Task, state: WaitStatus['state']): void {
  for (const tracee of task.tracer?.tracees ?? []) detach(kernel, tracee);
  if (task.tracee === null) return;
  const { tracer } = task.tracee;
  detach(kernel, task);
  if (tracer === task.parent) return;
  tracer.tracer!.reports.push({ task, state });
  tracer.childChange.wake();
}

/** A signal for a traced process: its tracer may ask where it comes from. */
export function noteSignal(task: Task, signal: SignalName, sender: Task | null): void {
  task.tracee!.signals.set(signal, signalInfo(task, signal, sender));
}
