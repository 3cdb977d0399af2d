/** An open file of the host as the bytes below a disk image, from within the kernel: at once, without a process. */
import { type ByteRange, OsError } from '../../base/index.ts';
import type { ByteStore } from '../../disk/index.ts';
import type { InodeFile } from '../../linux/index.ts';

/** Told of what is asked of the file, in bytes of it. */
export interface StoreWatcher {
  read(offset: number, bytes: number): void;
  write(offset: number, bytes: number): void;
  flush(): void;
}

export class InodeStore implements ByteStore {
  readonly #file: InodeFile;
  readonly #watcher: StoreWatcher | null;

  /** Over a regular file; what is written must have been opened for that. Throws OsError EINVAL for anything else. */
  constructor(file: InodeFile, watcher: StoreWatcher | null = null) {
    if (file.location.dentry.inode.type !== 'file') throw new OsError('EINVAL');
    this.#file = file;
    this.#watcher = watcher;
  }

  get #inode() {
    return this.#file.location.dentry.inode;
  }

  get size(): number {
    return this.#file.stat().size;
  }

  read(offset: number, length: number): Uint8Array {
    this.#watcher?.read(offset, length);
    const bytes = this.#inode.read(offset, length);
    if (bytes.length === length) return bytes;
    const out = new Uint8Array(length);
    out.set(bytes);
    return out;
  }

  /** Throws OsError: a full file system, a limit of it. */
  write(offset: number, data: Uint8Array): void {
    if (!this.#file.writable) throw new OsError('EBADF');
    this.#watcher?.write(offset, data.length);
    for (let at = 0; at < data.length; ) at += this.#inode.write(offset + at, data.subarray(at));
  }

  truncate(size: number): void {
    if (!this.#file.writable) throw new OsError('EBADF');
    this.#inode.setAttr({ size });
  }

  /** fsync(2). */
  flush(): void {
    this.#inode.sync?.();
    this.#watcher?.flush();
  }

  dataFrom(offset: number): ByteRange | null {
    const inode = this.#inode;
    const { size } = inode.stat();
    if (offset >= size) return null;
    return inode.dataFrom === undefined ? { start: offset, end: size } : inode.dataFrom(offset);
  }
}
