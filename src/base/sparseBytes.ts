/**
 * Bytes of any length of which only the written blocks take memory: what a sparse file, a blank disk or a machine's memory is made of.
 * A block that was never written reads as zeros.
 */

import { keptCopy, roomFor } from './bytePool.ts';

/** Granularity of what is stored, in bytes: a page, and a block of the usual file systems. */
export const SPARSE_BLOCK = 4096;

/** Bytes `start` … `end` − 1. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Its methods are `private` and not `#private`: with these each of its objects would have a hidden field more, and there are very many. */
export class SparseBytes {
  /** The bytes of block 0, and of others by their numbers: most files have no others. An array shorter than a block ends in zeros, so that small files stay small. */
  #first: Uint8Array<ArrayBuffer> | null = null;
  #others: Map<number, Uint8Array<ArrayBuffer>> | null = null;
  /** Block numbers in order, while nobody added or removed one. */
  #order: readonly number[] | null = null;

  /** How many blocks are stored. */
  get blocks(): number {
    return (this.#first === null ? 0 : 1) + (this.#others?.size ?? 0);
  }

  /** Exactly `length` bytes from `offset` on. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const first = this.#first;
    if (first !== null && offset + length <= first.length) return first.slice(offset, offset + length);
    const out = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const { index, within, count } = place(offset + at, length - at);
      const block = this.block(index);
      if (block !== undefined && within < block.length) out.set(block.subarray(within, within + count), at);
      at += count;
    }
    return out;
  }

  write(offset: number, data: Uint8Array): void {
    if (offset === 0 && data.length <= SPARSE_BLOCK && this.#first === null) {
      if (data.length > 0) this.put(0, keptCopy(data));
      return;
    }
    // Whole blocks of a long write are views of one copy: an array for each costs more than what is in it.
    const copy = data.length >= 2 * SPARSE_BLOCK ? new Uint8Array(data) : null;
    for (let at = 0; at < data.length; ) {
      const { index, within, count } = place(offset + at, data.length - at);
      if (copy !== null && count === SPARSE_BLOCK) this.put(index, copy.subarray(at, at + count));
      else this.room(index, within + count).set(data.subarray(at, at + count), within);
      at += count;
    }
  }

  /** How many blocks a write of `length` bytes at `offset` would add. */
  missing(offset: number, length: number): number {
    if (length === 0) return 0;
    const last = Math.floor((offset + length - 1) / SPARSE_BLOCK);
    let count = 0;
    for (let index = Math.floor(offset / SPARSE_BLOCK); index <= last; index++)
      if (this.block(index) === undefined) count++;
    return count;
  }

  /** Forgets `length` bytes from `offset` on: they read as zeros, and whole blocks are no longer stored. */
  discard(offset: number, length: number): void {
    const end = offset + length;
    const order = this.ordered();
    for (let at = this.firstFrom(Math.floor(offset / SPARSE_BLOCK)); at < order.length; at++) {
      const index = order[at]!;
      const start = index * SPARSE_BLOCK;
      if (start >= end) break;
      if (start >= offset && start + SPARSE_BLOCK <= end) {
        this.forget(index);
      } else {
        this.block(index)!.fill(0, Math.max(0, offset - start), Math.min(SPARSE_BLOCK, end - start));
      }
    }
  }

  /** The first range of stored blocks that ends after `offset`, cut to start there at the earliest; null when there is none. */
  dataFrom(offset: number): ByteRange | null {
    const order = this.ordered();
    const first = this.firstFrom(Math.floor(offset / SPARSE_BLOCK));
    if (first === order.length) return null;
    let last = first;
    while (order[last + 1] === order[last]! + 1) last++;
    return {
      start: Math.max(offset, order[first]! * SPARSE_BLOCK),
      end: (order[last]! + 1) * SPARSE_BLOCK,
    };
  }

  private block(index: number): Uint8Array<ArrayBuffer> | undefined {
    return index === 0 ? (this.#first ?? undefined) : this.#others?.get(index);
  }

  private room(index: number, end: number): Uint8Array {
    const block = this.block(index);
    if (block !== undefined && block.length >= end) return block;
    // What grows once grows again: only then is there more room than is asked for.
    const grown =
      block === undefined
        ? roomFor(end)
        : new Uint8Array(Math.min(SPARSE_BLOCK, Math.max(end, 2 * block.length)));
    if (block !== undefined) grown.set(block);
    this.put(index, grown);
    return grown;
  }

  private put(index: number, block: Uint8Array<ArrayBuffer>): void {
    if (this.block(index) === undefined) this.#order = null;
    if (index === 0) {
      this.#first = block;
      return;
    }
    this.#others ??= new Map();
    this.#others.set(index, block);
  }

  private forget(index: number): void {
    if (index === 0) this.#first = null;
    else this.#others!.delete(index);
    this.#order = null;
  }

  private ordered(): readonly number[] {
    this.#order ??= this.indices().sort((a, b) => a - b);
    return this.#order;
  }

  private indices(): number[] {
    const others = this.#others === null ? [] : [...this.#others.keys()];
    return this.#first === null ? others : [0, ...others];
  }

  /** Place in the order of the first block that is `index` or later. */
  private firstFrom(index: number): number {
    const order = this.ordered();
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order[middle]! < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function place(offset: number, left: number): { index: number; within: number; count: number } {
  const index = Math.floor(offset / SPARSE_BLOCK);
  const within = offset - index * SPARSE_BLOCK;
  return { index, within, count: Math.min(left, SPARSE_BLOCK - within) };
}
