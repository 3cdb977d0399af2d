/** The page cache: which part of a file on a disk is in memory, by which group's doing. */
import { Charges } from '../cgroup/memory.ts';

/** A file whose pages can be cached: the inode that has the data, not an overlay's above it. */
export interface PagedFile {
  pages: FilePages | null;
}

/** Pages from the beginning of a file up to the furthest byte that was read or written. */
export class FilePages {
  readonly charges = new Charges('file');
  readonly #file: PagedFile;
  readonly #cached: Set<FilePages>;

  constructor(file: PagedFile, cached: Set<FilePages>) {
    this.#file = file;
    this.#cached = cached;
    file.pages = this;
    cached.add(this);
  }

  /** Bytes. */
  get size(): number {
    return this.charges.total;
  }

  /** The file is that short now. */
  truncate(size: number): void {
    if (size < this.size) this.drop(this.size - size);
  }

  /** Gives so many bytes back, the last first. */
  drop(bytes: number): void {
    this.charges.remove(bytes);
    if (this.size > 0) return;
    this.#file.pages = null;
    this.#cached.delete(this);
  }
}
