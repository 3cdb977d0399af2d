/** A raw image: byte n of the disk is byte n of the file. */
import type { ByteStore } from './byteStore.ts';
import { DiskError } from './errors.ts';
import { type BlockStatus, type DiskImage, SECTOR } from './image.ts';
import { roundUp } from './numbers.ts';

export class RawImage implements DiskImage {
  readonly format = 'raw';
  readonly backing = null;
  readonly #store: ByteStore;

  constructor(store: ByteStore) {
    this.#store = store;
  }

  /** A disk is made of whole sectors: a last one that is not in the file in full ends in zeros. */
  get size(): number {
    return roundUp(this.#store.size, SECTOR);
  }

  read(offset: number, length: number): Uint8Array {
    requireInside(this, offset, length);
    return this.#store.read(offset, length);
  }

  write(offset: number, data: Uint8Array): void {
    requireInside(this, offset, data.length);
    this.#store.write(offset, data);
  }

  writeZeroes(offset: number, length: number): void {
    requireInside(this, offset, length);
    // Holes are zeros already: only stored data needs to be written over.
    for (let at = offset; at < offset + length; ) {
      const range = this.#store.dataFrom(at);
      if (range === null || range.start >= offset + length) return;
      const end = Math.min(range.end, offset + length, range.start + ZEROES);
      this.#store.write(range.start, new Uint8Array(end - range.start));
      at = end;
    }
  }

  flush(): void {
    this.#store.flush();
  }

  resize(size: number): void {
    this.#store.truncate(size);
  }

  status(offset: number, length: number): BlockStatus {
    requireInside(this, offset, length);
    const range = this.#store.dataFrom(offset);
    const start = Math.min(range?.start ?? offset + length, offset + length);
    const kind = start > offset ? 'zero' : 'data';
    const end = kind === 'zero' ? start : range!.end === this.#store.size ? this.size : range!.end;
    return { length: Math.min(length, end - offset), kind, offset, compressed: false };
  }
}

/** Zeros written at a time. */
const ZEROES = 2 ** 20;

/** Throws when a request is not wholly on the disk: a guest's addresses are never trusted. */
export function requireInside(disk: { readonly size: number }, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset <= disk.size && length <= disk.size - offset))
    throw new DiskError('invalid', `${length} bytes at ${offset} are not on a disk of ${disk.size} bytes`);
}
