/** Namespaces of network and mounts live as long as somebody is in them or has them: a task, a descriptor, a mount (namespaces(7)). */
import { DescriptorInode } from '../files/descriptorInode.ts';
import { NamespaceFile } from '../files/namespaceFile.ts';
import { type NetNamespace, NetworkSocketFile } from '../files/networkStack.ts';
import type { OpenFile } from '../files/openFile.ts';
import type { MountNamespace } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from './task.ts';

const isNetwork = (file: OpenFile): file is NamespaceFile & { namespace: NetNamespace } =>
  file instanceof NamespaceFile && file.namespace.kind === 'net';

/** Whether a mount of the namespace leads to it: the last ones are looked at first, since what is used is mostly new. */
function isBoundIn({ mounts }: MountNamespace, space: NetNamespace): boolean {
  for (let i = mounts.length - 1; i >= 0; i--) {
    const { inode } = mounts[i]!.root;
    if (inode instanceof DescriptorInode && namespaceOf(inode.file) === space) return true;
  }
  return false;
}

/** Whether somebody is in it or has it. */
function isUsed(kernel: Kernel, space: NetNamespace): boolean {
  const first = kernel.rootPidNamespace.init?.namespaces.mnt;
  if (first !== undefined && isBoundIn(first, space)) return true;
  const seen = new Set([first]);
  for (const task of kernel.rootPidNamespace.tasks.values()) {
    if (!task.alive) continue;
    const { net, mnt } = task.namespaces;
    if (net === space) return true;
    for (const file of task.fds.files()) if (namespaceOf(file) === space) return true;
    if (seen.has(mnt)) continue;
    seen.add(mnt);
    if (isBoundIn(mnt, space)) return true;
  }
  return false;
}

/** Of a socket, or of the namespace's own file; null for others. */
export function namespaceOf(file: OpenFile): NetNamespace | null {
  return file instanceof NetworkSocketFile || isNetwork(file) ? file.namespace : null;
}

/** What a task is in or has, but the host's own. */
export function networksOf(kernel: Kernel, task: Task): Set<NetNamespace> {
  const found = new Set<NetNamespace>();
  const { network } = kernel;
  if (network === null) return found;
  for (const space of [task.namespaces.net, ...[...task.fds.files()].map(namespaceOf)])
    if (space !== null && space !== network.root) found.add(space);
  return found;
}

/** To be called when somebody has left `left`, closed it or unmounted it. */
export function dropUnusedNetworks(kernel: Kernel, left: NetNamespace | null): void {
  const { network } = kernel;
  if (network === null || left === null || left === network.root) return;
  if (!isUsed(kernel, left)) network.drop(left);
}

/** A mount namespace that nobody is in, and that nothing keeps, hears of no mounts any more. To be called when one may have been left. */
export function releaseMounts(kernel: Kernel, namespace: MountNamespace): void {
  if (namespace.inhabitants.size > 0 || !namespace.hears) return;
  const keeps = (file: OpenFile) => file instanceof NamespaceFile && file.namespace === namespace;
  for (const task of kernel.rootPidNamespace.tasks.values()) {
    if (!task.alive) continue;
    for (const file of task.fds.files()) if (keeps(file)) return;
    for (const { root } of task.namespaces.mnt.mounts)
      if (root.inode instanceof DescriptorInode && keeps(root.inode.file)) return;
  }
  namespace.release();
}
