/** System call → handler: the one table, complete by its type. */
import type { Kernel } from '../kernel.ts';
import type { SyscallName, SyscallRequest } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { affinityHandlers } from './affinity.ts';
import { capabilityHandlers } from './capabilities.ts';
import { credentialHandlers } from './credentials.ts';
import { descriptorHandlers } from './descriptors.ts';
import { deviceHandlers } from './devices.ts';
import { ipcHandlers } from './ipc.ts';
import { memoryHandlers } from './memory.ts';
import { namespaceHandlers } from './namespaces.ts';
import { pathHandlers } from './paths.ts';
import { processHandlers } from './processes.ts';
import { ptraceHandlers } from './ptrace.ts';
import { seccompHandlers } from './seccomp.ts';
import { signalHandlers } from './signals.ts';
import { socketHandlers } from './sockets.ts';
import { terminalHandlers } from './terminals.ts';
import type { Handlers } from './types.ts';

const all: Handlers<SyscallName> = {
  ...processHandlers,
  ...ptraceHandlers,
  ...affinityHandlers,
  ...signalHandlers,
  ...credentialHandlers,
  ...capabilityHandlers,
  ...descriptorHandlers,
  ...memoryHandlers,
  ...pathHandlers,
  ...namespaceHandlers,
  ...ipcHandlers,
  ...terminalHandlers,
  ...socketHandlers,
  ...seccompHandlers,
  ...deviceHandlers,
};

type AnyHandler = (kernel: Kernel, task: Task, ...args: readonly unknown[]) => unknown;

/** Each step of each process looks one up, and in an object of so many names that takes twice as long. */
const handlers: ReadonlyMap<string, AnyHandler> = new Map(Object.entries(all as Record<string, AnyHandler>));

/** Answers `request`; the result is a Blocked when the call has to wait. Throws OsError. */
export function callHandler(kernel: Kernel, task: Task, request: SyscallRequest): unknown {
  const handler = handlers.get(request.call)!;
  const { args } = request as { readonly args: readonly unknown[] };
  // Most calls have one argument or two, and to spread a list costs more than many of them.
  switch (args.length) {
    case 0:
      return handler(kernel, task);
    case 1:
      return handler(kernel, task, args[0]);
    case 2:
      return handler(kernel, task, args[0], args[1]);
    case 3:
      return handler(kernel, task, args[0], args[1], args[2]);
    default:
      return handler(kernel, task, ...args);
  }
}
