/** The shape of a system-call handler. */
import type { OsError } from '../../base/index.ts';
import type { Kernel } from '../kernel.ts';
import type { SyscallName, Syscalls } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import type { Blocked } from '../tasks/waitQueue.ts';

/** `never` results (exit, execve) come back as undefined: the caller is gone. */
type Result<T> = [T] extends [never] ? undefined : T;

/** Answers, throws or returns OsError, or says what to wait for: it is then called again with the same arguments. */
export type Handler<K extends SyscallName> = (
  kernel: Kernel,
  task: Task,
  ...args: Parameters<Syscalls[K]>
) => Result<ReturnType<Syscalls[K]>> | OsError | Blocked;

/** The handlers of some of the calls. */
export type Handlers<K extends SyscallName> = { readonly [Name in K]: Handler<Name> };
