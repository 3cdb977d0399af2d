/** An open file of the host as the bytes below a disk image, from within the kernel: at once, without a process. */
import { type ByteRange, OsError } from '../../base/index.ts';
import type { ByteStore } from '../../disk/index.ts';
import type { InodeFile } from '../../linux/index.ts';

export class InodeStore implements ByteStore {
  readonly #file: InodeFile;

  /** Over a regular file; what is written must have been opened for that. Throws OsError EINVAL for anything else. */
  constructor(file: InodeFile) {
    if (file.location.dentry.inode.type !== 'file') throw new OsError('EINVAL');
    this.#file = file;
  }

  get #inode() {
    return this.#file.location.dentry.inode;
  }

  get size(): number {
    return this.#file.stat().size;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = this.#inode.read(offset, length);
    if (bytes.length === length) return bytes;
    const out = new Uint8Array(length);
    out.set(bytes);
    return out;
  }

  /** Throws OsError: a full file system, a limit of it. */
  write(offset: number, data: Uint8Array): void {
    if (!this.#file.writable) throw new OsError('EBADF');
    for (let at = 0; at < data.length; ) at += this.#inode.write(offset + at, data.subarray(at));
  }

  truncate(size: number): void {
    if (!this.#file.writable) throw new OsError('EBADF');
    this.#inode.setAttr({ size });
  }

  /** fsync(2). */
  flush(): void {
    this.#inode.sync?.();
  }

  dataFrom(offset: number): ByteRange | null {
    const inode = this.#inode;
    const { size } = inode.stat();
    if (offset >= size) return null;
    return inode.dataFrom === undefined ? { start: offset, end: size } : inode.dataFrom(offset);
  }
}
