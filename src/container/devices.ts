/** Devices of the host in a container: --device, and all of them with --privileged. moby's daemon/oci_utils and containerd's oci.HostDevices. */
import { isOsError, strerror } from '../base/index.ts';
import { type DeviceRule, fileTypeOf, type Path, type Stat, type Sys, sys } from '../linux/index.ts';
import { list } from './files.ts';
import { EngineError, type HostConfig } from './model.ts';
import type { SpecLinux } from './runtime/spec.ts';

type SpecDevice = NonNullable<SpecLinux['devices']>[number];

/** Directories of /dev that are the container's own, and the console. */
const LEFT_OUT = ['/dev/pts', '/dev/shm', '/dev/fd', '/dev/mqueue', '/dev/console'];

function deviceFrom(path: Path, stat: Stat): SpecDevice | null {
  const kind = { chr: 'c', blk: 'b' }[fileTypeOf(stat.mode) as 'chr' | 'blk'];
  if (kind === undefined || stat.rdev === undefined) return null;
  const { major, minor } = stat.rdev;
  return { path, type: kind, major, minor, fileMode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid };
}

/** The device at a path, or those in the directory there, under `target`. */
function* devicesBelow(path: Path, target: Path): Sys<SpecDevice[]> {
  const found: SpecDevice[] = [];
  for (const name of (yield* list(path)).sort()) {
    const [from, to] = [`${path}/${name}`, `${target}/${name}`];
    if (LEFT_OUT.includes(from)) continue;
    const stat = yield* sys.lstat(from);
    const type = fileTypeOf(stat.mode);
    if (type === 'dir') found.push(...(yield* devicesBelow(from, to)));
    const device = deviceFrom(to, stat);
    if (device !== null) found.push(device);
  }
  return found;
}

/** What a container may do with devices: all of a privileged one's, or those that it was given. moby's daemon/oci_linux.go. */
export function* deviceRules({ Devices, Privileged }: HostConfig): Sys<readonly DeviceRule[]> {
  if (Privileged) return [{ allow: true, access: 'rwm' }];
  const rules: DeviceRule[] = [{ allow: false, access: 'rwm' }];
  for (const one of Devices)
    for (const { type, major, minor } of yield* devicesOf({ Devices: [one], Privileged: false }))
      rules.push({ allow: true, type, major, minor, access: one.CgroupPermissions });
  return rules;
}

/** In the words of config.json. Throws EngineError. */
export function* devicesOf({
  Devices,
  Privileged,
}: Pick<HostConfig, 'Devices' | 'Privileged'>): Sys<readonly SpecDevice[]> {
  const found = Privileged ? yield* devicesBelow('/dev', '/dev') : [];
  for (const { PathOnHost, PathInContainer } of Devices) {
    const failed = (why: string) =>
      new EngineError(
        500,
        `error gathering device information while adding custom device "${PathOnHost}": ${why}`,
      );
    try {
      const stat = yield* sys.stat(PathOnHost);
      const device = deviceFrom(PathInContainer, stat);
      if (device !== null) found.push(device);
      else if (fileTypeOf(stat.mode) === 'dir')
        found.push(...(yield* devicesBelow(PathOnHost, PathInContainer)));
      else throw failed('not a device node');
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw failed(strerror(error.code).toLowerCase());
    }
  }
  return found;
}
