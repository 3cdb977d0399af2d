/** Memory of processes, and what the kernel says: brk(2), page faults, syslog(2). */
import { OsError } from '../../base/index.ts';
import { capableOnHost } from '../credentials/credentials.ts';
import { Blocked } from '../tasks/waitQueue.ts';
import type { Handlers } from './types.ts';

export const memoryHandlers: Handlers<'brk' | 'touch' | 'syslog'> = {
  brk(kernel, task, change) {
    kernel.memory.resize(task, change);
    return task.memory.data;
  },
  touch(kernel, task, bytes) {
    const call = task.call!;
    if (call.deadline === null) {
      kernel.memory.touch(task, bytes);
      const delay = kernel.memory.delayAbove(task, bytes);
      if (delay === 0) return;
      call.deadline = kernel.events.now + delay;
    }
    // Whoever is above memory.high is slowed down, so that somebody can act before it is killed.
    if (kernel.events.now < call.deadline) return new Blocked([], call.deadline);
  },
  syslog(kernel, task, clear = false) {
    const text = kernel.log.text();
    if (clear) {
      if (!capableOnHost(task.credentials, 'CAP_SYSLOG')) throw new OsError('EPERM');
      kernel.log.clear();
    }
    return text;
  },
};
