/** /sys: the place for the cgroups, the host's disk, and the network devices of the namespace that it is mounted in. */
import { type BlockDevice, blockFiles } from './blockDevices.ts';
import type { NetNamespace } from './files/networkStack.ts';
import { ComputedFs, type ComputedNode, directoryOf } from './fs/index.ts';
import type { Kernel } from './kernel.ts';

/** Makes the /sys of a network namespace. What each of a kernel's has alike is made once. */
export function sysFsMaker(
  kernel: Kernel,
  disks: readonly [BlockDevice, BlockDevice],
): (net: NetNamespace | null, dev: number) => ComputedFs {
  const { network } = kernel;
  const cgroups = directoryOf({ fs: directoryOf({ cgroup: directoryOf({}) }) });
  let block: ComputedNode | null = null;
  return (net, dev) => {
    block ??= directoryOf(blockFiles(disks));
    const ofNetwork = net === null || network === null ? [] : [directoryOf(network.sysFiles(net))];
    return new ComputedFs('sysfs', dev, kernel.clock, joined([block, ...ofNetwork, cgroups]));
  };
}

/** Directories as one; what is a directory in several of them is joined too. */
function joined(nodes: readonly ComputedNode[]): ComputedNode {
  const directories = nodes.flatMap((node) => (node.kind === 'dir' ? [node] : []));
  const [only] = nodes;
  if (directories.length < 2) return only!;
  return {
    kind: 'dir',
    names: () => [...new Set(directories.flatMap((each) => each.names()))].sort(),
    child: (name) => {
      const found: ComputedNode[] = [];
      for (const each of directories) {
        const child = each.child(name);
        if (child !== null) found.push(child);
      }
      return found.length === 0 ? null : joined(found);
    },
  };
}
