/** Looks at directories from outside, inode by inode. */
import { decodeUtf8 } from '../../base/index.ts';
import type { Inode } from '../../linux/fs/index.ts';
import type { Cell } from './types.ts';

/** What `path` leads to below `root`, straight from the file system: no mounts, no links, no permissions. */
export function find(root: Inode, path: string): Inode | null {
  let at: Inode | null = root;
  for (const name of path.split('/').filter((part) => part !== '')) {
    if (at?.type !== 'dir') return null;
    at = at.lookup(name);
  }
  return at;
}

function isOpaque(directory: Inode): boolean {
  return (
    directory.listxattr().includes('trusted.overlay.opaque') &&
    decodeUtf8(directory.getxattr('trusted.overlay.opaque')) === 'y'
  );
}

/** A directory's entry as the figure shows it. */
export function cellOf(inode: Inode | null): Cell {
  if (inode === null) return { kind: 'absent' };
  if (inode.type === 'chr') return { kind: 'whiteout' };
  if (inode.type === 'dir') return { kind: isOpaque(inode) ? 'opaque' : 'directory' };
  return { kind: 'file', content: decodeUtf8(inode.read(0, inode.stat().size)) };
}

/** Bytes of content of all regular files below `directory`. */
export function sizeBelow(directory: Inode): number {
  return directory.readdir().reduce((sum, { name }) => {
    const inode = directory.lookup(name)!;
    if (inode.type === 'dir') return sum + sizeBelow(inode);
    return sum + (inode.type === 'file' ? inode.stat().size : 0);
  }, 0);
}

/** Deletes `name` of `parent` with all below it. */
export function remove(parent: Inode, name: string): void {
  const inode = parent.lookup(name)!;
  if (inode.type !== 'dir') {
    parent.unlink(name);
    return;
  }
  for (const entry of inode.readdir()) remove(inode, entry.name);
  parent.rmdir(name);
}
