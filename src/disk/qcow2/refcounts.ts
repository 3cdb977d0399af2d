/**
 * Which clusters of the file are used how often (qcow2.txt, "Host cluster management"): a table of refcount blocks, each with
 * 2^order-bit counts. A count is raised before anything refers to the cluster and lowered after nothing does, so that a crash
 * leaks clusters and never loses one.
 */
import type { ByteStore } from '../byteStore.ts';
import { DiskError } from '../errors.ts';
import { roundUp, setBe64 } from '../numbers.ts';

/** Where the refcount table lies. */
export interface RefcountTableAt {
  readonly offset: number;
  readonly clusters: number;
}

/** Bits of a refcount table's entry that hold the offset: 9 to 63. */
const offsetOf = (entry: number) => entry - (entry % 512);

export class Refcounts {
  readonly #store: ByteStore;
  readonly #clusterSize: number;
  readonly #order: number;
  readonly #moved: (table: RefcountTableAt) => void;
  /** Offset of each refcount block that there is; the counts of all others are 0. */
  #blocks = new Map<number, number>();
  #offsets = new Set<number>();
  #table: RefcountTableAt;
  /** The block last looked at. */
  #cache: { readonly block: number; readonly bytes: Uint8Array } | null = null;
  /** No cluster before this one is free. */
  #firstFree = 0;

  /** `moved` writes a new place of the table into the header. */
  constructor(
    store: ByteStore,
    layout: { clusterBits: number; order: number; table: RefcountTableAt },
    moved: (table: RefcountTableAt) => void,
  ) {
    this.#store = store;
    this.#clusterSize = 2 ** layout.clusterBits;
    this.#order = layout.order;
    this.#table = layout.table;
    this.#moved = moved;
    this.#readTable();
  }

  /** A table of 64 KiB is read each time an image is opened, and nearly all of it is a hole, or empty. */
  #readTable(): void {
    const { offset: start } = this.#table;
    const end = start + this.#entries * 8;
    for (let from = start; from < end; ) {
      const range = this.#store.dataFrom(from);
      if (range === null || range.start >= end) break;
      const first = range.start - ((range.start - start) % 8);
      const last = Math.min(roundUp(range.end - start, 8) + start, end);
      const bytes = this.#store.read(first, last - first);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at < bytes.length; at += 8) {
        const [high, low] = [view.getUint32(at), view.getUint32(at + 4)];
        const offset = high === 0 && low === 0 ? 0 : offsetOf(high * 2 ** 32 + low);
        if (offset === 0) continue;
        if (this.#offsets.has(offset))
          throw new DiskError('corrupt', 'Reference count table names a block twice');
        this.#offsets.add(offset);
        this.#blocks.set((first + at - start) / 8, offset);
      }
      from = last;
    }
  }

  /** Blocks that the table has room for. */
  get #entries(): number {
    return (this.#table.clusters * this.#clusterSize) / 8;
  }

  get table(): RefcountTableAt {
    return this.#table;
  }

  /** Offsets of the refcount blocks there are. */
  get blocks(): readonly number[] {
    return this.blockIndexes.map((block) => this.#blocks.get(block)!);
  }

  /** Numbers of the blocks there are. */
  get blockIndexes(): readonly number[] {
    return [...this.#blocks.keys()].sort((a, b) => a - b);
  }

  /** True when a refcount block lies between these offsets of the file. */
  hasBlock(start: number, end: number): boolean {
    for (let at = start; at < end; at += this.#clusterSize) if (this.#offsets.has(at)) return true;
    return false;
  }

  /** Clusters that one block counts. */
  get perBlock(): number {
    return (this.#clusterSize * 8) / 2 ** this.#order;
  }

  get max(): number {
    return this.#order === 6 ? Number.MAX_SAFE_INTEGER : 2 ** (2 ** this.#order) - 1;
  }

  /** The end of what the blocks can count, in clusters. */
  get covered(): number {
    return this.#entries * this.perBlock;
  }

  get(cluster: number): number {
    const block = Math.floor(cluster / this.perBlock);
    const bytes = this.#block(block);
    return bytes === null ? 0 : decodeCount(bytes, cluster % this.perBlock, this.#order);
  }

  /** Adds `change` to a count. Throws `corrupt` below 0 and `full` above what its width holds. */
  add(cluster: number, change: number): void {
    const count = this.get(cluster) + change;
    if (count < 0) throw new DiskError('corrupt', `refcount of cluster ${cluster} would fall below 0`);
    if (count > this.max)
      throw new DiskError('full', `refcount of cluster ${cluster} would exceed ${this.max}`);
    this.set(cluster, count);
  }

  set(cluster: number, count: number): void {
    const block = Math.floor(cluster / this.perBlock);
    while (this.#block(block) === null) this.#addBlock(block);
    const bytes = this.#block(block)!;
    const { at, length } = encodeCount(bytes, cluster % this.perBlock, this.#order, count);
    this.#store.write(this.#blocks.get(block)! + at, bytes.slice(at, at + length));
    if (count === 0) this.#firstFree = Math.min(this.#firstFree, cluster);
  }

  /** Takes `count` neighbouring free clusters; their offset in the file. */
  allocate(count: number): number {
    for (;;) {
      const first = this.#findFree(count);
      const missing = this.#missingBlock(first, count);
      if (missing === null) {
        this.#requireUnused(first, count);
        this.#take(first, count);
        if (first === this.#firstFree) this.#firstFree = first + count;
        return first * this.#clusterSize;
      }
      this.#addBlock(missing);
    }
  }

  /** Lowers the counts of `length` bytes of clusters from `offset` on by one. */
  release(offset: number, length: number): void {
    const end = Math.ceil((offset + length) / this.#clusterSize);
    for (let cluster = Math.floor(offset / this.#clusterSize); cluster < end; cluster++)
      this.add(cluster, -1);
  }

  /** Sets counts that are 0 to 1, in one write for each block. */
  #take(first: number, count: number): void {
    for (let at = first; at < first + count; ) {
      const block = Math.floor(at / this.perBlock);
      const end = Math.min(first + count, (block + 1) * this.perBlock);
      const bytes = this.#block(block)!;
      const start = encodeCount(bytes, at % this.perBlock, this.#order, 1).at;
      let last = start;
      for (; at < end; at++) {
        const { at: place, length } = encodeCount(bytes, at % this.perBlock, this.#order, 1);
        last = place + length;
      }
      this.#store.write(this.#blocks.get(block)! + start, bytes.slice(start, last));
    }
  }

  #findFree(count: number): number {
    let first = this.#firstFree;
    while (this.get(first) !== 0) first++;
    this.#firstFree = first;
    for (let found = 0; found < count; ) {
      if (this.get(first + found) === 0) found++;
      else {
        first += found + 1;
        found = 0;
      }
    }
    return first;
  }

  #missingBlock(first: number, count: number): number | null {
    const last = Math.floor((first + count - 1) / this.perBlock);
    for (let block = Math.floor(first / this.perBlock); block <= last; block++)
      if (this.#block(block) === null) return block;
    return null;
  }

  #block(block: number): Uint8Array | null {
    if (this.#cache?.block === block) return this.#cache.bytes;
    const offset = this.#blocks.get(block);
    if (offset === undefined) return null;
    if (offset % this.#clusterSize !== 0 || offset >= this.#store.size)
      throw new DiskError(
        'corrupt',
        `Refblock offset ${hex(offset)} invalid (reftable index: ${hex(block)})`,
      );
    const bytes = this.#store.read(offset, this.#clusterSize);
    this.#cache = { block, bytes };
    return bytes;
  }

  /** Makes a block, which counts its own cluster when it lies in its own range. */
  #addBlock(block: number): void {
    if (block >= this.#entries) {
      this.#growTable(block + 1);
      return;
    }
    const cluster = this.#findFree(1);
    const home = Math.floor(cluster / this.perBlock);
    // The lowest free cluster may lie in another missing block: that one comes first, and counts itself.
    if (home !== block && this.#block(home) === null) {
      this.#addBlock(home);
      return;
    }
    this.#requireUnused(cluster, 1);
    const bytes = new Uint8Array(this.#clusterSize);
    if (home === block) encodeCount(bytes, cluster % this.perBlock, this.#order, 1);
    else this.set(cluster, 1);
    const offset = cluster * this.#clusterSize;
    this.#store.write(offset, bytes);
    this.#store.flush();
    this.#link(block, offset);
    this.#cache = null;
  }

  /** A count of 0 for the header, the table or a block is damage: to hand that cluster out would be the image's end. */
  #requireUnused(first: number, count: number): void {
    const start = first * this.#clusterSize;
    const end = start + count * this.#clusterSize;
    const table =
      this.#table.offset < end && start < this.#table.offset + this.#table.clusters * this.#clusterSize;
    if (first === 0 || table || this.hasBlock(start, end))
      throw new DiskError('corrupt', `Preventing invalid allocation of metadata at offset ${hex(start)}`);
  }

  #link(block: number, offset: number): void {
    const entry = new Uint8Array(8);
    setBe64(entry, 0, offset);
    this.#store.write(this.#table.offset + block * 8, entry);
    this.#blocks.set(block, offset);
    this.#offsets.add(offset);
  }

  /**
   * Moves the table to where nothing is counted yet, half as large again, together with blocks that count it and themselves. The
   * header is what makes it valid, at once.
   */
  #growTable(entries: number): void {
    const perCluster = this.#clusterSize / 8;
    const first = this.covered;
    const wanted = Math.max(entries, Math.ceil(this.#entries * 1.5));
    let clusters = Math.ceil(wanted / perCluster);
    let newBlocks = 1;
    for (;;) {
      const blocksNeeded = Math.ceil((clusters + newBlocks) / this.perBlock);
      const clustersNeeded = Math.ceil(Math.max(wanted, this.#entries + blocksNeeded) / perCluster);
      if (blocksNeeded === newBlocks && clustersNeeded === clusters) break;
      newBlocks = blocksNeeded;
      clusters = clustersNeeded;
    }
    const start = first * this.#clusterSize;
    const blocks = new Map(this.#blocks);
    const counts = new Uint8Array(newBlocks * this.#clusterSize);
    for (let each = 0; each < clusters + newBlocks; each++) encodeCount(counts, each, this.#order, 1);
    for (let each = 0; each < newBlocks; each++)
      blocks.set(this.#entries + each, start + each * this.#clusterSize);
    const table = new Uint8Array(clusters * this.#clusterSize);
    for (const [block, offset] of blocks) setBe64(table, block * 8, offset);
    this.#store.write(start, counts);
    this.#store.write(start + counts.length, table);
    this.#store.flush();
    const old = this.#table;
    this.#table = { offset: start + counts.length, clusters };
    this.#moved(this.#table);
    this.#store.flush();
    this.#blocks = blocks;
    this.#offsets = new Set(blocks.values());
    this.#cache = null;
    this.release(old.offset, old.clusters * this.#clusterSize);
  }
}

export const hex = (value: number) => `0x${value.toString(16)}`;

/** Counts narrower than a byte start at its lowest bits. */
export function decodeCount(block: Uint8Array, index: number, order: number): number {
  const bits = 2 ** order;
  if (bits < 8) return (block[(index * bits) >> 3]! >> ((index * bits) & 7)) & (2 ** bits - 1);
  let count = 0;
  for (let at = (index * bits) / 8; at < ((index + 1) * bits) / 8; at++) count = count * 256 + block[at]!;
  return count;
}

/** Puts a count into `block`; which bytes changed. */
export function encodeCount(
  block: Uint8Array,
  index: number,
  order: number,
  count: number,
): { at: number; length: number } {
  const bits = 2 ** order;
  const at = (index * bits) >> 3;
  if (bits < 8) {
    const shift = (index * bits) & 7;
    block[at] = (block[at]! & ~((2 ** bits - 1) << shift)) | (count << shift);
    return { at, length: 1 };
  }
  let rest = count;
  for (let byte = at + bits / 8 - 1; byte >= at; byte--) {
    block[byte] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return { at, length: bits / 8 };
}
