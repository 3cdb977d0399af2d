/**
 * Directory entries as the kernel caches them: an inode with its name and parent. They give paths back (getcwd, /proc) and are
 * what mounts are attached to, so the same entry is the same object as long as the name leads to the same inode.
 */
import { type Sibling, Siblings } from '../../base/index.ts';
import type { FileSystem, FileType, Inode } from './types.ts';

/** Something was mounted here at some time, in whichever namespace: the walk asks nowhere else (DCACHE_MOUNTED). */
export const MOUNTED = 1;
/** Its name was removed: getcwd(2) then fails, /proc shows `(deleted)`. */
const DELETED = 2;

export class Dentry implements Sibling<Dentry> {
  name: string;
  /** Null at the root of a file system. */
  parent: Dentry | null;
  readonly inode: Inode;
  /** The inode's: asked at each step of each path, where inodes are of many classes. */
  readonly type: FileType;
  /** {@link MOUNTED} and {@link DELETED}, in one field as in Linux (d_flags). */
  flags = 0;
  /** The parent's {@link Inode.changes} when it was last looked up. */
  #seen = -1;
  /** Most entries are no directories, or never entered. */
  #children: Siblings<Dentry> | null = null;
  next: Dentry | null = null;

  constructor(name: string, parent: Dentry | null, inode: Inode) {
    this.name = name;
    this.parent = parent;
    this.inode = inode;
    this.type = inode.type;
  }

  get deleted(): boolean {
    return (this.flags & DELETED) !== 0;
  }

  /** The entry `name`, or null. The file system is asked each time, since it may have changed by itself, but where it says that it has not. */
  child(name: string): Dentry | null {
    const known = this.#children === null ? null : this.#children.get(name);
    const changes = this.inode.changes ?? -1;
    if (known !== null && changes >= 0 && known.#seen === changes) return known;
    const inode = this.inode.lookup(name);
    if (inode === null) {
      if (known !== null) this.forget(name);
      return null;
    }
    const dentry = known?.inode === inode ? known : new Dentry(name, this, inode);
    dentry.#seen = changes;
    if (dentry !== known) this.keep(dentry);
    return dentry;
  }

  /** `inode` was made here as `name` (d_instantiate): what is looked for next is known, and both keep one string for their name. */
  made(name: string, inode: Inode): void {
    const dentry = new Dentry(name, this, inode);
    dentry.#seen = this.inode.changes ?? -1;
    this.keep(dentry);
  }

  /** After an unlink or rmdir of `name`. */
  forget(name: string): void {
    const child = this.drop(name);
    if (child !== null) child.flags |= DELETED;
  }

  /** After a rename of `name` here to `newName` in `target`: whoever stands below sees the new path. */
  moved(name: string, target: Dentry, newName: string): void {
    const child = this.drop(name);
    target.forget(newName);
    if (child === null) return;
    if (target.inode.lookup(newName) !== child.inode) return;
    child.name = newName;
    child.parent = target;
    child.#seen = -1;
    target.keep(child);
  }

  /** After an exchange of two names. */
  exchanged(name: string, target: Dentry, newName: string): void {
    this.drop(name);
    target.drop(newName);
  }

  // `private` and not `#private`, as in MemInode.
  private keep(child: Dentry): void {
    this.#children ??= new Siblings();
    this.#children.add(child);
  }

  private drop(name: string): Dentry | null {
    const child = this.#children?.get(name) ?? null;
    if (child !== null) this.#children!.remove(child);
    return child;
  }

  /** Whether this is `other` or lies below it. */
  isWithin(other: Dentry): boolean {
    for (let at: Dentry | null = this; at !== null; at = at.parent) if (at === other) return true;
    return false;
  }
}

/** The root entry of a file system, the same for all its mounts. */
export function rootDentry(fs: FileSystem): Dentry {
  fs.rootEntry ??= new Dentry('/', null, fs.root);
  return fs.rootEntry;
}
