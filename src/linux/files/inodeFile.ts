/** A regular file or directory that is open. */
import { OsError } from '../../base/index.ts';
import type { DirEntry, Location, Stat } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import { type FileMapping, O_APPEND, O_DIRECT, O_DSYNC, type Whence } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { OpenFile } from './openFile.ts';

const SECTOR = 512;

export class InodeFile extends OpenFile {
  readonly #location: Location;
  #offset = 0;
  #listed = false;

  constructor(location: Location, flags: number) {
    super(flags);
    this.#location = location;
  }

  override get location(): Location {
    return this.#location;
  }

  override get offset(): number {
    return this.#offset;
  }

  get name(): string {
    return this.#location.dentry.name;
  }

  stat(): Stat {
    return this.#location.dentry.inode.stat();
  }

  read(_task: Task, count: number): Uint8Array {
    const bytes = this.pread(count, this.#offset);
    this.#offset += bytes.length;
    return bytes;
  }

  override pread(count: number, offset: number): Uint8Array {
    const { inode } = this.#location.dentry;
    if (inode.type === 'dir') throw new OsError('EISDIR');
    return inode.read(offset, count);
  }

  write(task: Task, data: Uint8Array): number {
    const { inode } = this.#location.dentry;
    if ((this.flags & O_APPEND) !== 0) this.#offset = inode.stat().size;
    // What still fits is written; the call after it fails.
    const room = task.limits.fsize - this.#offset;
    if (room <= 0 && data.length > 0) throw new OsError('EFBIG');
    const written = inode.write(this.#offset, room < data.length ? data.subarray(0, room) : data);
    this.#offset += written;
    return written;
  }

  /** `count` bytes before `end` were read. */
  wasRead(kernel: Kernel, task: Task, end: number, count: number): void {
    const { inode } = this.#location.dentry;
    if (!this.#isDirect(end, count)) kernel.memory.cacheRead(task, inode, end, count);
    else if ((inode.pagedFile?.() ?? null) !== null && count > 0) {
      this.#flush(kernel, task);
      kernel.io.read(task, count);
    }
  }

  /** `count` bytes before the offset were written. */
  written(kernel: Kernel, task: Task, count: number): void {
    const { inode } = this.#location.dentry;
    if (!this.#isDirect(this.#offset, count)) kernel.memory.cacheWritten(task, inode, this.#offset, count);
    else if ((inode.pagedFile?.() ?? null) !== null && count > 0) {
      this.#flush(kernel, task);
      kernel.io.write(task, count);
      inode.sync?.();
    }
    if ((this.flags & O_DSYNC) !== 0) this.sync(kernel, task);
  }

  /** fsync(2). */
  sync(kernel: Kernel, task: Task): void {
    this.#location.dentry.inode.sync?.();
    this.#flush(kernel, task);
  }

  #flush(kernel: Kernel, task: Task): void {
    const pages = this.#location.dentry.inode.pagedFile?.()?.pages ?? null;
    if (pages !== null) kernel.io.flush(task, pages);
  }

  /** What is not made of the disk's blocks goes through the page cache, O_DIRECT or not. */
  #isDirect(end: number, count: number): boolean {
    return (this.flags & O_DIRECT) !== 0 && end % SECTOR === 0 && count % SECTOR === 0;
  }

  /** FS_IOC_GETFSUUID: of what the file is on, where that has one. */
  override ioctl(task: Task, request: string, argument: unknown): unknown {
    const { uuid } = this.#location.mount.fs;
    if (request !== 'FS_IOC_GETFSUUID' || uuid === undefined) return super.ioctl(task, request, argument);
    return uuid;
  }

  override seek(offset: number, whence: Whence): number {
    if (whence === 'data' || whence === 'hole') return this.#seekSparse(offset, whence);
    const base = whence === 'set' ? 0 : whence === 'cur' ? this.#offset : this.stat().size;
    if (base + offset < 0) throw new OsError('EINVAL');
    this.#offset = base + offset;
    this.#listed = false;
    return this.#offset;
  }

  /** The file as memory, mmap(2): ENODEV for what is no regular file. */
  map(): FileMapping {
    const { inode } = this.#location.dentry;
    if (inode.type !== 'file') throw new OsError('ENODEV');
    return {
      read: (offset, length) => inode.read(offset, length),
      dataFrom: (offset) =>
        inode.dataFrom === undefined ? { start: offset, end: inode.stat().size } : inode.dataFrom(offset),
    };
  }

  /** SEEK_DATA and SEEK_HOLE, lseek(2): there is always a hole at the end. */
  #seekSparse(offset: number, whence: 'data' | 'hole'): number {
    const { inode } = this.#location.dentry;
    const { size } = inode.stat();
    if (offset < 0 || offset >= size) throw new OsError('ENXIO');
    const range = inode.dataFrom === undefined ? { start: offset, end: size } : inode.dataFrom(offset);
    if (whence === 'data' && range === null) throw new OsError('ENXIO');
    const inHole = range === null || range.start > offset;
    this.#offset = whence === 'data' ? range!.start : inHole ? offset : range.end;
    return this.#offset;
  }

  /** All entries with `.` and `..` at the first call, none after it. */
  entries(): DirEntry[] {
    const { dentry } = this.#location;
    if (dentry.inode.type !== 'dir') throw new OsError('ENOTDIR');
    if (this.#listed) return [];
    this.#listed = true;
    return [
      { name: '.', ino: dentry.inode.ino, type: 'dir' },
      { name: '..', ino: (dentry.parent ?? dentry).inode.ino, type: 'dir' },
      ...dentry.inode.readdir(),
    ];
  }
}
