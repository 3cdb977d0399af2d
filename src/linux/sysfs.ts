/** /sys: the place for the cgroups, the host's disk, and the network devices of the namespace that it is mounted in. */
import { type BlockDevice, blockFiles } from './blockDevices.ts';
import type { NetNamespace } from './files/networkStack.ts';
import { ComputedFs, type ComputedNode, directoryOf } from './fs/index.ts';
import type { Kernel } from './kernel.ts';

type Directory = ComputedNode & { readonly kind: 'dir' };

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
  const directories = nodes.filter((node) => node.kind === 'dir');
  const [only] = nodes;
  return directories.length < 2 ? only! : new JoinedDirectory(directories);
}

/** A class, which is half as large as an object with two closures: each network namespace has one. */
class JoinedDirectory {
  readonly kind = 'dir';
  readonly #parts: readonly Directory[];

  constructor(parts: readonly Directory[]) {
    // Without room for more.
    this.#parts = parts.slice();
  }

  names(): string[] {
    return [...new Set(this.#parts.flatMap((each) => each.names()))].sort();
  }

  child(name: string): ComputedNode | null {
    return childOf(this.#parts, name);
  }
}

/** Mostly one of them has the name, and nothing is to be joined. */
function childOf(directories: readonly Directory[], name: string): ComputedNode | null {
  let first: ComputedNode | null = null;
  let more: ComputedNode[] | null = null;
  for (const each of directories) {
    const child = each.child(name);
    if (child === null) continue;
    if (first === null) first = child;
    else {
      more ??= [first];
      more.push(child);
    }
  }
  return more === null ? first : joined(more);
}
