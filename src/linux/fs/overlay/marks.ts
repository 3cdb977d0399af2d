/** How an overlay writes "removed" and "nothing from below" into a layer: overlayfs.rst, "Whiteouts and opaque directories". */
import { decodeUtf8, encodeUtf8, isOsError } from '../../../base/index.ts';
import type { Inode } from '../types.ts';

export const OPAQUE_XATTR = 'trusted.overlay.opaque';
/** Where a copied-up file came from, so that its inode number stays. */
export const ORIGIN_XATTR = 'trusted.overlay.origin';
const PRIVATE = 'trusted.overlay.';

/** A character device 0/0 stands for a removed name. */
export function isWhiteout(inode: Inode): boolean {
  if (inode.type !== 'chr') return false;
  const { major, minor } = inode.stat().rdev;
  return major === 0 && minor === 0;
}

export function makeWhiteout(dir: Inode, name: string): void {
  dir.create(name, { type: 'chr', mode: 0, uid: 0, gid: 0, rdev: { major: 0, minor: 0 } });
}

function xattr(inode: Inode, name: string): string | null {
  // Every name on every path is asked for, and an error is dear.
  if (inode.hasXattr?.(name) === false) return null;
  try {
    return decodeUtf8(inode.getxattr(name));
  } catch (error) {
    if (isOsError(error, 'ENODATA', 'EOPNOTSUPP')) return null;
    throw error;
  }
}

export function isOpaque(dir: Inode): boolean {
  return xattr(dir, OPAQUE_XATTR) === 'y';
}

export function makeOpaque(dir: Inode): void {
  dir.setxattr(OPAQUE_XATTR, encodeUtf8('y'));
}

/** The inode number that a copied-up file had below; null when it was made in the upper layer. */
export function originOf(inode: Inode): number | null {
  const text = xattr(inode, ORIGIN_XATTR);
  return text === null ? null : Number.parseInt(text, 10);
}

export function setOrigin(inode: Inode, ino: number): void {
  inode.setxattr(ORIGIN_XATTR, encodeUtf8(`${ino}`));
}

/** Attributes that belong to the overlay itself and are not shown through it. */
export function isPrivateXattr(name: string): boolean {
  return name.startsWith(PRIVATE);
}
