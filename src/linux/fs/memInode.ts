/** One inode of a {@link MemFs}. Permissions and read-only mounts are the path walk's business. */
import {
  assert,
  SPARSE_BLOCK as BLOCK,
  type ByteRange,
  FewMap,
  keptCopy,
  OsError,
} from '../../base/index.ts';
import type { PagedFile } from '../memory/filePages.ts';
import { FileData } from './fileData.ts';
import type { MemFs } from './memfs.ts';
import {
  type DeviceNumber,
  type DirEntry,
  deviceOf,
  type FileType,
  type Inode,
  makeDev,
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

type Entries = FewMap<string, MemInode>;

/** What an inode has that has none yet: they are made by the hundred. */
const NO_ENTRIES: Entries = new FewMap();
const NO_DEVICE: DeviceNumber = { major: 0, minor: 0 };

/** Its methods are `private` and not `#private`: with these each of its objects would have a hidden field more, and there are very many. */
export class MemInode implements Inode {
  readonly fs: MemFs;
  readonly ino: number;
  readonly type: FileType;
  /** By its type: a directory's entries or a file's data, null while it has none yet; a link's target; a device's number as `makeDev` makes it. */
  #content: Entries | FileData | string | number | null;
  /** How often its entries have changed. */
  changes = 0;
  #xattrs: FewMap<string, Uint8Array> | null = null;
  /** With the bits of its type. */
  #mode: number;
  #uid: number;
  #gid: number;
  #nlink: number;
  #atime: Timespec;
  #mtime: Timespec;
  #ctime: Timespec;

  /** `mode` and `gid` where the directory says what they are. */
  constructor(fs: MemFs, ino: number, init: NewInode, mode = init.mode, gid = init.gid) {
    this.fs = fs;
    this.ino = ino;
    this.type = init.type;
    this.#content =
      init.type === 'symlink' ? (init.target ?? '') : isDevice(init) ? makeDev(init.rdev!) : null;
    this.#mode = modeBitsOf(init.type) | (mode & 0o7777);
    this.#uid = init.uid;
    this.#gid = gid;
    this.#nlink = init.type === 'dir' ? 2 : 1;
    this.#atime = this.#mtime = this.#ctime = fs.clock.realtime();
    fs.inodes++;
  }

  stat(): Stat {
    const { data } = this;
    const size =
      this.type === 'dir' ? BLOCK : this.type === 'symlink' ? this.readlink().length : (data?.size ?? 0);
    return {
      dev: this.fs.dev,
      ino: this.ino,
      mode: this.mode,
      nlink: this.#nlink,
      uid: this.#uid,
      gid: this.#gid,
      rdev: typeof this.#content === 'number' ? deviceOf(this.#content) : NO_DEVICE,
      size,
      // In units of 512 bytes, and only what is stored: a hole takes no space.
      blocks: this.type === 'dir' ? 8 : (data?.blocks ?? 0) * 8,
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
    if (this.type === 'file' && change.size !== undefined && change.size !== (this.data?.size ?? 0)) {
      this.resize(change.size);
      this.#mtime = now;
    }
    if (change.atime !== undefined) this.#atime = change.atime;
    if (change.mtime !== undefined) this.#mtime = change.mtime;
    this.#ctime = now;
  }

  lookup(name: string): MemInode | null {
    return this.entries.get(name) ?? null;
  }

  readdir(): DirEntry[] {
    const listed: DirEntry[] = [];
    this.entries.forEach(({ ino, type }, name) => {
      listed.push({ name, ino, type });
    });
    return listed;
  }

  create(name: string, init: NewInode): MemInode {
    if (this.entries.has(name)) throw new OsError('EEXIST');
    if (this.#nlink === 0) throw new OsError('ENOENT');
    // A set-group-ID directory hands its group down, inode(7).
    const setgid = (this.#mode & S_ISGID) !== 0;
    const gid = setgid ? this.#gid : init.gid;
    const mode = setgid && init.type === 'dir' ? init.mode | S_ISGID : init.mode;
    const inode = new MemInode(this.fs, this.fs.nextIno(), init, mode, gid);
    this.enter(name, inode);
    if (init.type === 'dir') this.#nlink++;
    this.changed();
    return inode;
  }

  link(name: string, target: Inode): void {
    if (this.entries.has(name)) throw new OsError('EEXIST');
    const inode = this.own(target);
    if (inode.type === 'dir') throw new OsError('EPERM');
    this.enter(name, inode);
    inode.#nlink++;
    inode.#ctime = this.fs.clock.realtime();
    this.changed();
  }

  unlink(name: string): void {
    const inode = this.child(name);
    if (inode.type === 'dir') throw new OsError('EISDIR');
    this.leave(name);
    inode.drop();
    this.changed();
  }

  rmdir(name: string): void {
    const inode = this.child(name);
    if (inode.type !== 'dir') throw new OsError('ENOTDIR');
    if (inode.entries.size > 0) throw new OsError('ENOTEMPTY');
    this.leave(name);
    inode.#nlink = 0;
    this.fs.inodes--;
    this.#nlink--;
    this.changed();
  }

  rename(
    name: string,
    newParent: Inode,
    newName: string,
    flags: { noreplace?: boolean; exchange?: boolean } = {},
  ): void {
    const target = this.own(newParent);
    const inode = this.child(name);
    const replaced = target.entries.get(newName);
    if (flags.exchange) {
      if (replaced === undefined) throw new OsError('ENOENT');
      this.place(name, inode, replaced);
      target.place(newName, replaced, inode);
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
    this.leave(name);
    target.enter(newName, inode);
    if (inode.type === 'dir') {
      this.#nlink--;
      target.#nlink++;
    }
    inode.#ctime = this.fs.clock.realtime();
    this.changed();
    target.changed();
  }

  readlink(): string {
    if (typeof this.#content !== 'string') throw new OsError('EINVAL');
    return this.#content;
  }

  read(offset: number, count: number): Uint8Array {
    if (this.type === 'dir') throw new OsError('EISDIR');
    const { data } = this;
    if (data === null) return new Uint8Array();
    return data.read(offset, Math.max(0, Math.min(count, data.size - offset)));
  }

  dataFrom(offset: number): ByteRange | null {
    const { data } = this;
    const range = data?.dataFrom(offset) ?? null;
    return data === null || range === null || range.start >= data.size
      ? null
      : { start: range.start, end: Math.min(range.end, data.size) };
  }

  write(offset: number, bytes: Uint8Array): number {
    assert(this.type === 'file', 'only a file has bytes');
    if (bytes.length === 0) return 0;
    const data = this.needData();
    const missing = data.missing(offset, bytes.length);
    if (missing > 0 && this.fs.used + missing * BLOCK > this.fs.capacity) throw new OsError('ENOSPC');
    this.account(missing);
    const size = Math.max(data.size, offset + bytes.length);
    this.changing(offset, bytes.length, size);
    data.write(offset, bytes);
    data.size = size;
    this.changed();
    return bytes.length;
  }

  /** A tmpfs is memory itself. */
  pagedFile(): PagedFile | null {
    return this.fs.charge === undefined && this.#nlink > 0 ? this.data : null;
  }

  /** fsync(2). */
  sync(): void {
    const { data } = this;
    if (data !== null) data.writeBack = null;
    this.fs.unwritten?.delete(this);
  }

  /** What was not on the disk is lost. */
  cutPower(): void {
    const { data } = this;
    if (data === null) return;
    const before = data.blocks;
    const size = data.writeBack?.undo(data, data.size, this.fs.clock.now) ?? data.size;
    this.account(data.blocks - before);
    if (size !== data.size) this.resize(size);
    this.sync();
  }

  getxattr(name: string): Uint8Array {
    const value = this.#xattrs?.get(name);
    if (value === undefined) throw new OsError('ENODATA');
    return value.slice();
  }

  hasXattr(name: string): boolean {
    return this.#xattrs?.has(name) ?? false;
  }

  setxattr(name: string, value: Uint8Array): void {
    this.#xattrs ??= new FewMap();
    this.#xattrs.set(name, keptCopy(value));
    this.#ctime = this.fs.clock.realtime();
  }

  listxattr(): string[] {
    return this.#xattrs?.keys() ?? [];
  }

  removexattr(name: string): void {
    if (!this.#xattrs?.delete(name)) throw new OsError('ENODATA');
    this.#ctime = this.fs.clock.realtime();
  }

  /** Of a file; null: nothing was ever written. */
  private get data(): FileData | null {
    return this.type === 'file' ? (this.#content as FileData | null) : null;
  }

  private needData(): FileData {
    this.#content ??= new FileData();
    return this.#content as FileData;
  }

  /** ENOTDIR. */
  private get entries(): Entries {
    if (this.type !== 'dir') throw new OsError('ENOTDIR');
    return (this.#content as Entries | null) ?? NO_ENTRIES;
  }

  /** Called before `length` bytes from `offset` on change, and the size becomes `size`. */
  private changing(offset: number, length: number, size: number): void {
    const { unwritten, clock } = this.fs;
    if (unwritten === null) return;
    const data = this.needData();
    data.writeBack ??= new WriteBack();
    data.writeBack.changing(data, offset, length, clock.now);
    if (size !== data.size) data.writeBack.resizing(data.size, clock.now);
    unwritten.add(this);
  }

  private enter(name: string, inode: MemInode): void {
    this.#content ??= new FewMap();
    (this.#content as Entries).set(name, inode);
    this.changes++;
  }

  private leave(name: string): void {
    this.entries.delete(name);
    this.changes++;
  }

  private child(name: string): MemInode {
    const inode = this.entries.get(name);
    if (inode === undefined) throw new OsError('ENOENT');
    return inode;
  }

  private own(inode: Inode): MemInode {
    if (!(inode instanceof MemInode) || inode.fs !== this.fs) throw new OsError('EXDEV');
    return inode;
  }

  /** Half of an exchange: `now` takes the place of `before` under `name`. */
  private place(name: string, before: MemInode, now: MemInode): void {
    this.enter(name, now);
    if (before.type === 'dir') this.#nlink--;
    if (now.type === 'dir') this.#nlink++;
    now.#ctime = this.fs.clock.realtime();
    this.changed();
  }

  private changed(): void {
    this.#mtime = this.#ctime = this.fs.clock.realtime();
  }

  private drop(): void {
    this.#nlink--;
    this.#ctime = this.fs.clock.realtime();
    if (this.#nlink > 0) return;
    this.fs.inodes--;
    const { data } = this;
    if (data === null) return;
    // An open descriptor still reads the data: only the accounting goes at once.
    this.fs.used -= data.blocks * BLOCK;
    this.fs.charge?.(data, -data.blocks * BLOCK);
    data.pages?.drop(data.pages.size);
  }

  /** The file system's use changes by so many blocks; a file without a name counts no more. */
  private account(blocks: number): void {
    if (this.#nlink === 0 || blocks === 0) return;
    this.fs.charge?.(this.needData(), blocks * BLOCK);
    this.fs.used += blocks * BLOCK;
  }

  /** Growing makes a hole; shrinking gives the blocks behind the end back. */
  private resize(size: number): void {
    const data = this.needData();
    this.changing(size, Math.max(0, data.size - size), size);
    if (size < data.size) {
      const before = data.blocks;
      data.discard(size, data.size - size + BLOCK);
      this.account(data.blocks - before);
      data.pages?.truncate(Math.ceil(size / BLOCK) * BLOCK);
    }
    data.size = size;
  }
}

function isDevice({ type, rdev }: NewInode): boolean {
  return (type === 'chr' || type === 'blk') && rdev !== undefined;
}
