/** mount -t overlay: mount options as in overlayfs.rst. */
import { OsError, type Trace } from '../../../base/index.ts';
import type { Location } from '../mount.ts';
import type { MountRequest } from '../mountTable.ts';
import { splitUnescaped } from '../splitUnescaped.ts';
import type { Inode } from '../types.ts';
import { OverlayFs } from './overlayFs.ts';

/** Features that are off here as they are by default in Linux: saying so is allowed, turning them on is EINVAL. */
const switches: ReadonlySet<string> = new Set([
  'index',
  'redirect_dir',
  'metacopy',
  'xino',
  'nfs_export',
  'volatile',
]);

/** Splits a list of paths at colons; `\:` is a colon. */
function splitLowers(list: string): string[] {
  return splitUnescaped(list, ':').map((path) => (path.includes('\\') ? path.replace(/\\(.)/g, '$1') : path));
}

function directory(request: MountRequest, path: string): Location {
  const location = request.lookup(path);
  if (location.dentry.inode.type !== 'dir') throw new OsError('ENOTDIR');
  return location;
}

function requireKnown(value: string, name: string): void {
  if (name === 'lowerdir' || name === 'upperdir' || name === 'workdir') return;
  if (!switches.has(name) || value === 'on') throw new OsError('EINVAL');
}

/** Makes the overlay that `request` asks for. EINVAL for layers that cannot go together. */
export function mountOverlay(request: MountRequest, trace: Trace, traceLookups: boolean): OverlayFs {
  const { options } = request;
  const lowerdir = options.get('lowerdir');
  const upperdir = options.get('upperdir');
  const workdir = options.get('workdir');
  options.forEach(requireKnown);
  if (lowerdir === undefined) throw new OsError('EINVAL');
  const lowers = splitLowers(lowerdir).map((path) => directory(request, path).dentry.inode);
  if (lowers.length === 0 || (upperdir === undefined && lowers.length < 2)) throw new OsError('EINVAL');
  const writable = upperdir === undefined ? null : upperAndWork(request, upperdir, workdir);
  const shown = [`lowerdir=${lowerdir}`];
  if (writable !== null) shown.push(`upperdir=${upperdir}`, `workdir=${workdir}`);
  return new OverlayFs({
    lowers,
    upper: writable?.upper ?? null,
    work: writable?.work ?? null,
    dev: request.dev,
    clock: request.clock,
    trace,
    subject: request.subject(),
    options: shown.join(','),
    traceLookups,
  });
}

/** upperdir and workdir: of one mount, neither within the other. */
function upperAndWork(
  request: MountRequest,
  upperdir: string,
  workdir: string | undefined,
): { upper: Inode; work: Inode } {
  if (workdir === undefined) throw new OsError('EINVAL');
  const upper = directory(request, upperdir);
  const base = directory(request, workdir);
  const nested = upper.dentry.isWithin(base.dentry) || base.dentry.isWithin(upper.dentry);
  if (upper.mount !== base.mount || nested) throw new OsError('EINVAL');
  if (upper.mount.readOnly || upper.mount.fs.readOnly) throw new OsError('EROFS');
  const inode = base.dentry.inode;
  const work = inode.lookup('work') ?? inode.create('work', { type: 'dir', mode: 0, uid: 0, gid: 0 });
  // What an earlier mount left there, its whiteout above all, is of no use any more: ovl_workdir_create() empties the directory.
  for (const entry of work.readdir()) if (entry.type !== 'dir') work.unlink(entry.name);
  return { upper: upper.dentry.inode, work };
}
