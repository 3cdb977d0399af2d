/** ptrace(2), as a tracer that has attached with PTRACE_SEIZE uses it. */
import { OsError } from '../../base/index.ts';
import { mayInspect } from '../credentials/credentials.ts';
import type { Kernel } from '../kernel.ts';
import { type SignalName, signalNames } from '../signals.ts';
import type { Task } from '../tasks/task.ts';
import { attach, detach, report, type Tracee } from '../tracing/tracee.ts';
import { processOf } from './processes.ts';
import type { Handlers } from './types.ts';

function seize(task: Task, target: Task, options: number): undefined {
  const refused = target === task || !target.alive || target.tracee !== null;
  if (refused || !mayInspect(task.credentials, target.credentials, 'attach')) throw new OsError('EPERM');
  attach(task, target, options);
}

/** It stops as soon as it can: who waits for the disk does not. */
function interrupt(kernel: Kernel, target: Task, tracee: Tracee): undefined {
  if (target.state === 'stopped') {
    const signal = target.report?.kind === 'stopped' ? target.report.signal : 'STOP';
    report(target, { kind: 'stopped', signal, trap: 'event' });
    return;
  }
  tracee.interrupted = true;
  if (target.state === 'runnable' && target.cgroup.frozen) kernel.scheduler.moved(target);
  if (target.call === null || target.call.transfer === null) kernel.wake(target);
}

function stoppedTracee(task: Task, target: Task): Tracee {
  if (target.tracee?.tracer !== task || target.state !== 'traced') throw new OsError('ESRCH');
  return target.tracee;
}

/** A signal is given only to a process that has stopped for one. */
function proceed(tracee: Tracee, data: number | SignalName): void {
  if (data !== 0 && !signalNames.includes(data as SignalName)) throw new OsError('EIO');
  if (tracee.signal !== null && data !== 0) tracee.injected = data as SignalName;
  tracee.signal = null;
}

export const ptraceHandlers: Handlers<'ptrace'> = {
  ptrace(kernel, task, request, pid, data = 0) {
    if (pid <= 0) throw new OsError('ESRCH');
    const target = processOf(task, pid);
    if (request === 'PTRACE_SEIZE') return seize(task, target, Number(data));
    if (request === 'PTRACE_INTERRUPT') {
      if (target.tracee?.tracer !== task) throw new OsError('ESRCH');
      return interrupt(kernel, target, target.tracee);
    }
    const tracee = stoppedTracee(task, target);
    switch (request) {
      case 'PTRACE_SYSCALL':
        proceed(tracee, data);
        tracee.stopsAtCalls = true;
        kernel.scheduler.enqueue(target);
        return;
      case 'PTRACE_DETACH':
        proceed(tracee, data);
        detach(kernel, target);
        return;
      case 'PTRACE_GET_SYSCALL_INFO':
        return tracee.info;
      case 'PTRACE_GETSIGINFO':
        if (tracee.signal === null) throw new OsError('EINVAL');
        return tracee.signals.get(tracee.signal) ?? { code: 'SI_KERNEL' };
    }
  },
};
