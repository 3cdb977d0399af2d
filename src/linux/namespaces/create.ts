/** New namespaces for clone(2) and unshare(2): create_new_namespaces() of kernel/nsproxy.c, and user_namespaces(7). */
import { OsError } from '../../base/index.ts';
import { FULL_SETS } from '../credentials/capabilities.ts';
import { type Credentials, capable, requireCapable } from '../credentials/credentials.ts';
import { UserNamespace } from '../credentials/userNamespace.ts';
import type { Location } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
} from '../syscalls.ts';
import type { Namespaces, Task } from '../tasks/task.ts';
import { CgroupNamespace } from './cgroup.ts';
import { IpcNamespace } from './ipc.ts';
import { ALL_NAMESPACES } from './kinds.ts';
import { TimeNamespace } from './time.ts';
import { UtsNamespace } from './uts.ts';

/** User and pid namespaces below each other: at most this many. */
const MAX_LEVEL = 32;

/** What a process gets: `namespaces` as its children have them, and where a place in its old mounts is in its new ones. */
export interface NewNamespaces {
  readonly credentials: Credentials;
  readonly namespaces: Omit<Namespaces, 'pid' | 'time'>;
  readonly translate: (location: Location) => Location;
}

/** Throws EPERM, EINVAL, ENOSPC. */
export function makeNamespaces(kernel: Kernel, task: Task, flags: number): NewNamespaces {
  if ((flags & ~ALL_NAMESPACES) !== 0) throw new OsError('EINVAL');
  const asked = (flag: number) => (flags & flag) !== 0;
  const from = task.namespaces;
  const credentials = asked(CLONE_NEWUSER) ? withUserNamespace(kernel, task) : task.credentials;
  const { userNs } = credentials;
  if (asked(flags & ~CLONE_NEWUSER)) requireCapable(credentials, userNs, 'CAP_SYS_ADMIN');
  if (asked(CLONE_NEWPID)) {
    if (from.pid !== from.pidForChildren) throw new OsError('EINVAL');
    if (from.pid.level >= MAX_LEVEL) throw new OsError('ENOSPC');
    if (!from.pid.userNs.isWithin(userNs) && !userNs.isWithin(from.pid.userNs)) throw new OsError('EINVAL');
  }
  const mounts = asked(CLONE_NEWNS) ? from.mnt.clone(userNs) : null;
  return {
    credentials,
    translate: mounts?.translate ?? ((location) => location),
    namespaces: {
      mnt: mounts?.ns ?? from.mnt,
      uts: asked(CLONE_NEWUTS)
        ? new UtsNamespace(kernel.newNamespaceInode('uts'), userNs, from.uts.hostname, from.uts.domainname)
        : from.uts,
      ipc: asked(CLONE_NEWIPC) ? new IpcNamespace(kernel.newNamespaceInode('ipc'), userNs) : from.ipc,
      pidForChildren: asked(CLONE_NEWPID) ? kernel.newPidNamespace(from.pid, userNs) : from.pidForChildren,
      cgroup: asked(CLONE_NEWCGROUP)
        ? new CgroupNamespace(kernel.newNamespaceInode('cgroup'), userNs, kernel.cgroupOf(task))
        : from.cgroup,
      net: asked(CLONE_NEWNET) ? kernel.newNetNamespace(userNs) : from.net,
      timeForChildren: asked(CLONE_NEWTIME)
        ? new TimeNamespace(kernel.newNamespaceInode('time'), userNs, from.time)
        : from.timeForChildren,
    },
  };
}

/** In a chroot nobody gets one: what is above its root could be reached by it. */
function withUserNamespace(kernel: Kernel, task: Task): Credentials {
  const { credentials } = task;
  const parent = credentials.userNs;
  if (parent.level >= MAX_LEVEL) throw new OsError('ENOSPC');
  const { root } = task.namespaces.mnt;
  if (task.root.mount !== root.mount || task.root.dentry !== root.dentry) throw new OsError('EPERM');
  if (!parent.maps(credentials.euid, credentials.egid)) throw new OsError('EPERM');
  const made = new UserNamespace({
    parent,
    owner: credentials.euid,
    group: credentials.egid,
    inode: kernel.newNamespaceInode('user'),
    makerHadSetfcap: capable(credentials, parent, 'CAP_SETFCAP'),
  });
  return inUserNamespace(credentials, made);
}

/** Whoever comes into a user namespace has all capabilities there, and none elsewhere. */
export function inUserNamespace(credentials: Credentials, userNs: UserNamespace): Credentials {
  return { ...credentials, ...FULL_SETS, securebits: 0, userNs };
}
