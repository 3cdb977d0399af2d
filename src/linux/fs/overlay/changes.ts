/** Changes to an overlay's directories; every one is made in the upper layer. overlayfs.rst, "Whiteouts", "renaming directories". */
import { OsError } from '../../../base/index.ts';
import type { Inode, NewInode } from '../types.ts';
import { isInLower } from './lookup.ts';
import { isOpaque, isWhiteout, makeOpaque, makeWhiteout } from './marks.ts';
import type { OverlayInode } from './overlayInode.ts';

/** Makes `name`; over a whiteout a new directory is opaque, or what was removed would shine through again. */
export function createEntry(dir: OverlayInode, name: string, init: NewInode): void {
  if (dir.find(name) !== null) throw new OsError('EEXIST');
  const upper = dir.needUpper();
  const wasRemoved = dropWhiteout(upper, name);
  const made = upper.create(name, init);
  if (wasRemoved && init.type === 'dir') {
    makeOpaque(made);
    dir.fs.trace.emit('fs.opaque', dir.fs.subject, { path: dir.childPath(name) });
  }
}

/** A hard link needs its target in the upper layer; without an index the other names below keep the old file. */
export function linkEntry(dir: OverlayInode, name: string, target: OverlayInode): void {
  if (dir.find(name) !== null) throw new OsError('EEXIST');
  const linked = target.needUpper();
  const upper = dir.needUpper();
  dropWhiteout(upper, name);
  upper.link(name, linked);
}

export function removeEntry(dir: OverlayInode, name: string): void {
  const inode = childOf(dir, name);
  if (inode.type === 'dir') throw new OsError('EISDIR');
  const upper = dir.needUpper();
  if (inode.upper !== null) upper.unlink(name);
  hide(dir, upper, name);
  dir.forget(name);
}

export function removeDirectory(dir: OverlayInode, name: string): void {
  const inode = childOf(dir, name);
  if (inode.type !== 'dir') throw new OsError('ENOTDIR');
  requireEmpty(inode);
  const upper = dir.needUpper();
  if (inode.upper !== null) dropUpperDirectory(upper, name, inode.upper);
  hide(dir, upper, name);
  dir.forget(name);
}

/** rename(2): EXDEV for a directory that a lower layer has a part in, so that mv(1) copies it. */
export function renameEntry(
  dir: OverlayInode,
  name: string,
  newDir: OverlayInode,
  newName: string,
  noreplace: boolean,
): void {
  const inode = childOf(dir, name);
  const replaced = newDir.find(newName);
  if (replaced === inode) return;
  const isDir = inode.type === 'dir';
  // Before it looks into the directory that is to be replaced, as ovl_rename() does.
  if (isDir && inode.lowers !== null) throw new OsError('EXDEV');
  if (replaced !== null) requireReplaceable(inode, replaced, noreplace);
  if (replaced?.type === 'dir' && replaced.lowers !== null) requireEmpty(replaced);
  const moved = inode.needUpper();
  const upper = dir.needUpper();
  const newUpper = newDir.needUpper();
  // ovl_rename() asks only whether the new parent merges, not whether there is something below to hide.
  if (isDir && newDir.lowers !== null && !isOpaque(moved)) {
    makeOpaque(moved);
    newDir.fs.trace.emit('fs.opaque', newDir.fs.subject, { path: newDir.childPath(newName) });
  }
  // A directory of the upper layer alone is looked into by that layer's file system, when all else is done.
  if (replaced?.type === 'dir') requireEmpty(replaced);
  if (replaced?.type === 'dir' && replaced.upper !== null) {
    dropUpperDirectory(newUpper, newName, replaced.upper);
  } else if (isDir) {
    dropWhiteout(newUpper, newName);
  }
  upper.rename(name, newUpper, newName);
  hide(dir, upper, name, true);
  dir.forget(name);
  inode.moveTo(newDir, newName);
}

function requireReplaceable(inode: OverlayInode, replaced: OverlayInode, noreplace: boolean): void {
  if (noreplace) throw new OsError('EEXIST');
  if (replaced.type === 'dir' && inode.type !== 'dir') throw new OsError('EISDIR');
  if (replaced.type !== 'dir' && inode.type === 'dir') throw new OsError('ENOTDIR');
}

function requireEmpty(dir: OverlayInode): void {
  if (dir.readdir().length > 0) throw new OsError('ENOTEMPTY');
}

function childOf(dir: OverlayInode, name: string): OverlayInode {
  const inode = dir.find(name);
  if (inode === null) throw new OsError('ENOENT');
  return inode;
}

/**
 * Leaves a whiteout for a name that the lower layers would show again. What is removed gets a link to the overlay's one whiteout;
 * rename(2) has the upper file system make one (RENAME_WHITEOUT).
 */
function hide(dir: OverlayInode, upper: Inode, name: string, moved = false): void {
  if (!isInLower(dir.lowers, name)) return;
  if (moved) makeWhiteout(upper, name);
  else upper.link(name, dir.fs.sharedWhiteout());
  dir.fs.trace.emit('fs.whiteout', dir.fs.subject, { path: dir.childPath(name) });
}

/** Returns whether there was a whiteout. */
function dropWhiteout(upper: Inode, name: string): boolean {
  const there = upper.lookup(name);
  if (there === null || !isWhiteout(there)) return false;
  upper.unlink(name);
  return true;
}

/** Removes an upper directory that looks empty: it may hold whiteouts. */
function dropUpperDirectory(parent: Inode, name: string, dir: Inode): void {
  for (const entry of dir.readdir()) dir.unlink(entry.name);
  parent.rmdir(name);
}
