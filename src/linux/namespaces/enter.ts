/** setns(2): what a process must be allowed to enter a namespace of each kind, and what changes for it. */
import { assert, OsError } from '../../base/index.ts';
import { capable, requireCapable } from '../credentials/credentials.ts';
import { UserNamespace } from '../credentials/userNamespace.ts';
import type { NetNamespace } from '../files/networkStack.ts';
import { MountNamespace } from '../fs/index.ts';
import { PidNamespace } from '../tasks/pids.ts';
import type { Task } from '../tasks/task.ts';
import { CgroupNamespace } from './cgroup.ts';
import { inUserNamespace } from './create.ts';
import { IpcNamespace } from './ipc.ts';
import type { Namespace } from './kinds.ts';
import { TimeNamespace } from './time.ts';
import { UtsNamespace } from './uts.ts';

/**
 * Enters all of `wanted`, a user namespace first: its capabilities count for the others. Throws EPERM, EINVAL, and then nothing has changed.
 */
export function enterNamespaces(task: Task, wanted: readonly Namespace[]): void {
  const user = wanted.find((ns) => ns instanceof UserNamespace);
  const before = task.credentials;
  try {
    if (user !== undefined) enterUser(task, user);
    const others = wanted.filter((ns) => ns !== user);
    for (const ns of others) requireEntry(task, ns);
    for (const ns of others) enter(task, ns);
  } catch (error) {
    task.credentials = before;
    throw error;
  }
}

function enterUser(task: Task, user: UserNamespace): void {
  if (user === task.credentials.userNs) throw new OsError('EINVAL');
  requireCapable(task.credentials, user, 'CAP_SYS_ADMIN');
  task.credentials = inUserNamespace(task.credentials, user);
}

function requireEntry({ credentials, namespaces }: Task, ns: Namespace): void {
  const over = (target: UserNamespace) => requireCapable(credentials, target, 'CAP_SYS_ADMIN');
  over(ns.userNs);
  over(credentials.userNs);
  if (ns.kind === 'mnt' && !capable(credentials, credentials.userNs, 'CAP_SYS_CHROOT'))
    throw new OsError('EPERM');
  if (ns instanceof PidNamespace && !ns.isWithin(namespaces.pid)) throw new OsError('EINVAL');
}

function enter(task: Task, ns: Namespace): void {
  const own = task.namespaces;
  if (ns instanceof MountNamespace) {
    ns.takeIn(task, own.mnt);
    own.mnt = ns;
    task.root = ns.root;
    task.cwd = ns.root;
  } else if (ns instanceof UtsNamespace) own.uts = ns;
  else if (ns instanceof IpcNamespace) own.ipc = ns;
  // Only its children will be in it.
  else if (ns instanceof PidNamespace) own.pidForChildren = ns;
  else if (ns instanceof CgroupNamespace) own.cgroup = ns;
  else if (ns instanceof TimeNamespace) {
    own.time = ns;
    own.timeForChildren = ns;
    ns.entered = true;
  } else {
    assert(ns.kind === 'net', `${ns.kind} is no kind of namespace that can be entered`);
    own.net = ns as NetNamespace;
  }
}
