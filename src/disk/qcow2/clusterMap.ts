/**
 * From clusters of the virtual disk to what the file holds for them: the active L1 table and its L2 tables (qcow2.txt, "Cluster
 * mapping"). It knows no contents; what it links must be on the disk already.
 */
import type { ByteStore } from '../byteStore.ts';
import { DiskError } from '../errors.ts';
import { roundUp } from '../numbers.ts';
import {
  decodeL1,
  decodeL2,
  encodeL1,
  encodeL2,
  type L1Entry,
  type L2Entry,
  UNALLOCATED,
} from './entries.ts';
import type { Qcow2Header } from './header.ts';
import { hex, type Refcounts } from './refcounts.ts';

export class ClusterMap {
  readonly #store: ByteStore;
  readonly #header: Qcow2Header;
  readonly #refcounts: Refcounts;
  readonly #allocate: () => number;
  #l1: L1Entry[] = [];
  #tables = new Set<number>();

  /** `allocate` gives the offset of a new cluster. */
  constructor(store: ByteStore, header: Qcow2Header, refcounts: Refcounts, allocate: () => number) {
    this.#allocate = allocate;
    this.#store = store;
    this.#header = header;
    this.#refcounts = refcounts;
    this.reload();
  }

  get clusterSize(): number {
    return 2 ** this.#header.clusterBits;
  }

  /** Entries of an L2 table. */
  get perTable(): number {
    return this.clusterSize / 8;
  }

  get l1(): readonly L1Entry[] {
    return this.#l1;
  }

  /** Reads the L1 table that the header names. */
  reload(): void {
    this.#l1 = readL1(this.#store, this.#header.l1Offset, this.#header.l1Size);
    this.#tables = new Set(this.#l1.map(({ offset }) => offset));
  }

  /** True when an L2 table lies between these offsets of the file. */
  hasTable(start: number, end: number): boolean {
    for (let at = start; at < end; at += this.clusterSize) if (this.#tables.has(at)) return true;
    return false;
  }

  entry(cluster: number): L2Entry {
    return this.entries(cluster, 1)[0]!;
  }

  /** Entries from `cluster` on, at most `count`, as far as one L2 table goes. */
  entries(cluster: number, count: number): L2Entry[] {
    const table = this.#tableOf(cluster);
    const first = cluster % this.perTable;
    const length = Math.min(count, this.perTable - first);
    if (table === null) return new Array<L2Entry>(length).fill(UNALLOCATED);
    const bytes = this.#store.read(table.offset + first * 8, length * 8);
    const { clusterBits, version } = this.#header;
    return Array.from({ length }, (_, i) =>
      this.#checked(decodeL2(bytes, i * 8, clusterBits, version), cluster + i),
    );
  }

  /** How many clusters from `cluster` on, at most `count`, are without any L2 table. */
  absent(cluster: number, count: number): number {
    let end = cluster;
    while (end < cluster + count && this.#tableOf(end) === null)
      end = (Math.floor(end / this.perTable) + 1) * this.perTable;
    return Math.min(end - cluster, count);
  }

  /** Makes sure that `cluster` has an L2 table which is this image's alone: QEMU gives it its place before the data's. */
  prepare(cluster: number): void {
    this.#ownTable(cluster);
  }

  /** Puts entries of clusters into L2 tables that are this image's alone; neighbours go in one write. */
  link(links: ReadonlyMap<number, L2Entry>): void {
    const clusters = [...links.keys()].sort((a, b) => a - b);
    for (let at = 0; at < clusters.length; ) {
      const first = clusters[at]!;
      const table = this.#ownTable(first);
      let count = 1;
      while (clusters[at + count] === first + count && (first + count) % this.perTable !== 0) count++;
      const bytes = new Uint8Array(count * 8);
      for (let i = 0; i < count; i++) encodeL2(bytes, i * 8, this.#header.clusterBits, links.get(first + i)!);
      this.#store.write(table + (first % this.perTable) * 8, bytes);
      at += count;
    }
  }

  /** Forgets the L2 table of `cluster`'s range; its offset, for whoever lowers its count. */
  unlinkTable(cluster: number): number {
    const index = Math.floor(cluster / this.perTable);
    const { offset } = this.#l1[index]!;
    this.#setL1(index, { offset: 0, copied: false, reserved: false });
    return offset;
  }

  #tableOf(cluster: number): L1Entry | null {
    const index = Math.floor(cluster / this.perTable);
    const entry = this.#l1[index];
    if (entry === undefined || entry.offset === 0) return null;
    if (entry.offset % this.clusterSize !== 0)
      throw new DiskError(
        'corrupt',
        `L2 table offset ${hex(entry.offset)} unaligned (L1 index: ${hex(index)})`,
      );
    if (entry.offset >= this.#store.size)
      throw new DiskError(
        'corrupt',
        `L2 table offset ${hex(entry.offset)} outside of the file (L1 index: ${hex(index)})`,
      );
    return entry;
  }

  #checked(entry: L2Entry, cluster: number): L2Entry {
    if (entry.kind === 'unallocated') return entry;
    const where = `(guest offset: ${hex(cluster * this.clusterSize)})`;
    if (entry.kind !== 'compressed' && entry.offset % this.clusterSize !== 0)
      throw new DiskError('corrupt', `Cluster allocation offset ${hex(entry.offset)} unaligned ${where}`);
    // A file may end within its last cluster, and within the sector in which a compressed one ends.
    if (entry.offset >= roundUp(this.#store.size, this.clusterSize))
      throw new DiskError(
        'corrupt',
        `Cluster allocation offset ${hex(entry.offset)} outside of the file ${where}`,
      );
    return entry;
  }

  /** Offset of an L2 table for `cluster` with refcount 1: a new one, or a copy of one that a snapshot shares. */
  #ownTable(cluster: number): number {
    const old = this.#tableOf(cluster);
    if (old?.copied) return old.offset;
    const offset = this.#allocate();
    const contents =
      old === null ? new Uint8Array(this.clusterSize) : this.#store.read(old.offset, this.clusterSize);
    this.#store.write(offset, contents);
    this.#store.flush();
    this.#setL1(Math.floor(cluster / this.perTable), { offset, copied: true, reserved: false });
    if (old !== null) {
      this.#store.flush();
      this.#refcounts.release(old.offset, this.clusterSize);
    }
    return offset;
  }

  #setL1(index: number, entry: L1Entry): void {
    const bytes = new Uint8Array(8);
    encodeL1(bytes, 0, entry.offset, entry.copied);
    this.#store.write(this.#header.l1Offset + index * 8, bytes);
    this.#tables.delete(this.#l1[index]!.offset);
    this.#l1[index] = entry;
    this.#tables.add(entry.offset);
  }
}

/** An L1 table, active or of a snapshot. */
export function readL1(store: ByteStore, offset: number, size: number): L1Entry[] {
  const bytes = store.read(offset, size * 8);
  return Array.from({ length: size }, (_, i) => decodeL1(bytes, i * 8));
}
