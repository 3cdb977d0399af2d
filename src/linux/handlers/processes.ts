/** Processes: clone(2), execve(2), wait4(2), setpgid(2), setsid(2), nanosleep(2), setrlimit(2). */
import { OsError } from '../../base/index.ts';
import { capableOnHost } from '../credentials/credentials.ts';
import { URANDOM } from '../files/device.ts';
import type { Kernel } from '../kernel.ts';
import { WCONTINUED, WNOHANG, WUNTRACED } from '../syscalls.ts';
import { weightOfNice } from '../tasks/fairQueue.ts';
import { ProcessGroup, Session } from '../tasks/groups.ts';
import { type Limit, type ResourceName, withLimit } from '../tasks/limits.ts';
import type { Task } from '../tasks/task.ts';
import { Blocked } from '../tasks/waitQueue.ts';
import { nextReport } from '../tracing/tracee.ts';
import { execve } from './exec.ts';
import type { Handlers } from './types.ts';

/** The process that `pid` names for `task`; 0 is itself. ESRCH. */
export function processOf(task: Task, pid: number): Task {
  const found = pid === 0 ? task : task.namespaces.pid.tasks.get(pid);
  if (found === undefined) throw new OsError('ESRCH');
  return found;
}

function matches(parent: Task, child: Task, pid: number): boolean {
  const ns = parent.namespaces.pid;
  if (pid > 0) return child.pid.seenFrom(ns) === pid;
  if (pid === -1) return true;
  return pid === 0 ? child.group === parent.group : child.group.id.seenFrom(ns) === -pid;
}

function hasChild(task: Task, pid: number): boolean {
  if (pid === -1) return task.children.size > 0;
  if (pid > 0) return task.namespaces.pid.tasks.get(pid)?.parent === task;
  for (const child of task.children) if (matches(task, child, pid)) return true;
  return false;
}

function wait4(kernel: Kernel, task: Task, pid: number, options = 0) {
  const { tracer } = task;
  const traced = tracer === null ? null : nextReport(task, pid);
  if (traced !== null) return traced;
  if (!hasChild(task, pid) && (tracer === null || tracer.tracees.size === 0)) throw new OsError('ECHILD');
  const ns = task.namespaces.pid;
  const { reporting } = task;
  // Of several the one that came first is told of: in the order of all children.
  for (const child of reporting.size > 1 ? task.children : reporting) {
    if (!matches(task, child, pid)) continue;
    if (child.state === 'zombie') {
      kernel.lifecycle.reap(child);
      return { pid: child.pid.seenFrom(ns), state: child.exitState! };
    }
    const { report } = child;
    const asked =
      (report?.kind === 'stopped' && (options & WUNTRACED) !== 0) ||
      (report?.kind === 'continued' && (options & WCONTINUED) !== 0);
    if (!asked) continue;
    task.tookReport(child);
    return { pid: child.pid.seenFrom(ns), state: report! };
  }
  if ((options & WNOHANG) !== 0) return { pid: 0, state: { kind: 'none' as const } };
  return new Blocked([task.childChange]);
}

function setpgid(_kernel: Kernel, task: Task, pid: number, pgid: number): undefined {
  if (pgid < 0) throw new OsError('EINVAL');
  const target = processOf(task, pid);
  if (target !== task && target.parent !== task) throw new OsError('ESRCH');
  if (target !== task && target.execed) throw new OsError('EACCES');
  const { session } = task.group;
  if (target.group.session !== session || session.leader === target) throw new OsError('EPERM');
  const ns = task.namespaces.pid;
  const wanted = pgid === 0 ? target.pid.seenFrom(ns) : pgid;
  if (target.group.id.seenFrom(ns) === wanted) return;
  target.joinGroup(findGroup(task, wanted) ?? newGroup(target, wanted, session, ns));
}

/** The dead are members until somebody has waited for them. */
function findGroup(task: Task, pgid: number): ProcessGroup | null {
  const ns = task.namespaces.pid;
  for (const other of ns.tasks.values()) {
    if (other.group.id.seenFrom(ns) !== pgid) continue;
    if (other.group.session !== task.group.session) throw new OsError('EPERM');
    return other.group;
  }
  return null;
}

function newGroup(target: Task, pgid: number, session: Session, ns: Task['namespaces']['pid']): ProcessGroup {
  if (target.pid.seenFrom(ns) !== pgid) throw new OsError('EPERM');
  return new ProcessGroup(target.pid, session);
}

function setsid(_kernel: Kernel, task: Task): number {
  if (task.group.id === task.pid) throw new OsError('EPERM');
  task.joinGroup(new ProcessGroup(task.pid, new Session(task)));
  return task.ownPid;
}

const limitOf = ({ limits }: Task, resource: ResourceName): Limit => ({
  soft: limits[resource],
  hard: limits.hard[resource],
});

function setLimit(caller: Task, task: Task, resource: ResourceName, { soft, hard }: Limit): void {
  if (soft > hard) throw new OsError('EINVAL');
  const { limits } = task;
  if (hard > limits.hard[resource] && !capableOnHost(caller.credentials, 'CAP_SYS_RESOURCE'))
    throw new OsError('EPERM');
  task.limits = withLimit(limits, resource, { soft, hard });
  if (resource === 'nofile') task.fds.limit = soft;
}

function setpriority(kernel: Kernel, task: Task, pid: number, nice: number): undefined {
  const target = processOf(task, pid);
  const { credentials } = task;
  const free = capableOnHost(credentials, 'CAP_SYS_NICE');
  const { uid, euid } = target.credentials;
  if (!free && credentials.euid !== uid && credentials.euid !== euid) throw new OsError('EPERM');
  const value = Math.max(-20, Math.min(19, nice));
  // RLIMIT_NICE counts the other way: 20 less is the least value that may be set.
  if (value < target.nice && 20 - value > task.limits.nice && !free) throw new OsError('EACCES');
  target.nice = value;
  target.entity.weight = weightOfNice(value);
  kernel.scheduler.reweigh();
}

type Calls =
  | 'fork'
  | 'execve'
  | 'exit'
  | 'wait4'
  | 'getpid'
  | 'getppid'
  | 'getpgid'
  | 'setpgid'
  | 'getsid'
  | 'setsid'
  | 'setname'
  | 'nanosleep'
  | 'compute'
  | 'clock_gettime'
  | 'getrandom'
  | 'times'
  | 'setrlimit'
  | 'getrlimit'
  | 'prlimit'
  | 'sched_yield'
  | 'getpriority'
  | 'setpriority';

export const processHandlers: Handlers<Calls> = {
  fork(kernel, task, main, options = {}) {
    return kernel.lifecycle.fork(task, main, options.flags ?? 0).pid.seenFrom(task.namespaces.pid);
  },
  execve,
  exit(kernel, task, status) {
    kernel.lifecycle.exit(task, { kind: 'exited', code: status & 0xff });
  },
  wait4,
  getpid: (_, task) => task.ownPid,
  getppid: (_, task) => task.parent?.pid.seenFrom(task.namespaces.pid) ?? 0,
  getpgid: (_, task, pid) => processOf(task, pid).group.id.seenFrom(task.namespaces.pid),
  setpgid,
  getsid: (_, task, pid) => processOf(task, pid).group.session.id.seenFrom(task.namespaces.pid),
  setsid,
  setname(_, task, name) {
    task.comm = name.slice(0, 15);
  },
  nanosleep(kernel, task, duration) {
    const call = task.call!;
    call.deadline ??= kernel.events.now + Math.max(0, Math.round(duration));
    if (kernel.events.now < call.deadline) return new Blocked([], call.deadline);
  },
  compute(_, task, duration) {
    task.computing = Math.max(0, Math.round(duration));
  },
  clock_gettime(kernel, task, clock) {
    if (clock === 'realtime') return kernel.realtime();
    const now = kernel.events.now + task.namespaces.time.offsets[clock];
    const sec = Math.floor(now / 1e9);
    return { sec, nsec: now - sec * 1e9 };
  },
  getrandom: (kernel, _, count) => kernel.devices.get(URANDOM)!.read(count),
  times: (_, task) => ({ self: task.totalCpuTime, children: task.childrenCpuTime }),
  setrlimit(_, task, resource, soft, hard = soft) {
    setLimit(task, task, resource, { soft, hard });
  },
  getrlimit: (_, task, resource) => limitOf(task, resource),
  prlimit(_, task, pid, resource, limit) {
    const target = processOf(task, pid);
    const { credentials } = task;
    const { uid, suid, euid } = target.credentials;
    const own = [uid, suid, euid].every((id) => id === credentials.uid);
    if (target !== task && !own && !capableOnHost(credentials, 'CAP_SYS_RESOURCE'))
      throw new OsError('EPERM');
    const before = limitOf(target, resource);
    if (limit !== undefined) setLimit(task, target, resource, limit);
    return before;
  },
  sched_yield(kernel, task) {
    kernel.scheduler.yield(task);
  },
  getpriority: (_, task, pid) => processOf(task, pid).nice,
  setpriority,
};
