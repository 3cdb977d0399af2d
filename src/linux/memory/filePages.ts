/** The page cache: which part of a file on a disk is in memory, by which group's doing. */
import type { Nanos } from '../../base/index.ts';
import type { Cgroup } from '../cgroup/cgroup.ts';
import { Charges } from '../cgroup/memory.ts';
import { type Chain, Link } from './chain.ts';

/** A file whose pages can be cached: the inode that has the data, not an overlay's above it. */
export interface PagedFile {
  pages: FilePages | null;
}

/** A file whose blocks are memory: of a tmpfs. */
export interface ChargedFile {
  charges: Charges | null;
}

/** Pages from the beginning of a file up to the furthest byte that was read or written. */
export class FilePages {
  readonly charges = new Charges('file');
  /** Bytes that are not on the disk yet, since when, and who writes them back. */
  dirty = 0;
  dirtySince: Nanos = 0;
  payer: Cgroup | null = null;
  /** Among those that are written back when they are old enough. */
  readonly inDirty = new Link<FilePages>(this);
  /** Among all that can be taken away. */
  readonly inCache = new Link<FilePages>(this);
  /** Number of the page where the last write ended. */
  lastDirty = -1;
  readonly #file: PagedFile;
  readonly #cached: Chain<FilePages>;
  readonly #cancelled: (bytes: number) => void;

  /** `cancelled` is told of bytes that need not be written any more. */
  constructor(file: PagedFile, cached: Chain<FilePages>, cancelled: (bytes: number) => void) {
    this.#file = file;
    this.#cached = cached;
    this.#cancelled = cancelled;
    file.pages = this;
    cached.add(this.inCache);
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
    if (this.dirty > this.size) {
      this.#cancelled(this.dirty - this.size);
      this.dirty = this.size;
    }
    if (this.size > 0) return;
    this.#file.pages = null;
    this.#cached.remove(this.inCache);
  }
}
