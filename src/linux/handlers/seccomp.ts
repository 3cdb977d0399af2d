/** seccomp(2): installing filters, and what they do to a call. */
import { errnoNamed, OsError } from '../../base/index.ts';
import { capable } from '../credentials/credentials.ts';
import { SeccompFilters } from '../credentials/seccompFilter.ts';
import type { Kernel } from '../kernel.ts';
import { withoutSignal, withSignal } from '../signals.ts';
import type { SyscallRequest } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import type { Handlers } from './types.ts';

export const seccompHandlers: Handlers<'seccomp'> = {
  /** Only for those whose programs gain nothing by execve(2), so that no set-user-ID program can be led astray. EACCES. */
  seccomp(kernel, task, filter) {
    const { credentials } = task;
    if (!credentials.noNewPrivs && !capable(credentials, credentials.userNs, 'CAP_SYS_ADMIN'))
      throw new OsError('EACCES');
    const installed = kernel.seccompFilters.installed(filter);
    task.seccomp = (task.seccomp ?? new SeccompFilters()).with(installed);
  },
};

/** Whether the call may go on. A process that is killed has ended; throws the error that a filter gives. */
export function passesSeccomp(kernel: Kernel, task: Task, request: SyscallRequest): boolean {
  const { action, errno } = task.seccomp!.verdict(request);
  if (action === 'SCMP_ACT_ALLOW') return true;
  kernel.trace.emit('seccomp', kernel.name, { pid: kernel.rootPid(task), call: request.call, action });
  switch (action) {
    case 'SCMP_ACT_LOG':
      return true;
    case 'SCMP_ACT_ERRNO':
      throw new OsError(errnoNamed(errno) ?? 'EPERM');
    case 'SCMP_ACT_TRAP':
      // As one that the process made itself: a handler runs, without one it ends, even if it ignores the signal.
      task.blocked = withoutSignal(task.blocked, 'SYS');
      if (task.dispositionOf('SYS') === 'ignore') task.setDisposition('SYS', 'default');
      task.pending = withSignal(task.pending, 'SYS');
      kernel.signals.deliver(task);
      if (!task.alive) return false;
      throw new OsError('ENOSYS');
    default:
      kernel.lifecycle.exit(task, { kind: 'signaled', signal: 'SYS' });
      return false;
  }
}
