/**
 * What makes a container's root its own besides its layers: the init layer with the mount points that the engine needs (moby's
 * daemon/initlayer), and the files hostname, hosts and resolv.conf of the daemon's directory, which are mounted over those in /etc.
 */
import { isOsError } from '../base/index.ts';
import { MNT_DETACH, type Path, S_IFREG, type Sys, sys } from '../linux/index.ts';
import { makeDirs, writeText } from './files.ts';
import { type Container, containerPath, initPath, type MountPoint, never } from './model.ts';
import { type IdentityTexts, identityOwner } from './networking.ts';

const initDirs = ['/dev/pts', '/dev/shm', '/proc', '/sys'];
const initFiles = ['/.dockerenv', '/etc/resolv.conf', '/etc/hosts', '/etc/hostname', '/dev/console'];

/** Makes the layer of `mountId` over `lowers`: what the image has already is left as it is. */
export function* makeInitLayer(mountId: string, lowers: readonly string[]): Sys<void> {
  const layer = initPath(mountId);
  const merged = `${layer}/merged`;
  yield* makeLayerDirs(layer, lowers);
  const below = lowers.length > 0 ? lowers.join(':') : `${layer}/work`;
  const options = `lowerdir=${below},upperdir=${layer}/diff,workdir=${layer}/work`;
  if (lowers.length > 0) yield* sys.mount('overlay', merged, 'overlay', 0, options);
  const root = lowers.length > 0 ? merged : `${layer}/diff`;
  for (const dir of initDirs) yield* makeDirs(root + dir);
  for (const file of initFiles) {
    const path = root + file;
    yield* place(path, () => sys.mknod(path, S_IFREG | 0o755));
  }
  const mtab = `${root}/etc/mtab`;
  yield* place(mtab, () => sys.symlink('/proc/mounts', mtab));
  if (lowers.length > 0) yield* sys.umount(merged, MNT_DETACH);
}

/** The directories of a new layer, and what lies below it. */
export function* makeLayerDirs(layer: Path, lowers: readonly string[]): Sys<void> {
  yield* sys.mkdir(layer, 0o755);
  for (const dir of ['diff', 'work', 'merged']) yield* sys.mkdir(`${layer}/${dir}`, 0o755);
  yield* writeText(`${layer}/lower`, lowers.join(':'));
}

/** Makes what is to be at `path`, in a directory that may have to be made first. What is there already stays. */
function* place(path: Path, make: () => Sys<void>): Sys<void> {
  for (let madeDirs = false; ; madeDirs = true) {
    try {
      return yield* make();
    } catch (error) {
      if (isOsError(error, 'EEXIST')) return;
      if (madeDirs || !isOsError(error, 'ENOENT')) throw error;
    }
    yield* makeDirs(path.slice(0, path.lastIndexOf('/')));
  }
}

/** Writes them anew, as the engine does at every start; who shares another's network shares its files. */
export function* writeIdentityFiles(container: Container, texts: IdentityTexts): Sys<void> {
  if (identityOwner(container) !== container.ID) return;
  const files = { hostname: `${container.Config.Hostname}\n`, ...texts };
  for (const [name, text] of Object.entries(files)) {
    yield* writeText(`${containerPath(container.ID)}/${name}`, text, 0o644);
  }
}

/** Their mounts, unless the user has mounted something there. */
export function identityMounts(container: Container): MountPoint[] {
  const points: MountPoint[] = [];
  const files = containerPath(identityOwner(container));
  for (const name of ['resolv.conf', 'hostname', 'hosts']) {
    const Destination = `/etc/${name}`;
    if (container.MountPoints[Destination] !== undefined) continue;
    const Source = `${files}/${name}`;
    points.push({ Type: 'bind', Name: '', Source, Destination, RW: true, Anonymous: false });
  }
  return points;
}

/** As inspect shows them; empty before the first start. */
export function identityPaths(container: Container): Record<string, string> {
  const at = (name: string) =>
    container.State.StartedAt === never ? '' : `${containerPath(identityOwner(container))}/${name}`;
  return { ResolvConfPath: at('resolv.conf'), HostnamePath: at('hostname'), HostsPath: at('hosts') };
}
