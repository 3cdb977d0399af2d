/** What processes and namespaces tell the trace; pids are the host's. */
import '../base/trace.ts';
import type { SeccompAction } from './credentials/seccompFilter.ts';
import type { NamespaceKind } from './namespaces/kinds.ts';
import type { SignalName } from './signals.ts';
import type { SyscallName, WaitStatus } from './syscalls.ts';

declare module '../base/trace.ts' {
  interface TraceEvents {
    'task.fork': { pid: number; child: number };
    'task.exec': { pid: number; path: string; argv: readonly string[] };
    'task.exit': { pid: number; comm: string; state: WaitStatus['state'] };
    'signal.deliver': { pid: number; signal: SignalName };
    /** A filter had something against a call. */
    seccomp: { pid: number; call: SyscallName; action: SeccompAction };
    'ns.create': { kind: NamespaceKind; inode: number };
    'cgroup.create': { path: string };
    'cgroup.remove': { path: string };
    'cgroup.move': { pid: number; from: string; to: string };
    /** `cgroup` is the victim's, `limit` whose limit could not be kept. */
    'oom.kill': { pid: number; comm: string; cgroup: string; limit: string };
    'mount.add': { pid: number; source: string; target: string; type: string };
    'mount.remove': { pid: number; target: string };
  }
}
