/** Mounts and namespaces: mount(2), pivot_root(2), unshare(2), setns(2), uname(2). */
import { OsError } from '../../base/index.ts';
import { mayInspect, requireCapable } from '../credentials/credentials.ts';
import type { UserNamespace } from '../credentials/userNamespace.ts';
import { DescriptorInode } from '../files/descriptorInode.ts';
import { NamespaceFile } from '../files/namespaceFile.ts';
import type { NetNamespace } from '../files/networkStack.ts';
import type { Location, Mount } from '../fs/index.ts';
import { boundBy, mount, pathOf, pivotRoot, umount, walk } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import { makeNamespaces } from '../namespaces/create.ts';
import { enterNamespaces } from '../namespaces/enter.ts';
import { ALL_NAMESPACES, NAMESPACE_FLAGS, type Namespace, namespaceKinds } from '../namespaces/kinds.ts';
import { dropUnusedNetworks, releaseMounts } from '../tasks/netNamespaces.ts';
import type { Task } from '../tasks/task.ts';
import { processOf } from './processes.ts';
import type { Handlers } from './types.ts';

/** Network namespaces that are bound to a mount's place and to those below it. */
function networksBelow(mount: Mount, found: Namespace[] = []): readonly Namespace[] {
  const { inode } = mount.root;
  if (inode instanceof DescriptorInode && inode.file instanceof NamespaceFile)
    found.push(inode.file.namespace);
  for (const child of mount.children) networksBelow(child, found);
  return found;
}

/** What was a copy of the host's mounts leaves nothing loose. */
function dropLooseNetworks(kernel: Kernel, unbound: readonly Namespace[]): void {
  const top = kernel.rootPidNamespace.init?.namespaces.mnt.root.mount;
  const kept = new Set(top === undefined ? [] : networksBelow(top));
  for (const namespace of new Set(unbound)) {
    if (kept.has(namespace) || namespace.kind !== 'net') continue;
    dropUnusedNetworks(kernel, namespace as NetNamespace);
  }
}

/** Who owns what is seen through a file system of a type. */
function ownerOf({ namespaces }: Task, fstype: string): UserNamespace | null {
  switch (fstype) {
    case 'proc':
      return namespaces.pid.userNs;
    case 'sysfs':
      return namespaces.net?.userNs ?? null;
    case 'cgroup2':
      return namespaces.cgroup.userNs;
    case 'mqueue':
      return namespaces.ipc.userNs;
    default:
      return null;
  }
}

/** A mount namespace is bound in older ones alone: else namespaces could keep each other alive for ever (mnt_ns_loop()). */
function requireNoLoop(task: Task, { dentry: { inode } }: Location): void {
  if (!(inode instanceof DescriptorInode) || !(inode.file instanceof NamespaceFile)) return;
  const { kind, inode: number } = inode.file.namespace;
  if (kind === 'mnt' && number <= task.namespaces.mnt.inode) throw new OsError('EINVAL');
}

/** Everybody of the namespace who stood on the old root stands on the new one. */
function pivot(kernel: Kernel, task: Task, newRoot: string, putOld: string): undefined {
  const changed = pivotRoot(kernel.vfsContext(task), newRoot, putOld);
  const stoodOn = (at: Location) =>
    at.mount === changed.oldRoot.mount && at.dentry === changed.oldRoot.dentry;
  for (const other of task.namespaces.mnt.inhabitants) {
    if (stoodOn(other.root)) other.root = changed.newRoot;
    if (stoodOn(other.cwd)) other.cwd = changed.newRoot;
  }
}

function unshare(kernel: Kernel, task: Task, flags: number): undefined {
  const { credentials, namespaces, translate } = makeNamespaces(kernel, task, flags);
  task.credentials = credentials;
  task.root = translate(task.root);
  task.cwd = translate(task.cwd);
  const { net, mnt } = task.namespaces;
  Object.assign(task.namespaces, namespaces);
  namespaces.mnt.takeIn(task, mnt);
  if (namespaces.net !== net) dropUnusedNetworks(kernel, net);
  if (namespaces.mnt !== mnt) releaseMounts(kernel, mnt);
}

/** The namespaces of kinds `flags` that `task` is in. */
function namespacesOf(task: Task, flags: number): Namespace[] {
  const all = { ...task.namespaces, user: task.credentials.userNs };
  return namespaceKinds
    .filter((kind) => (flags & NAMESPACE_FLAGS[kind]) !== 0)
    .map((kind) => {
      const namespace = all[kind];
      if (namespace === null) throw new OsError('EINVAL');
      return namespace;
    });
}

function setns(kernel: Kernel, task: Task, pid: number, flags: number): undefined {
  if (flags === 0 || (flags & ~ALL_NAMESPACES) !== 0) throw new OsError('EINVAL');
  const target = processOf(task, pid);
  if (!target.alive) throw new OsError('ESRCH');
  if (!mayInspect(task.credentials, target.credentials)) throw new OsError('EPERM');
  const { net } = task.namespaces;
  enterNamespaces(task, namespacesOf(target, flags));
  if (task.namespaces.net !== net) dropUnusedNetworks(kernel, net);
}

function setnsfd(kernel: Kernel, task: Task, fd: number, nstype: number): undefined {
  const file = task.fds.get(fd);
  if (!(file instanceof NamespaceFile)) throw new OsError('EINVAL');
  if (nstype !== 0 && nstype !== NAMESPACE_FLAGS[file.namespace.kind]) throw new OsError('EINVAL');
  const { net } = task.namespaces;
  enterNamespaces(task, [file.namespace]);
  if (task.namespaces.net !== net) dropUnusedNetworks(kernel, net);
}

type Calls = 'mount' | 'umount' | 'pivot_root' | 'unshare' | 'setns' | 'setnsfd' | 'uname' | 'sethostname';

export const namespaceHandlers: Handlers<Calls> = {
  mount(kernel, task, source, target, fstype, flags, data) {
    const ctx = kernel.vfsContext(task, (type) => ownerOf(task, type));
    const bound = boundBy(ctx, source, flags);
    if (bound !== null) requireNoLoop(task, bound);
    const made = mount(ctx, source, target, fstype, flags, data, bound);
    if (made === null) return undefined;
    if (made instanceof OsError) return made;
    const pid = kernel.rootPid(task);
    kernel.trace.emit('mount.add', kernel.name, { pid, source, target, type: made.fs.type });
  },
  umount(kernel, task, target, flags = 0) {
    const ctx = kernel.vfsContext(task);
    const at = walk(ctx, target);
    const path = pathOf(at, task.root);
    const bound = networksBelow(at.mount);
    umount(ctx, at, flags);
    kernel.trace.emit('mount.remove', kernel.name, { pid: kernel.rootPid(task), target: path });
    if (bound.length > 0) dropLooseNetworks(kernel, bound);
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
    const { uts } = task.namespaces;
    requireCapable(task.credentials, uts.userNs, 'CAP_SYS_ADMIN');
    if (name.length > 64) throw new OsError('EINVAL');
    uts.hostname = name;
  },
};
