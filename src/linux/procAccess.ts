/** Who may look into /proc/PID. */
import { OsError } from '../base/index.ts';
import { mayInspect } from './credentials/credentials.ts';
import type { Kernel } from './kernel.ts';
import type { Task } from './tasks/task.ts';

/** A process as /proc/PID tells of it. */
export interface Described {
  readonly kernel: Kernel;
  readonly task: Task;
}

/** ptrace(2)'s rule: EACCES for others' processes. */
export function requireInspection(kernel: Kernel, task: Task): void {
  const { current } = kernel;
  if (current !== task && !mayInspect(current!.credentials, task.credentials)) throw new OsError('EACCES');
}
