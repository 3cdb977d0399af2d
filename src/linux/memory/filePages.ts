/** The page cache: which part of a file on a disk is in memory, by which group's doing. */
import type { Nanos } from '../../base/index.ts';
import type { Cgroup } from '../cgroup/cgroup.ts';
import { Charges } from '../cgroup/memory.ts';
import { Chain, type Chained } from './chain.ts';

/** A file whose pages can be cached: the inode that has the data, not an overlay's above it. */
export interface PagedFile {
  pages: FilePages | null;
}

/** A file whose blocks are memory: of a tmpfs. */
export interface ChargedFile {
  charges: Charges | null;
}

/** All pages that can be taken away. */
export class PageCache {
  readonly files = new Chain<FilePages>();
  /** Told of bytes that need not be written any more. */
  readonly cancelled: (bytes: number) => void;

  constructor(cancelled: (bytes: number) => void) {
    this.cancelled = cancelled;
  }
}

/** Those of a file that are not on the disk yet, among all that are written back when they are old enough. */
export class DirtyPages implements Chained<DirtyPages> {
  readonly pages: FilePages;
  bytes = 0;
  since: Nanos = 0;
  /** Who writes them back. */
  payer: Cgroup | null = null;
  /** Number of the page where the last write ended. */
  last = -1;
  chain: Chain<DirtyPages> | null = null;
  before: DirtyPages | null = null;
  after: DirtyPages | null = null;

  constructor(pages: FilePages) {
    this.pages = pages;
  }
}

/** Pages from the beginning of a file up to the furthest byte that was read or written. */
export class FilePages implements Chained<FilePages> {
  readonly charges = new Charges('file');
  dirty: DirtyPages | null = null;
  chain: Chain<FilePages> | null = null;
  before: FilePages | null = null;
  after: FilePages | null = null;
  readonly #file: PagedFile;
  readonly #cache: PageCache;

  constructor(file: PagedFile, cache: PageCache) {
    this.#file = file;
    this.#cache = cache;
    file.pages = this;
    cache.files.add(this);
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
    const { dirty, size } = this;
    if (dirty !== null && dirty.bytes > size) {
      this.#cache.cancelled(dirty.bytes - size);
      dirty.bytes = size;
    }
    if (size > 0) return;
    this.#file.pages = null;
    this.#cache.files.remove(this);
  }
}
