/** Where the bytes of an image lie: a file of a simulated host, or memory. Synchronous, so that a device can use it within an access. */
import { type ByteRange, SparseBytes } from '../base/index.ts';

/**
 * Bytes 0 … `size` − 1. Writes may be lost or done in any order by a crash until `flush` returns: what must be on the disk
 * before something else is written is followed by a flush.
 */
export interface ByteStore {
  readonly size: number;
  /** Exactly `length` bytes; what lies behind the end reads as zeros. */
  read(offset: number, length: number): Uint8Array;
  /** Grows the store when needed. */
  write(offset: number, data: Uint8Array): void;
  /** Cuts or grows; what is added reads as zeros and takes no space. */
  truncate(size: number): void;
  flush(): void;
  /** The first range with stored data that ends after `offset`; null when a hole reaches to the end. */
  dataFrom(offset: number): ByteRange | null;
}

/** A store in memory; holes take none. */
export class MemoryStore implements ByteStore {
  readonly #bytes = new SparseBytes();
  #size = 0;

  /** A store with these contents. */
  static of(contents: Uint8Array): MemoryStore {
    const store = new MemoryStore();
    store.write(0, contents);
    return store;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of memory in use, in whole blocks: what du(1) would show. */
  get stored(): number {
    return this.#bytes.blocks * 4096;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.read(offset, length);
  }

  write(offset: number, data: Uint8Array): void {
    this.#bytes.write(offset, data);
    if (data.length > 0) this.#size = Math.max(this.#size, offset + data.length);
  }

  truncate(size: number): void {
    if (size < this.#size) this.#bytes.discard(size, this.#size - size + 4096);
    this.#size = size;
  }

  flush(): void {}

  dataFrom(offset: number): ByteRange | null {
    const range = this.#bytes.dataFrom(offset);
    return range === null || range.start >= this.#size
      ? null
      : { start: range.start, end: Math.min(range.end, this.#size) };
  }
}
