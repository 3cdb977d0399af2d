/** Namespaces of network and mounts live as long as somebody is in them or has them: a task, a descriptor, a mount (namespaces(7)). */
import { DescriptorInode } from '../files/descriptorInode.ts';
import { NamespaceFile } from '../files/namespaceFile.ts';
import { type NetNamespace, NetworkSocketFile } from '../files/networkStack.ts';
import type { OpenFile } from '../files/openFile.ts';
import type { MountNamespace } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';

const isNetwork = (file: OpenFile): file is NamespaceFile & { namespace: NetNamespace } =>
  file instanceof NamespaceFile && file.namespace.kind === 'net';

function usedOf(kernel: Kernel): Set<NetNamespace> {
  const used = new Set<NetNamespace>();
  const mounts = new Set<MountNamespace>();
  for (const task of kernel.rootPidNamespace.tasks.values()) {
    if (!task.alive) continue;
    if (task.namespaces.net !== null) used.add(task.namespaces.net);
    mounts.add(task.namespaces.mnt);
    for (const file of task.fds.files())
      if (file instanceof NetworkSocketFile || isNetwork(file)) used.add(file.namespace);
  }
  for (const { mounts: each } of mounts)
    for (const { root } of each)
      if (root.inode instanceof DescriptorInode && isNetwork(root.inode.file))
        used.add(root.inode.file.namespace);
  return used;
}

/** Whether somebody has it still; whoever bound it to a name did so last, mostly. */
function isUsed(kernel: Kernel, space: NetNamespace): boolean {
  const tasks = [...kernel.rootPidNamespace.tasks.values()].filter(({ alive }) => alive);
  const mounts = new Set<MountNamespace>();
  for (const { namespaces } of tasks) {
    if (namespaces.net === space) return true;
    mounts.add(namespaces.mnt);
  }
  for (const { mounts: each } of mounts)
    for (let i = each.length - 1; i >= 0; i--) {
      const { inode } = each[i]!.root;
      if (inode instanceof DescriptorInode && namespaceOf(inode.file) === space) return true;
    }
  for (const { fds } of tasks) for (const file of fds.files()) if (namespaceOf(file) === space) return true;
  return false;
}

/** Of a socket, or of the namespace's own file; null for others. */
export function namespaceOf(file: OpenFile): NetNamespace | null {
  return file instanceof NetworkSocketFile || isNetwork(file) ? file.namespace : null;
}

/** To be called when `left` has been left by somebody, or when it is not known which one. */
export function dropUnusedNetworks(kernel: Kernel, left: NetNamespace | null = null): void {
  const { network } = kernel;
  if (network === null || network.count === 1 || left === network.root) return;
  if (left === null || !isUsed(kernel, left)) network.keepOnly(usedOf(kernel));
}

/** A mount namespace that nobody is in, and that nothing keeps, hears of no mounts any more. To be called when one may have been left. */
export function releaseMounts(kernel: Kernel, namespace: MountNamespace): void {
  const tasks = [...kernel.rootPidNamespace.tasks.values()].filter((task) => task.alive);
  if (tasks.some((task) => task.namespaces.mnt === namespace) || !namespace.hears) return;
  const keeps = (file: OpenFile) => file instanceof NamespaceFile && file.namespace === namespace;
  for (const task of tasks) {
    for (const file of task.fds.files()) if (keeps(file)) return;
    for (const { root } of task.namespaces.mnt.mounts)
      if (root.inode instanceof DescriptorInode && keeps(root.inode.file)) return;
  }
  namespace.release();
}
