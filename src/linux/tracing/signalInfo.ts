/** Where a signal comes from, as sigaction(2)'s siginfo_t tells it. */
import type { SignalName } from '../signals.ts';
import type { Task } from '../tasks/task.ts';
import type { SignalInfo } from './types.ts';

/** `sender` null: the kernel. A child that has just changed its state is the sender of CHLD. */
export function signalInfo(task: Task, signal: SignalName, sender: Task | null): SignalInfo {
  if (sender === null) return { code: 'SI_KERNEL' };
  const who = {
    pid: sender.pid.seenFrom(task.namespaces.pid),
    uid: task.credentials.userNs.uidSeen(sender.credentials.uid),
  };
  const change = signal === 'CHLD' && sender.parent === task ? (sender.exitState ?? sender.report) : null;
  if (change === null || change.kind === 'none') return { code: 'SI_USER', ...who };
  const times = { user: sender.userTime, system: sender.cpuTime - sender.userTime };
  switch (change.kind) {
    case 'exited':
      return { code: 'CLD_EXITED', ...who, status: change.code, ...times };
    case 'signaled':
      return { code: 'CLD_KILLED', ...who, status: change.signal, ...times };
    case 'stopped':
      return { code: 'CLD_STOPPED', ...who, status: change.signal, ...times };
    case 'continued':
      return { code: 'CLD_CONTINUED', ...who, status: 'CONT', ...times };
  }
}
