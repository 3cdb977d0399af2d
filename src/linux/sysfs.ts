/** /sys: the place for the cgroups, the host's disk, and the network devices of the namespace that it is mounted in. */
import { type BlockDevice, blockFiles } from './blockDevices.ts';
import { ComputedFs, type ComputedNode, directoryOf } from './fs/index.ts';
import type { Kernel } from './kernel.ts';

export function makeSysFs(
  kernel: Kernel,
  dev: number,
  disks: readonly [BlockDevice, BlockDevice],
): ComputedFs {
  const { net } = kernel.current!.namespaces;
  const parts = [
    directoryOf(blockFiles(disks)),
    ...(net === null || kernel.network === null ? [] : [directoryOf(kernel.network.sysFiles(net))]),
    directoryOf({ fs: directoryOf({ cgroup: directoryOf({}) }) }),
  ];
  return new ComputedFs('sysfs', dev, kernel.clock, joined(parts));
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
      const found = directories.flatMap((each) => each.child(name) ?? []);
      return found.length === 0 ? null : joined(found);
    },
  };
}
