/** /sys, of which only the place for the cgroups is here. */
import { ComputedFs, directoryOf, type FsClock } from '../fs/index.ts';

export function makeSysFs(dev: number, clock: FsClock): ComputedFs {
  return new ComputedFs('sysfs', dev, clock, directoryOf({ fs: directoryOf({ cgroup: directoryOf({}) }) }));
}
