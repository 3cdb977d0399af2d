/** A directory of an overlay as the files of a layer: what commit, build and push read. */
import { decodeUtf8, isOsError } from '../../base/index.ts';
import { type FileTree, type Sys, sys } from '../../linux/index.ts';
import { OPAQUE_XATTR, type TarEntry } from '../../oci/index.ts';
import { packTree } from '../archive.ts';

function* isOpaque(path: string): Sys<boolean> {
  try {
    return decodeUtf8(yield* sys.getxattr(path, OPAQUE_XATTR)) === 'y';
  } catch (error) {
    if (isOsError(error)) return false;
    throw error;
  }
}

/** What lies in the directory, opaque directories marked as overlayfs marks them. */
export function* upperEntries(upper: string): Sys<TarEntry[]> {
  const entries: TarEntry[] = [];
  for (const entry of (yield* packTree(upper, '')).slice(1)) {
    const opaque = entry.type === 'dir' && (yield* isOpaque(`${upper}/${entry.name}`));
    entries.push(opaque ? { ...entry, xattrs: { [OPAQUE_XATTR]: 'y' } } : entry);
  }
  return entries;
}

export function treeOf(entries: readonly TarEntry[]): FileTree {
  return Object.fromEntries(
    entries.map(({ name, type, mode, uid, gid, mtime, content, target, major, minor, xattrs }) => [
      `/${name}`,
      {
        ...{ type: type === 'link' ? 'file' : type, mode, uid, gid, content, xattrs },
        ...{ mtime: { sec: mtime, nsec: 0 }, rdev: { major, minor } },
        ...(type === 'symlink' && { target }),
      },
    ]),
  );
}
