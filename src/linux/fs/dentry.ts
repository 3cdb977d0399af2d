/**
 * Directory entries as the kernel caches them: an inode with its name and parent. They give paths back (getcwd, /proc) and are
 * what mounts are attached to, so the same entry is the same object as long as the name leads to the same inode.
 */
import type { FileSystem, FileType, Inode } from './types.ts';

export class Dentry {
  name: string;
  /** Null at the root of a file system. */
  parent: Dentry | null;
  readonly inode: Inode;
  /** The inode's: asked at each step of each path, where inodes are of many classes. */
  readonly type: FileType;
  /** True once its name was removed: getcwd(2) then fails, /proc shows `(deleted)`. */
  deleted = false;
  /** Whether something was ever mounted here, in whichever namespace: the walk asks nowhere else (DCACHE_MOUNTED). */
  mountedOn = false;
  /** The parent's {@link Inode.changes} when it was last looked up. */
  #seen = -1;
  /** Most entries are no directories, or never entered. */
  #children: Map<string, Dentry> | null = null;

  constructor(name: string, parent: Dentry | null, inode: Inode) {
    this.name = name;
    this.parent = parent;
    this.inode = inode;
    this.type = inode.type;
  }

  /** The entry `name`, or null. The file system is asked each time, since it may have changed by itself, but where it says that it has not. */
  child(name: string): Dentry | null {
    const known = this.#children?.get(name);
    const changes = this.inode.changes ?? -1;
    if (known !== undefined && changes >= 0 && known.#seen === changes) return known;
    const inode = this.inode.lookup(name);
    if (inode === null) {
      if (known !== undefined) this.forget(name);
      return null;
    }
    const dentry = known?.inode === inode ? known : new Dentry(name, this, inode);
    dentry.#seen = changes;
    if (dentry !== known) this.#keep(name, dentry);
    return dentry;
  }

  /** After an unlink or rmdir of `name`. */
  forget(name: string): void {
    const child = this.#children?.get(name);
    if (child === undefined) return;
    child.deleted = true;
    this.#children!.delete(name);
  }

  /** After a rename of `name` here to `newName` in `target`: whoever stands below sees the new path. */
  moved(name: string, target: Dentry, newName: string): void {
    const child = this.#children?.get(name);
    target.forget(newName);
    if (child === undefined) return;
    this.#children!.delete(name);
    if (target.inode.lookup(newName) !== child.inode) return;
    child.name = newName;
    child.parent = target;
    child.#seen = -1;
    target.#keep(newName, child);
  }

  /** After an exchange of two names. */
  exchanged(name: string, target: Dentry, newName: string): void {
    this.#children?.delete(name);
    target.#children?.delete(newName);
  }

  #keep(name: string, child: Dentry): void {
    this.#children ??= new Map();
    this.#children.set(name, child);
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
