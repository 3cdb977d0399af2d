/** Mounts and namespaces: mount(2), pivot_root(2), unshare(2), setns(2), uname(2). */
import { OsError } from '../../base/index.ts';
import { NetNamespaceFile } from '../files/netNamespaceFile.ts';
import type { Location, Mount } from '../fs/index.ts';
import { mount, pathOf, pivotRoot, umount, walk } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import { CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } from '../syscalls.ts';
import { dropUnusedNetworks } from '../tasks/netNamespaces.ts';
import type { Task } from '../tasks/task.ts';
import { processOf } from './processes.ts';
import type { Handlers } from './types.ts';

/** Whether somebody stands on the mount or has a file of it open. */
function inUse(kernel: Kernel, wanted: Mount): boolean {
  for (const task of kernel.rootPidNamespace.tasks.values()) {
    if (!task.alive) continue;
    if (task.cwd.mount === wanted || task.root.mount === wanted) return true;
    if (task.fds.entries().some(([, file]) => file.location?.mount === wanted)) return true;
  }
  return false;
}

function requireRoot(task: Task): void {
  if (task.credentials.euid !== 0) throw new OsError('EPERM');
}

/** Everybody of the namespace who stood on the old root stands on the new one. */
function pivot(kernel: Kernel, task: Task, newRoot: string, putOld: string): undefined {
  const changed = pivotRoot(kernel.vfsContext(task), newRoot, putOld);
  const stoodOn = (at: Location) =>
    at.mount === changed.oldRoot.mount && at.dentry === changed.oldRoot.dentry;
  for (const other of kernel.rootPidNamespace.tasks.values()) {
    if (other.namespaces.mnt !== task.namespaces.mnt) continue;
    if (stoodOn(other.root)) other.root = changed.newRoot;
    if (stoodOn(other.cwd)) other.cwd = changed.newRoot;
  }
}

function unshare(kernel: Kernel, task: Task, flags: number): undefined {
  if ((flags & ~(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWNET)) !== 0)
    throw new OsError('EINVAL');
  requireRoot(task);
  if ((flags & CLONE_NEWNS) !== 0) {
    const { ns, translate } = task.namespaces.mnt.clone();
    task.root = translate(task.root);
    task.cwd = translate(task.cwd);
    task.namespaces.mnt = ns;
  }
  if ((flags & CLONE_NEWUTS) !== 0) {
    task.namespaces.uts = { hostname: task.namespaces.uts.hostname, inode: kernel.newNamespaceInode('uts') };
  }
  if ((flags & CLONE_NEWNET) !== 0) {
    task.namespaces.net = kernel.newNetNamespace();
    dropUnusedNetworks(kernel);
  }
  if ((flags & CLONE_NEWPID) !== 0) {
    task.namespaces.pidForChildren = kernel.newPidNamespace(task.namespaces.pidForChildren);
  }
}

function setns(kernel: Kernel, task: Task, pid: number, flags: number): undefined {
  requireRoot(task);
  const target = processOf(task, pid);
  if (!target.alive) throw new OsError('ESRCH');
  if ((flags & CLONE_NEWPID) !== 0) task.namespaces.pidForChildren = target.namespaces.pid;
  if ((flags & CLONE_NEWNET) !== 0) {
    task.namespaces.net = target.namespaces.net;
    dropUnusedNetworks(kernel);
  }
  if ((flags & CLONE_NEWUTS) !== 0) task.namespaces.uts = target.namespaces.uts;
  if ((flags & CLONE_NEWNS) !== 0) {
    task.namespaces.mnt = target.namespaces.mnt;
    task.root = target.root;
    task.cwd = target.root;
  }
}

function setnsfd(kernel: Kernel, task: Task, fd: number, nstype: number): undefined {
  requireRoot(task);
  const file = task.fds.get(fd);
  if (!(file instanceof NetNamespaceFile) || nstype !== CLONE_NEWNET) throw new OsError('EINVAL');
  task.namespaces.net = file.namespace;
  dropUnusedNetworks(kernel);
}

type Calls = 'mount' | 'umount' | 'pivot_root' | 'unshare' | 'setns' | 'setnsfd' | 'uname' | 'sethostname';

export const namespaceHandlers: Handlers<Calls> = {
  mount(kernel, task, source, target, fstype, flags, data) {
    const made = mount(kernel.vfsContext(task), source, target, fstype, flags, data);
    if (made === null) return;
    const pid = kernel.rootPid(task);
    kernel.trace.emit('mount.add', kernel.name, { pid, source, target, type: made.fs.type });
  },
  umount(kernel, task, target, flags = 0) {
    const path = pathOf(walk(kernel.vfsContext(task), target), task.root);
    umount(kernel.vfsContext(task), target, flags, (wanted) => inUse(kernel, wanted));
    kernel.trace.emit('mount.remove', kernel.name, { pid: kernel.rootPid(task), target: path });
    dropUnusedNetworks(kernel);
  },
  pivot_root: pivot,
  unshare,
  setns,
  setnsfd,
  uname: (kernel, task) => ({
    sysname: 'Linux',
    nodename: task.namespaces.uts.hostname,
    release: kernel.options.release,
    version: '#1 SMP virtbook',
    machine: 'x86_64',
  }),
  sethostname(_, task, name) {
    requireRoot(task);
    if (name.length > 64) throw new OsError('EINVAL');
    task.namespaces.uts.hostname = name;
  },
};
