/** Signals: kill(2), sigaction(2), sigprocmask(2), pause(2). */
import { OsError } from '../../base/index.ts';
import { capable } from '../credentials/credentials.ts';
import type { Kernel } from '../kernel.ts';
import { NO_SIGNALS, type SignalName, withoutSignal, withSignal } from '../signals.ts';
import type { Task } from '../tasks/task.ts';
import { Blocked } from '../tasks/waitQueue.ts';
import type { Handlers } from './types.ts';

/** Whom `pid` means in kill(2). */
function targets(task: Task, pid: number): Task[] {
  const ns = task.namespaces.pid;
  if (pid > 0) {
    const found = ns.tasks.get(pid);
    return found === undefined ? [] : [found];
  }
  if (pid === 0) return [...task.group.members];
  const all = [...ns.tasks.values()];
  if (pid === -1) return all.filter((other) => other !== task && other !== ns.init);
  return all.filter((other) => other.alive && other.group.id.seenFrom(ns) === -pid);
}

function mayKill(task: Task, target: Task, signal: SignalName | 0): boolean {
  const { uid, euid } = task.credentials;
  const to = target.credentials;
  if (euid === to.suid || euid === to.uid || uid === to.suid || uid === to.uid) return true;
  if (capable(task.credentials, to.userNs, 'CAP_KILL')) return true;
  return signal === 'CONT' && task.group.session === target.group.session;
}

function kill(kernel: Kernel, task: Task, pid: number, signal: SignalName | 0): undefined {
  const found = targets(task, pid);
  if (found.length === 0) throw new OsError('ESRCH');
  const allowed = found.filter((target) => mayKill(task, target, signal));
  if (allowed.length === 0) throw new OsError('EPERM');
  if (signal === 0) return;
  for (const target of allowed) kernel.signals.send(target, signal, task);
}

/** The alarm's time is the host's: it goes on while the process is stopped, and is not handed down to children. */
function alarm(kernel: Kernel, task: Task, delay: number): number {
  const left = task.alarm === null ? 0 : Math.max(0, task.alarm.time - kernel.events.now);
  task.alarm?.cancel();
  task.alarm = null;
  if (delay > 0)
    task.alarm = kernel.events.after(Math.round(delay), () => {
      task.alarm = null;
      kernel.signals.send(task, 'ALRM');
    });
  return left;
}

type Calls = 'kill' | 'sigaction' | 'takeSignals' | 'alarm' | 'pause' | 'sigprocmask';

export const signalHandlers: Handlers<Calls> = {
  kill,
  sigaction(_, task, signal, disposition) {
    if (signal === 'KILL' || signal === 'STOP') throw new OsError('EINVAL');
    const before = task.dispositionOf(signal);
    task.setDisposition(signal, disposition);
    return before;
  },
  takeSignals(_, task) {
    const { caught } = task;
    task.caught = [];
    return caught;
  },
  alarm,
  pause(_, task) {
    if (task.caught.length === 0) return new Blocked([]);
  },
  sigprocmask(_, task, how, signals) {
    const before = task.blocked;
    if (how === 'set') task.blocked = NO_SIGNALS;
    for (const signal of signals) {
      if (how === 'unblock') task.blocked = withoutSignal(task.blocked, signal);
      else if (signal !== 'KILL' && signal !== 'STOP') task.blocked = withSignal(task.blocked, signal);
    }
    return before;
  },
};
