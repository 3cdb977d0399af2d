/**
 * What a file system is to the kernel: inodes with operations, as in Linux' VFS (Documentation/filesystems/vfs.rst).
 * Everything here is synchronous and knows no paths, no permissions and no mounts, but for what the kernel keeps with a file system: those
 * belong to the path walk.
 */
import type { ByteRange, Nanos } from '../../base/index.ts';
import type { UserNamespace } from '../credentials/userNamespace.ts';
import type { PagedFile } from '../memory/filePages.ts';
import type { Dentry } from './dentry.ts';
import type { Location } from './mount.ts';

export type FileType = 'file' | 'dir' | 'symlink' | 'chr' | 'blk' | 'fifo' | 'sock';

/** st_mode's type bits, inode(7). */
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;

/** A device's number as one, in the kernel's own form: `st_dev` here. File systems without a disk have the major number 0. */
export function makeDev({ major, minor }: DeviceNumber): number {
  return major * 2 ** 20 + minor;
}

/** The other way round: major(3) and minor(3). */
export function deviceOf(dev: number): DeviceNumber {
  return { major: Math.floor(dev / 2 ** 20), minor: dev % 2 ** 20 };
}

/** Time since the epoch. */
export interface Timespec {
  readonly sec: number;
  readonly nsec: number;
}

export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

/** stat(2). `size` in bytes, `blocks` in 512-byte units. */
export interface Stat {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: DeviceNumber;
  readonly size: number;
  readonly blocks: number;
  readonly atime: Timespec;
  readonly mtime: Timespec;
  readonly ctime: Timespec;
}

/** What of a file's attributes its permissions depend on: `mode` as in {@link Stat}. */
export type Permissions = Pick<Stat, 'mode' | 'uid' | 'gid'>;

/** One entry of getdents64(2); `.` and `..` are added by the caller, never by a file system. */
export interface DirEntry {
  readonly name: string;
  readonly ino: number;
  readonly type: FileType;
}

/** Attributes that chmod, chown, utimensat and truncate change; absent ones stay. `mode` is permission bits only (07777). */
export interface SetAttr {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly atime?: Timespec;
  readonly mtime?: Timespec;
}

/** How a new inode starts. `mode` is permission bits only, umask already applied. */
export interface NewInode {
  readonly type: FileType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev?: DeviceNumber | undefined;
  /** A symbolic link's target. */
  readonly target?: string;
}

/**
 * One file, directory, link or special file. Methods throw OsError. `lookup` returns null when there is no such name. The
 * same object is returned for the same inode as long as somebody holds it, so identity (===) compares inodes.
 */
export interface Inode {
  readonly fs: FileSystem;
  readonly ino: number;
  readonly type: FileType;
  stat(): Stat;
  /** What `stat` says of them: each step of a path asks, so it is answered without the rest. Absent: `stat` is asked. */
  permissions?(): Permissions;
  setAttr(change: SetAttr): void;

  // directories
  /** Another number whenever a name of the directory leads elsewhere than before. Absent: nobody counts, and `lookup` is asked each time. */
  readonly changes?: number;
  lookup(name: string): Inode | null;
  readdir(): DirEntry[];
  /** Creates `name` (file, dir, symlink, chr, blk, fifo, sock); EEXIST when it is there. */
  create(name: string, init: NewInode): Inode;
  /** Hard-links `target`, an inode of the same file system, as `name`. */
  link(name: string, target: Inode): void;
  unlink(name: string): void;
  rmdir(name: string): void;
  /** rename(2) and renameat2(2) of `name` here to `newName` in `newParent`, same file system. */
  rename(
    name: string,
    newParent: Inode,
    newName: string,
    flags?: { noreplace?: boolean; exchange?: boolean },
  ): void;

  // symbolic links
  readlink(): string;
  /** Links of /proc that lead to an object, not to a name: where following this one arrives; null for ordinary links. */
  magicLink?(): Location | null;

  // regular files
  read(offset: number, count: number): Uint8Array;
  /** Returns the number of bytes written. */
  write(offset: number, data: Uint8Array): number;
  /** The first range with stored data that ends after `offset`, as SEEK_DATA and SEEK_HOLE find it; null: a hole up to the end. Absent: no holes. */
  dataFrom?(offset: number): ByteRange | null;
  /** Whose pages hold the data in memory; null, and absent: nobody's, there is no disk below. */
  pagedFile?(): PagedFile | null;
  /** fsync(2): what was written is on the disk. Absent: it always is. */
  sync?(): void;
  /** Called when a descriptor is opened for writing: an overlay copies up here, without the data when `truncate` follows. */
  openForWrite?(truncate: boolean): void;

  // extended attributes, xattr(7); names with their prefix. ENODATA when absent.
  getxattr(name: string): Uint8Array;
  /** See {@link hasXattr}. */
  hasXattr?(name: string): boolean;
  setxattr(name: string, value: Uint8Array): void;
  listxattr(): string[];
  removexattr(name: string): void;
}

export function hasXattr(inode: Inode, name: string): boolean {
  return inode.hasXattr?.(name) ?? inode.listxattr().includes(name);
}

export interface FileSystem {
  /** As in /proc/mounts: `overlay`, `tmpfs`, `ext4`, `proc`, `devtmpfs`, `fuse`. */
  readonly type: string;
  readonly dev: number;
  readonly root: Inode;
  /** Kept by {@link rootDentry} (s_root); null: nobody has asked for it. */
  rootEntry: Dentry | null;
  /** The user namespace of who mounted it first, kept by mount(2) (s_user_ns); null: it is the host's. */
  owner: UserNamespace | null;
  readonly readOnly: boolean;
  /** Of what is on a disk, 8-4-4-4-12 hexadecimal digits. */
  readonly uuid?: string;
  /** Mount options after rw/ro in /proc/mounts, for example `lowerdir=/l,upperdir=/u,workdir=/w`. */
  options(): string;
  /** The options of a remount. Absent: it takes none. May throw EINVAL. */
  reconfigure?(options: ReadonlyMap<string, string>): void;
  /** sync(2). Absent: nothing waits to be written. */
  sync?(): void;
  statfs(): { blockSize: number; blocks: number; blocksFree: number; files: number; filesFree: number };
}

/** What file systems need from the world: the clock for time stamps. */
export interface FsClock {
  /** Virtual time plus the scenario's epoch, and what the clock was set by. */
  realtime(): Timespec;
  readonly now: Nanos;
}

export const SETATTR_MODE_MASK = 0o7777;

/** File type from a mode's type bits. */
export function fileTypeOf(mode: number): FileType {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return 'dir';
    case S_IFLNK:
      return 'symlink';
    case S_IFCHR:
      return 'chr';
    case S_IFBLK:
      return 'blk';
    case S_IFIFO:
      return 'fifo';
    case S_IFSOCK:
      return 'sock';
    default:
      return 'file';
  }
}

const typeBits: Record<FileType, number> = {
  file: S_IFREG,
  dir: S_IFDIR,
  symlink: S_IFLNK,
  chr: S_IFCHR,
  blk: S_IFBLK,
  fifo: S_IFIFO,
  sock: S_IFSOCK,
};

/** The mode's type bits of a file type. */
export function modeBitsOf(type: FileType): number {
  return typeBits[type];
}
