/** Consistency of a qcow2 image: counts as they are against counts as they should be. `qemu-img check`. */

import { readL1 } from './clusterMap.ts';
import { decodeL2, encodeL1, encodeL2, type L1Entry, type L2Entry } from './entries.ts';
import { FEATURES } from './features.ts';
import type { Qcow2Image } from './qcow2Image.ts';
import { hex } from './refcounts.ts';
import { listSnapshots, tableLength } from './snapshots.ts';

export interface CheckResult {
  /** One line for each finding, in QEMU's words. */
  readonly messages: readonly string[];
  readonly corruptions: number;
  readonly leaks: number;
  readonly corruptionsFixed: number;
  readonly leaksFixed: number;
  /** Of the active disk: clusters there are, that hold something, that do not follow their predecessor, that are compressed. */
  readonly totalClusters: number;
  readonly allocatedClusters: number;
  readonly fragmentedClusters: number;
  readonly compressedClusters: number;
  /** Behind the last cluster that is counted. */
  readonly imageEndOffset: number;
}

/** `leaks`: lowers counts that are too high. `all`: raises those that are too low as well, and sets "copied" bits right. */
export type Repair = 'none' | 'leaks' | 'all';

export function checkImage(image: Qcow2Image, repair: Repair = 'none'): CheckResult {
  const check = new Check(image, repair);
  check.references();
  check.refcounts();
  check.copiedBits();
  return check.result();
}

class Check {
  readonly #image: Qcow2Image;
  readonly #repair: Repair;
  /** Cluster of the file → how often it is referred to. */
  readonly #references = new Map<number, number>();
  readonly #messages: string[] = [];
  #corruptions = 0;
  #leaks = 0;
  #corruptionsFixed = 0;
  #leaksFixed = 0;
  #allocated = 0;
  #fragmented = 0;
  #compressed = 0;
  #expected = 0;

  constructor(image: Qcow2Image, repair: Repair) {
    this.#image = image;
    this.#repair = repair;
  }

  /** Follows everything that starts at the header. */
  references(): void {
    const { header, clusterSize, refcounts, map, store } = this.#image;
    this.#refer(0, clusterSize);
    this.#refer(header.l1Offset, header.l1Size * 8);
    this.#refer(refcounts.table.offset, refcounts.table.clusters * clusterSize);
    for (const offset of refcounts.blocks)
      if (this.#sound(offset, 'refcount block')) this.#refer(offset, clusterSize);
    this.#tables(map.l1, true);
    const snapshots = listSnapshots(this.#image);
    if (snapshots.length > 0) this.#refer(header.snapshotsOffset, tableLength(this.#image));
    for (const { l1Offset, l1Size } of snapshots) {
      this.#refer(l1Offset, l1Size * 8);
      this.#tables(readL1(store, l1Offset, l1Size), false);
    }
  }

  /** Each count against the references that were found. */
  refcounts(): void {
    const { refcounts, store } = this.#image;
    for (const cluster of this.#countedOrReferred()) {
      const count = refcounts.get(cluster);
      const expected = this.#references.get(cluster) ?? 0;
      if (count === expected) continue;
      const leak = count > expected;
      const fix = this.#repair === 'all' || (this.#repair === 'leaks' && leak);
      const head = fix ? 'Repairing' : leak ? 'Leaked' : 'ERROR';
      this.#messages.push(`${head} cluster ${cluster} refcount=${count} reference=${expected}`);
      if (fix) refcounts.set(cluster, expected);
      this.#count(leak ? 'leak' : 'corruption', fix);
    }
    if (this.#repair !== 'none') store.flush();
  }

  /** "Copied" must say whether the count is 1. */
  copiedBits(): void {
    const { map, refcounts, clusterSize, header, store } = this.#image;
    const alone = (offset: number) => refcounts.get(Math.floor(offset / clusterSize)) === 1;
    const fix = this.#repair === 'all';
    map.l1.forEach(({ offset, copied }, index) => {
      if (offset === 0 || !this.#inFile(offset)) return;
      if (copied !== alone(offset)) {
        const bytes = new Uint8Array(8);
        encodeL1(bytes, 0, offset, !copied);
        if (fix) store.write(header.l1Offset + index * 8, bytes);
        this.#copiedError(`L2 cluster: l1_index=${index} l1_entry`, offset, copied, fix);
      }
      const table = store.read(offset, clusterSize);
      for (let at = 0; at < clusterSize; at += 8) {
        const entry = decodeL2(table, at, header.clusterBits, header.version);
        if (entry.kind === 'unallocated' || entry.kind === 'compressed' || entry.offset === 0) continue;
        if (!this.#inFile(entry.offset) || entry.copied === alone(entry.offset)) continue;
        const bytes = new Uint8Array(8);
        encodeL2(bytes, 0, header.clusterBits, { ...entry, copied: !entry.copied });
        if (fix) store.write(offset + at, bytes);
        this.#copiedError('data cluster: l2_entry', entry.offset, entry.copied, fix);
      }
    });
    if (!fix) return;
    if (this.#corruptions === 0) header.incompatible &= ~(FEATURES.dirty | FEATURES.corrupt);
    this.#image.writeHeader();
    store.flush();
    map.reload();
  }

  result(): CheckResult {
    const { clusterSize, size } = this.#image;
    return {
      messages: this.#messages,
      corruptions: this.#corruptions,
      leaks: this.#leaks,
      corruptionsFixed: this.#corruptionsFixed,
      leaksFixed: this.#leaksFixed,
      totalClusters: Math.ceil(size / clusterSize),
      allocatedClusters: this.#allocated,
      fragmentedClusters: this.#fragmented,
      compressedClusters: this.#compressed,
      imageEndOffset: (this.#lastCounted() + 1) * clusterSize,
    };
  }

  #tables(l1: readonly L1Entry[], active: boolean): void {
    const { clusterSize, store, header } = this.#image;
    const seen = new Set<number>();
    for (const { offset, reserved } of l1) {
      if (offset === 0) continue;
      if (reserved) this.#broken('ERROR found L1 entry with reserved bits set', offset);
      if (!this.#sound(offset, 'L2 table')) continue;
      this.#refer(offset, clusterSize);
      // One L2 table in two places is an error that its count shows; its entries are followed once.
      if (seen.has(offset)) continue;
      seen.add(offset);
      const table = store.read(offset, clusterSize);
      for (let at = 0; at < clusterSize; at += 8)
        this.#entry(decodeL2(table, at, header.clusterBits, header.version), active);
    }
  }

  #entry(entry: L2Entry, active: boolean): void {
    const { clusterSize } = this.#image;
    if (entry.kind === 'unallocated') return;
    if (entry.kind === 'compressed') {
      if (!this.#inFile(entry.offset))
        return void this.#broken('ERROR compressed cluster outside of the file', entry.offset);
      this.#refer(entry.offset, entry.length);
      if (!active) return;
      // Compressed clusters are never neighbours in the file: QEMU counts each as a fragment.
      this.#allocated++;
      this.#compressed++;
      this.#fragmented++;
      return;
    }
    if (entry.offset === 0 || !this.#sound(entry.offset, 'data cluster')) return;
    this.#refer(entry.offset, clusterSize);
    if (!active) return;
    this.#allocated++;
    if (this.#expected !== 0 && entry.offset !== this.#expected) this.#fragmented++;
    this.#expected = entry.offset + clusterSize;
  }

  #sound(offset: number, what: string): boolean {
    if (offset % this.#image.clusterSize === 0 && this.#inFile(offset)) return true;
    this.#broken(`ERROR ${what} unaligned or outside of the file`, offset);
    return false;
  }

  #inFile(offset: number): boolean {
    return offset < Math.ceil(this.#image.store.size / this.#image.clusterSize) * this.#image.clusterSize;
  }

  #broken(what: string, offset: number): void {
    this.#messages.push(`${what}: offset=${hex(offset)}`);
    this.#corruptions++;
  }

  #copiedError(what: string, offset: number, copied: boolean, fix: boolean): void {
    const { refcounts, clusterSize } = this.#image;
    const shown = copied ? `8${offset.toString(16).padStart(15, '0')}` : offset.toString(16);
    const count = refcounts.get(offset / clusterSize);
    this.#messages.push(`${fix ? 'Repairing' : 'ERROR'} OFLAG_COPIED ${what}=${shown} refcount=${count}`);
    this.#count('corruption', fix);
  }

  #count(what: 'leak' | 'corruption', fixed: boolean): void {
    if (what === 'leak') fixed ? this.#leaksFixed++ : this.#leaks++;
    else fixed ? this.#corruptionsFixed++ : this.#corruptions++;
  }

  #refer(offset: number, length: number): void {
    const { clusterSize } = this.#image;
    const end = Math.ceil((offset + length) / clusterSize);
    for (let cluster = Math.floor(offset / clusterSize); cluster < end; cluster++)
      this.#references.set(cluster, (this.#references.get(cluster) ?? 0) + 1);
  }

  /** In order: all clusters that have a count, and all that are referred to. */
  #countedOrReferred(): number[] {
    const { refcounts } = this.#image;
    const found = [...this.#references.keys()];
    for (const block of refcounts.blockIndexes) {
      const first = block * refcounts.perBlock;
      for (let cluster = first; cluster < first + refcounts.perBlock; cluster++)
        if (!this.#references.has(cluster) && refcounts.get(cluster) !== 0) found.push(cluster);
    }
    return found.sort((a, b) => a - b);
  }

  #lastCounted(): number {
    const { refcounts } = this.#image;
    for (const block of [...refcounts.blockIndexes].reverse()) {
      const first = block * refcounts.perBlock;
      for (let cluster = first + refcounts.perBlock - 1; cluster >= first; cluster--)
        if (refcounts.get(cluster) !== 0) return cluster;
    }
    return -1;
  }
}
