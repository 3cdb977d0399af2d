/** /sys: the place for the cgroups, and the network devices of the namespace that it is mounted in. */
import { ComputedFs, directoryOf } from './fs/index.ts';
import type { Kernel } from './kernel.ts';

export function makeSysFs(kernel: Kernel, dev: number): ComputedFs {
  const { net } = kernel.current!.namespaces;
  const root = directoryOf({
    ...(net !== null && kernel.network?.sysFiles(net)),
    fs: directoryOf({ cgroup: directoryOf({}) }),
  });
  return new ComputedFs('sysfs', dev, kernel.clock, root);
}
