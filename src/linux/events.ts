/** What processes and namespaces tell the trace; pids are the host's. */
import '../base/trace.ts';
import type { NamespaceKind } from './namespaces/kinds.ts';
import type { SignalName } from './signals.ts';
import type { WaitStatus } from './syscalls.ts';

declare module '../base/trace.ts' {
  interface TraceEvents {
    'task.fork': { pid: number; child: number };
    'task.exec': { pid: number; path: string; argv: readonly string[] };
    'task.exit': { pid: number; comm: string; state: WaitStatus['state'] };
    'signal.deliver': { pid: number; signal: SignalName };
    'ns.create': { kind: NamespaceKind; inode: number };
    'mount.add': { pid: number; source: string; target: string; type: string };
    'mount.remove': { pid: number; target: string };
  }
}
