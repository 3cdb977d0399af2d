/** One inode of a {@link MemFs}. Permissions and read-only mounts are the path walk's business. */
import { assert, SPARSE_BLOCK as BLOCK, type ByteRange, OsError, SparseBytes } from '../../base/index.ts';
import type { Charges } from '../cgroup/memory.ts';
import type { ChargedFile, FilePages, PagedFile } from '../memory/filePages.ts';
import type { MemFs } from './memfs.ts';
import {
  type DeviceNumber,
  type DirEntry,
  type FileType,
  type Inode,
  modeBitsOf,
  type NewInode,
  type Permissions,
  S_IFMT,
  S_ISGID,
  type SetAttr,
  type Stat,
  type Timespec,
} from './types.ts';
import { WriteBack } from './writeBack.ts';

const NO_DEVICE: DeviceNumber = { major: 0, minor: 0 };
/** What an inode has that has none yet: they are made by the hundred. */
const NO_ENTRIES: ReadonlyMap<string, MemInode> = new Map();
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();
const NO_DATA = new SparseBytes();

export class MemInode implements Inode, PagedFile, ChargedFile {
  readonly fs: MemFs;
  readonly ino: number;
  readonly type: FileType;
  readonly #rdev: DeviceNumber;
  readonly #target: string;
  #entries: Map<string, MemInode> | null = null;
  /** How often its entries have changed. */
  changes = 0;
  #xattrs = NO_XATTRS;
  /** With the bits of its type. */
  #mode: number;
  #uid: number;
  #gid: number;
  #nlink: number;
  readonly #data: SparseBytes;
  #size = 0;
  /** What of the data is in memory too, when they are on a disk. */
  pages: FilePages | null = null;
  /** Who pays for the data, when they are memory alone. */
  charges: Charges | null = null;
  /** Only while some of the data are not on the disk. */
  #writeBack: WriteBack | null = null;
  #atime: Timespec;
  #mtime: Timespec;
  #ctime: Timespec;

  /** `mode` and `gid` where the directory says what they are. */
  constructor(fs: MemFs, ino: number, init: NewInode, mode = init.mode, gid = init.gid) {
    this.fs = fs;
    this.ino = ino;
    this.type = init.type;
    this.#data = init.type === 'file' ? new SparseBytes() : NO_DATA;
    this.#mode = modeBitsOf(init.type) | (mode & 0o7777);
    this.#uid = init.uid;
    this.#gid = gid;
    this.#rdev = init.rdev ?? NO_DEVICE;
    this.#target = init.target ?? '';
    this.#nlink = init.type === 'dir' ? 2 : 1;
    this.#atime = this.#mtime = this.#ctime = fs.clock.realtime();
    fs.inodes++;
  }

  stat(): Stat {
    const size = this.type === 'symlink' ? this.#target.length : this.type === 'dir' ? BLOCK : this.#size;
    return {
      dev: this.fs.dev,
      ino: this.ino,
      mode: this.mode,
      nlink: this.#nlink,
      uid: this.#uid,
      gid: this.#gid,
      rdev: this.#rdev,
      size,
      // In units of 512 bytes, and only what is stored: a hole takes no space.
      blocks: this.type === 'file' ? this.#data.blocks * 8 : this.type === 'dir' ? 8 : 0,
      atime: this.#atime,
      mtime: this.#mtime,
      ctime: this.#ctime,
    };
  }

  permissions(): Permissions {
    return this;
  }

  get mode(): number {
    return this.#mode;
  }

  get uid(): number {
    return this.#uid;
  }

  get gid(): number {
    return this.#gid;
  }

  setAttr(change: SetAttr): void {
    const now = this.fs.clock.realtime();
    if (change.mode !== undefined) this.#mode = (this.#mode & S_IFMT) | (change.mode & 0o7777);
    if (change.uid !== undefined) this.#uid = change.uid;
    if (change.gid !== undefined) this.#gid = change.gid;
    if (change.size !== undefined && change.size !== this.#size) {
      this.#resize(change.size);
      this.#mtime = now;
    }
    if (change.atime !== undefined) this.#atime = change.atime;
    if (change.mtime !== undefined) this.#mtime = change.mtime;
    this.#ctime = now;
  }

  lookup(name: string): MemInode | null {
    if (this.type !== 'dir') throw new OsError('ENOTDIR');
    return this.#entries?.get(name) ?? null;
  }

  readdir(): DirEntry[] {
    return [...this.#dir()].map(([name, inode]) => ({ name, ino: inode.ino, type: inode.type }));
  }

  create(name: string, init: NewInode): MemInode {
    if (this.#dir().has(name)) throw new OsError('EEXIST');
    if (this.#nlink === 0) throw new OsError('ENOENT');
    // A set-group-ID directory hands its group down, inode(7).
    const setgid = (this.#mode & S_ISGID) !== 0;
    const gid = setgid ? this.#gid : init.gid;
    const mode = setgid && init.type === 'dir' ? init.mode | S_ISGID : init.mode;
    const inode = new MemInode(this.fs, this.fs.nextIno(), init, mode, gid);
    this.#enter(name, inode);
    if (init.type === 'dir') this.#nlink++;
    this.#changed();
    return inode;
  }

  link(name: string, target: Inode): void {
    if (this.#dir().has(name)) throw new OsError('EEXIST');
    const inode = this.#own(target);
    if (inode.type === 'dir') throw new OsError('EPERM');
    this.#enter(name, inode);
    inode.#nlink++;
    inode.#ctime = this.fs.clock.realtime();
    this.#changed();
  }

  unlink(name: string): void {
    const inode = this.#child(name);
    if (inode.type === 'dir') throw new OsError('EISDIR');
    this.#leave(name);
    inode.#drop();
    this.#changed();
  }

  rmdir(name: string): void {
    const inode = this.#child(name);
    if (inode.type !== 'dir') throw new OsError('ENOTDIR');
    if (inode.#dir().size > 0) throw new OsError('ENOTEMPTY');
    this.#leave(name);
    inode.#nlink = 0;
    this.fs.inodes--;
    this.#nlink--;
    this.#changed();
  }

  rename(
    name: string,
    newParent: Inode,
    newName: string,
    flags: { noreplace?: boolean; exchange?: boolean } = {},
  ): void {
    const target = this.#own(newParent);
    const inode = this.#child(name);
    const replaced = target.#dir().get(newName);
    if (flags.exchange) {
      if (replaced === undefined) throw new OsError('ENOENT');
      this.#place(name, inode, replaced);
      target.#place(newName, replaced, inode);
      return;
    }
    if (replaced === inode) return;
    if (replaced !== undefined) {
      if (flags.noreplace) throw new OsError('EEXIST');
      if (replaced.type === 'dir' && inode.type !== 'dir') throw new OsError('EISDIR');
      if (replaced.type !== 'dir' && inode.type === 'dir') throw new OsError('ENOTDIR');
      if (replaced.type === 'dir') target.rmdir(newName);
      else target.unlink(newName);
    }
    this.#leave(name);
    target.#enter(newName, inode);
    if (inode.type === 'dir') {
      this.#nlink--;
      target.#nlink++;
    }
    inode.#ctime = this.fs.clock.realtime();
    this.#changed();
    target.#changed();
  }

  readlink(): string {
    if (this.type !== 'symlink') throw new OsError('EINVAL');
    return this.#target;
  }

  read(offset: number, count: number): Uint8Array {
    if (this.type === 'dir') throw new OsError('EISDIR');
    return this.#data.read(offset, Math.max(0, Math.min(count, this.#size - offset)));
  }

  dataFrom(offset: number): ByteRange | null {
    const range = this.#data.dataFrom(offset);
    return range === null || range.start >= this.#size
      ? null
      : { start: range.start, end: Math.min(range.end, this.#size) };
  }

  write(offset: number, data: Uint8Array): number {
    assert(this.type === 'file', 'only a file has bytes');
    if (data.length === 0) return 0;
    const missing = this.#data.missing(offset, data.length);
    if (missing > 0 && this.fs.used + missing * BLOCK > this.fs.capacity) throw new OsError('ENOSPC');
    this.#account(missing);
    this.#changing(offset, data.length, Math.max(this.#size, offset + data.length));
    this.#data.write(offset, data);
    this.#size = Math.max(this.#size, offset + data.length);
    this.#mtime = this.#ctime = this.fs.clock.realtime();
    return data.length;
  }

  /** A tmpfs is memory itself. */
  pagedFile(): PagedFile | null {
    return this.type === 'file' && this.fs.charge === undefined && this.#nlink > 0 ? this : null;
  }

  /** fsync(2). */
  sync(): void {
    this.#writeBack = null;
    this.fs.unwritten?.delete(this);
  }

  /** What was not on the disk is lost. */
  cutPower(): void {
    const before = this.#data.blocks;
    const size = this.#writeBack?.undo(this.#data, this.#size, this.fs.clock.now) ?? this.#size;
    this.#account(this.#data.blocks - before);
    if (size !== this.#size) this.#resize(size);
    this.sync();
  }

  getxattr(name: string): Uint8Array {
    const value = this.#xattrs.get(name);
    if (value === undefined) throw new OsError('ENODATA');
    return value.slice();
  }

  hasXattr(name: string): boolean {
    return this.#xattrs.has(name);
  }

  setxattr(name: string, value: Uint8Array): void {
    this.#xattrs = new Map(this.#xattrs).set(name, value.slice());
    this.#ctime = this.fs.clock.realtime();
  }

  listxattr(): string[] {
    return [...this.#xattrs.keys()];
  }

  removexattr(name: string): void {
    const left = new Map(this.#xattrs);
    if (!left.delete(name)) throw new OsError('ENODATA');
    this.#xattrs = left;
    this.#ctime = this.fs.clock.realtime();
  }

  /** Called before `length` bytes from `offset` on change, and the size becomes `size`. */
  #changing(offset: number, length: number, size: number): void {
    const { unwritten, clock } = this.fs;
    if (unwritten === null) return;
    this.#writeBack ??= new WriteBack();
    this.#writeBack.changing(this.#data, offset, length, clock.now);
    if (size !== this.#size) this.#writeBack.resizing(this.#size, clock.now);
    unwritten.add(this);
  }

  #dir(): ReadonlyMap<string, MemInode> {
    if (this.type !== 'dir') throw new OsError('ENOTDIR');
    return this.#entries ?? NO_ENTRIES;
  }

  #enter(name: string, inode: MemInode): void {
    this.#entries ??= new Map();
    this.#entries.set(name, inode);
    this.changes++;
  }

  #leave(name: string): void {
    this.#entries!.delete(name);
    this.changes++;
  }

  #child(name: string): MemInode {
    const inode = this.#dir().get(name);
    if (inode === undefined) throw new OsError('ENOENT');
    return inode;
  }

  #own(inode: Inode): MemInode {
    if (!(inode instanceof MemInode) || inode.fs !== this.fs) throw new OsError('EXDEV');
    return inode;
  }

  /** Half of an exchange: `now` takes the place of `before` under `name`. */
  #place(name: string, before: MemInode, now: MemInode): void {
    this.#enter(name, now);
    if (before.type === 'dir') this.#nlink--;
    if (now.type === 'dir') this.#nlink++;
    now.#ctime = this.fs.clock.realtime();
    this.#changed();
  }

  #changed(): void {
    this.#mtime = this.#ctime = this.fs.clock.realtime();
  }

  #drop(): void {
    this.#nlink--;
    this.#ctime = this.fs.clock.realtime();
    if (this.#nlink > 0) return;
    this.fs.inodes--;
    // An open descriptor still reads the data: only the accounting goes at once.
    this.fs.used -= this.#data.blocks * BLOCK;
    this.fs.charge?.(this, -this.#data.blocks * BLOCK);
    this.pages?.drop(this.pages.size);
  }

  /** The file system's use changes by so many blocks; a file without a name counts no more. */
  #account(blocks: number): void {
    if (this.#nlink === 0 || blocks === 0) return;
    this.fs.charge?.(this, blocks * BLOCK);
    this.fs.used += blocks * BLOCK;
  }

  /** Growing makes a hole; shrinking gives the blocks behind the end back. */
  #resize(size: number): void {
    this.#changing(size, Math.max(0, this.#size - size), size);
    if (size < this.#size) {
      const before = this.#data.blocks;
      this.#data.discard(size, this.#size - size + BLOCK);
      this.#account(this.#data.blocks - before);
      this.pages?.truncate(Math.ceil(size / BLOCK) * BLOCK);
    }
    this.#size = size;
  }
}
