/** Copy-up: the first change to something of a lower layer. overlayfs.rst, "Non-directories". */
import { assert, OsError } from '../../../base/index.ts';
import type { Inode, NewInode, Stat } from '../types.ts';
import { isPrivateXattr, setOrigin } from './marks.ts';
import type { OverlayFs } from './overlayFs.ts';

const CHUNK = 1 << 20;

/**
 * Copies `source` of layer `layer` as `name` into the upper directory `parent`, with its owner, mode, times and extended
 * attributes; the directory's own times stay. `withData` false leaves a regular file empty: it is about to be truncated.
 */
export function copyUp(
  fs: OverlayFs,
  source: Inode,
  layer: number,
  parent: Inode,
  name: string,
  path: string,
  withData: boolean,
): Inode {
  if (fs.work === null) throw new OsError('EROFS');
  const stat = source.stat();
  const parentTimes = parent.stat();
  // Made complete in the work directory first and then moved: nobody ever sees half a file.
  const temporary = fs.temporaryName();
  const copy = fs.work.create(temporary, newInode(source, stat));
  const bytes = withData && source.type === 'file' ? copyData(source, copy, stat.size) : 0;
  for (const key of source.listxattr()) {
    if (!isPrivateXattr(key)) copy.setxattr(key, source.getxattr(key));
  }
  setOrigin(copy, stat.ino);
  copy.setAttr({
    uid: stat.uid,
    gid: stat.gid,
    mode: stat.mode & 0o7777,
    atime: stat.atime,
    mtime: stat.mtime,
  });
  fs.work.rename(temporary, parent, name);
  parent.setAttr({ atime: parentTimes.atime, mtime: parentTimes.mtime });
  fs.trace.emit('fs.copyUp', fs.subject, { path, bytes, layer });
  const placed = parent.lookup(name);
  assert(placed !== null, `copied-up ${path} is not in the upper layer`);
  return placed;
}

function newInode(source: Inode, stat: Stat): NewInode {
  const init = { type: source.type, mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, rdev: stat.rdev };
  return source.type === 'symlink' ? { ...init, target: source.readlink() } : init;
}

/** Holes stay holes. */
function copyData(source: Inode, copy: Inode, size: number): number {
  for (let at = 0; at < size; ) {
    const range = source.dataFrom === undefined ? { start: at, end: size } : source.dataFrom(at);
    if (range === null) break;
    for (at = range.start; at < range.end; at += CHUNK)
      copy.write(at, source.read(at, Math.min(CHUNK, range.end - at)));
    at = range.end;
  }
  copy.setAttr({ size });
  return size;
}
