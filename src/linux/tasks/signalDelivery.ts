/** Sending and delivering signals: signal(7). */
import { OsError } from '../../base/index.ts';
import type { Kernel } from '../kernel.ts';
import { defaultAction, type SignalName, signalNumber, withoutSignal, withSignal } from '../signals.ts';
import { noteSignal } from '../tracing/tracee.ts';
import type { ProcessGroup } from './groups.ts';
import type { Task } from './task.ts';

const stops: readonly SignalName[] = ['STOP', 'TSTP', 'TTIN', 'TTOU'];

export class Signals {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Makes `signal` pending for `task`. `sender` null is the kernel itself. */
  send(task: Task, signal: SignalName, sender: Task | null = null): void {
    if (!task.alive || this.#protectsInit(task, signal, sender)) return;
    if (signal === 'CONT') {
      for (const stop of stops) task.pending = withoutSignal(task.pending, stop);
      if (task.state === 'stopped') this.#continue(task);
    } else if (stops.includes(signal)) {
      task.pending = withoutSignal(task.pending, 'CONT');
    }
    // A tracer hears even of what the process ignores.
    if (task.tracee !== null) noteSignal(task, signal, sender);
    else if (!task.blocked.includes(signal) && this.#isIgnored(task, signal)) return;
    task.pending = withSignal(task.pending, signal);
    const held = task.state === 'stopped' || task.state === 'traced';
    if (signal === 'KILL' && held) this.#kernel.scheduler.enqueue(task);
    else if (signal === 'KILL' && task.state === 'runnable') this.#kernel.scheduler.moved(task);
    else if (!task.blocked.includes(signal)) task.wake();
  }

  sendToGroup(group: ProcessGroup, signal: SignalName, sender: Task | null = null): void {
    for (const member of [...group.members]) this.send(member, signal, sender);
  }

  /** Acts on what is pending, before a task goes on. It may be stopped or dead afterwards. */
  deliver(task: Task): void {
    if (task.pending.length === 0) return;
    for (const signal of this.due(task)) {
      task.pending = withoutSignal(task.pending, signal);
      this.act(task, signal);
      if (task.state !== 'running') return;
    }
  }

  /** What is pending and not blocked, in the order in which it is delivered. */
  due(task: Task): SignalName[] {
    return task.pending
      .filter((signal) => !task.blocked.includes(signal))
      .sort((a, b) => signalNumber(a) - signalNumber(b));
  }

  /** What a signal does that is pending no more. */
  act(task: Task, signal: SignalName): void {
    const kernel = this.#kernel;
    kernel.trace.emit('signal.deliver', kernel.name, { pid: kernel.rootPid(task), signal });
    if (task.dispositionOf(signal) === 'catch' && signal !== 'KILL' && signal !== 'STOP') {
      task.caught.push(signal);
      this.#interrupt(task);
    } else if (!this.#isIgnored(task, signal)) this.#default(task, signal);
  }

  #default(task: Task, signal: SignalName): void {
    const action = defaultAction(signal);
    if (action === 'term' || action === 'core') {
      this.#kernel.lifecycle.exit(task, { kind: 'signaled', signal });
    } else if (action === 'stop' && (signal === 'STOP' || !task.group.orphaned)) {
      this.#stop(task, signal);
    }
  }

  /** A blocked call ends with EINTR; pause(2) is what waits for this. */
  #interrupt(task: Task): void {
    // Who waits for the disk is not to be interrupted.
    if (task.call === null || task.call.transfer !== null) return;
    task.reply(undefined, task.call.request.call === 'pause' ? null : new OsError('EINTR'));
  }

  #stop(task: Task, signal: SignalName): void {
    task.state = 'stopped';
    for (const engine of task.engines) engine.hold(true);
    task.report = { kind: 'stopped', signal };
    this.#tellParent(task);
  }

  #continue(task: Task): void {
    task.report = { kind: 'continued' };
    for (const engine of task.engines) engine.hold(task.cgroup.frozen);
    this.#kernel.scheduler.enqueue(task);
    this.#tellParent(task);
  }

  #tellParent(task: Task): void {
    if (task.parent === null) return;
    task.parent.noteReport(task);
    task.parent.childChange.wake();
    this.send(task.parent, 'CHLD', task);
  }

  #isIgnored(task: Task, signal: SignalName): boolean {
    if (signal === 'KILL' || signal === 'STOP') return false;
    const disposition = task.dispositionOf(signal);
    if (disposition !== 'default') return disposition === 'ignore';
    const action = defaultAction(signal);
    return action === 'ignore' || action === 'continue';
  }

  /** PID 1 of a namespace gets only what it catches, but KILL and STOP from above: pid_namespaces(7). */
  #protectsInit(task: Task, signal: SignalName, sender: Task | null): boolean {
    const ns = task.namespaces.pid;
    if (ns.init !== task || task.dispositionOf(signal) === 'catch') return false;
    const fromAbove = sender === null ? ns.parent !== null : sender.namespaces.pid !== ns;
    return !(fromAbove && (signal === 'KILL' || signal === 'STOP'));
  }
}
