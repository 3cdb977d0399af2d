/** Network namespaces live as long as somebody is in them or has them: a task, a descriptor, a mount (network_namespaces(7)). */
import { DescriptorInode } from '../files/descriptorInode.ts';
import { NetNamespaceFile } from '../files/netNamespaceFile.ts';
import { type NetNamespace, NetworkSocketFile } from '../files/networkStack.ts';
import type { MountNamespace } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';

function usedOf(kernel: Kernel): Set<NetNamespace> {
  const used = new Set<NetNamespace>();
  const mounts = new Set<MountNamespace>();
  for (const task of kernel.rootPidNamespace.tasks.values()) {
    if (!task.alive) continue;
    if (task.namespaces.net !== null) used.add(task.namespaces.net);
    mounts.add(task.namespaces.mnt);
    for (const [, file] of task.fds.entries())
      if (file instanceof NetworkSocketFile || file instanceof NetNamespaceFile) used.add(file.namespace);
  }
  for (const { mounts: each } of mounts)
    for (const { root } of each)
      if (root.inode instanceof DescriptorInode && root.inode.file instanceof NetNamespaceFile)
        used.add(root.inode.file.namespace);
  return used;
}

/** To be called when one may have been left. */
export function dropUnusedNetworks(kernel: Kernel): void {
  kernel.network?.keepOnly(usedOf(kernel));
}
