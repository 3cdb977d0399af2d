/** Where a traced process stops: before a signal, and as it enters and leaves a call. ptrace(2), "Stopped states". */
import type { Nanos } from '../../base/index.ts';
import { linuxNames } from '../credentials/linuxCalls.ts';
import type { Kernel } from '../kernel.ts';
import { defaultAction, type SignalName, withoutSignal } from '../signals.ts';
import type { SyscallName, WaitStatus } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { report } from './tracee.ts';
import type { RestartCode, SyscallInfo } from './types.ts';

const restarts: Partial<Record<SyscallName, RestartCode>> = {
  nanosleep: 'ERESTART_RESTARTBLOCK',
  poll: 'ERESTART_RESTARTBLOCK',
  pause: 'ERESTARTNOHAND',
};

function stop(task: Task, state: WaitStatus['state'], info: SyscallInfo = { op: 'none' }): true {
  task.state = 'traced';
  task.tracee!.info = info;
  report(task, state);
  return true;
}

const callStop = { kind: 'stopped', signal: 'TRAP', trap: 'syscall' } as const;

/** CONT has come while the tracer looked at a signal that stops: it goes on. */
const isUndone = (task: Task, signal: SignalName) =>
  defaultAction(signal) === 'stop' && task.pending.includes('CONT');

/** Before anything else in a step: whether that was all of it. Signals come between calls, and each goes by the tracer first. */
export function stopsBefore(kernel: Kernel, task: Task): boolean {
  const tracee = task.tracee!;
  const { signals } = kernel;
  const { injected } = tracee;
  tracee.injected = null;
  if (task.pending.includes('KILL')) {
    task.pending = withoutSignal(task.pending, 'KILL');
    signals.act(task, 'KILL');
  } else if (injected !== null && !isUndone(task, injected)) {
    signals.act(task, injected);
    if (task.state === 'stopped') report(task, { kind: 'stopped', signal: injected, trap: 'event' });
  }
  if (task.state !== 'running') return true;
  if (tracee.interrupted) {
    tracee.interrupted = false;
    tracee.restarts = task.call !== null;
    return stop(task, { kind: 'stopped', signal: 'TRAP', trap: 'event' });
  }
  const [due] = tracee.entered ? [] : signals.due(task);
  if (due === undefined) return false;
  task.pending = withoutSignal(task.pending, due);
  tracee.signal = due;
  return stop(task, { kind: 'stopped', signal: due });
}

/** Before a call is tried: whether it stops first. What is no call of Linux is nothing to stop at. */
export function stopsAtEntry(task: Task): boolean {
  const tracee = task.tracee!;
  const { request } = task.call!;
  if (tracee.entered || !tracee.stopsAtCalls || linuxNames(request.call).length === 0) return false;
  tracee.entered = true;
  const restarted = tracee.restarts;
  tracee.restarts = false;
  return stop(task, callStop, { op: 'entry', request, restarted });
}

/** After a call was tried: done, or it sleeps and a signal is there for which it goes out of the call and back in. */
export function stopAtExit(kernel: Kernel, task: Task, cost: Nanos): Nanos {
  const tracee = task.tracee!;
  if (!task.alive || !tracee.entered || tracee.info.op !== 'entry') return cost;
  const { request } = tracee.info;
  if (task.call === null) {
    const { answer: value, failure: error } = task;
    stop(task, callStop, { op: 'exit', request, reply: error === null ? { value } : { error } });
  } else {
    if (task.call.transfer !== null || kernel.signals.due(task).length === 0) return cost;
    kernel.unsleep(task);
    tracee.restarts = true;
    const restart = restarts[request.call] ?? 'ERESTARTSYS';
    stop(task, callStop, { op: 'exit', request, reply: { restart } });
  }
  tracee.entered = false;
  return cost;
}
