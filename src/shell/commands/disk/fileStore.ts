/**
 * A file of the host as the bytes below a disk image. An image wants to read and write within one step, a program asks the kernel
 * by yielding: so reads go through a mapping of the file, and changes are kept, seen by reads, and done by `settle` in their
 * order, with an fsync(2) where the image flushed.
 */
import { type ByteRange, SPARSE_BLOCK, SparseBytes } from '../../../base/index.ts';
import type { ByteStore } from '../../../disk/index.ts';
import { type Fd, type FileMapping, type Sys, sys, writeAll } from '../../../linux/index.ts';

type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly data: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number }
  | { readonly kind: 'flush' };

/** Memory is read at 8 GB/s, as read(2) is. */
const BYTES_PER_NANO = 8;

export class FileStore implements ByteStore {
  readonly fd: Fd;
  readonly #mapping: FileMapping;
  #size: number;
  /** What the mapping has behind this offset was cut off. */
  #valid: number;
  #changes: Change[] = [];
  /** Blocks with changes, whole. */
  #changed = new Set<number>();
  #blocks = new SparseBytes();
  #read = 0;

  private constructor(fd: Fd, mapping: FileMapping, size: number) {
    this.fd = fd;
    this.#mapping = mapping;
    this.#size = size;
    this.#valid = size;
  }

  /** Over an open regular file, readable and, for changes, writable. Throws OsError `ENODEV` for what is no regular file. */
  static *over(fd: Fd): Sys<FileStore> {
    const { size } = yield* sys.fstat(fd);
    return new FileStore(fd, yield* sys.mmap(fd), size);
  }

  get size(): number {
    return this.#size;
  }

  read(offset: number, length: number): Uint8Array {
    this.#read += length;
    const out = new Uint8Array(length);
    const inFile = Math.min(length, this.#valid - offset);
    if (inFile > 0) out.set(this.#mapping.read(offset, inFile));
    if (this.#changed.size === 0) return out;
    const end = offset + length;
    for (let block = Math.floor(offset / SPARSE_BLOCK); block * SPARSE_BLOCK < end; block++) {
      if (!this.#changed.has(block)) continue;
      const from = Math.max(offset, block * SPARSE_BLOCK);
      const to = Math.min(end, (block + 1) * SPARSE_BLOCK);
      out.set(this.#blocks.read(from, to - from), from - offset);
    }
    return out;
  }

  write(offset: number, data: Uint8Array): void {
    if (data.length === 0) return;
    const end = offset + data.length;
    for (let block = Math.floor(offset / SPARSE_BLOCK); block * SPARSE_BLOCK < end; block++) {
      if (this.#changed.has(block)) continue;
      const start = block * SPARSE_BLOCK;
      const before = Math.min(SPARSE_BLOCK, this.#valid - start);
      if (before > 0) this.#blocks.write(start, this.#mapping.read(start, before));
      this.#changed.add(block);
    }
    this.#blocks.write(offset, data);
    this.#size = Math.max(this.#size, end);
    this.#changes.push({ kind: 'write', offset, data: data.slice() });
  }

  truncate(size: number): void {
    if (size < this.#size) this.#blocks.discard(size, this.#size - size + SPARSE_BLOCK);
    this.#valid = Math.min(this.#valid, size);
    this.#size = size;
    this.#changes.push({ kind: 'truncate', size });
  }

  flush(): void {
    if (this.#changes.length > 0 && this.#changes.at(-1)!.kind !== 'flush')
      this.#changes.push({ kind: 'flush' });
  }

  dataFrom(offset: number): ByteRange | null {
    const mapped = offset < this.#valid ? this.#mapping.dataFrom(offset) : null;
    const stored = mapped !== null && mapped.start < this.#valid ? mapped : null;
    const changed = offset < this.#size ? this.#blocks.dataFrom(offset) : null;
    const first = changed === null || (stored !== null && stored.start <= changed.start) ? stored : changed;
    if (first === null || first.start >= this.#size) return null;
    const limit = first === stored ? this.#valid : this.#size;
    return { start: first.start, end: Math.min(first.end, limit) };
  }

  /** Does what was asked for. Throws OsError: a full disk, a limit; what came before the failing change is in the file. */
  *settle(): Sys<void> {
    if (this.#read > 0) yield* sys.compute(Math.ceil(this.#read / BYTES_PER_NANO));
    this.#read = 0;
    for (const change of this.#changes) {
      if (change.kind === 'flush') yield* sys.fsync(this.fd);
      else if (change.kind === 'truncate') yield* sys.ftruncate(this.fd, change.size);
      else {
        yield* sys.lseek(this.fd, change.offset, 'set');
        yield* writeAll(this.fd, change.data);
      }
    }
    this.#changes = [];
    this.#changed = new Set();
    this.#blocks = new SparseBytes();
    this.#valid = this.#size;
  }
}
