/** The allocation table: for each cluster, which one follows it ("FAT Data Structure"). All copies are written, the first one is read. */
import { DiskError } from '../errors.ts';
import type { BlockDevice } from '../image.ts';
import { le16, le32, setLe16, setLe32 } from '../numbers.ts';
import { clusterCount, type FatLayout } from './bootSector.ts';

export class AllocationTable {
  readonly #device: BlockDevice;
  readonly #layout: FatLayout;
  /** Where to look for a free cluster first. */
  #next = 2;

  constructor(device: BlockDevice, layout: FatLayout) {
    this.#device = device;
    this.#layout = layout;
  }

  /** One more than the highest cluster. */
  get end(): number {
    return clusterCount(this.#layout) + 2;
  }

  /** Marks the end of a chain. */
  get endMark(): number {
    return this.#layout.bits === 16 ? 0xffff : 0x0fffffff;
  }

  get next(): number {
    return this.#next;
  }

  get(cluster: number): number {
    const bytes = this.#device.read(this.#place(cluster, 0), this.#width);
    return this.#layout.bits === 16 ? le16(bytes, 0) : le32(bytes, 0) & 0x0fffffff;
  }

  set(cluster: number, value: number): void {
    for (let copy = 0; copy < this.#layout.fats; copy++) {
      const place = this.#place(cluster, copy);
      const bytes = this.#device.read(place, this.#width).slice();
      // The upper four bits of FAT32 are not ours.
      if (this.#layout.bits === 16) setLe16(bytes, 0, value);
      else setLe32(bytes, 0, ((le32(bytes, 0) & 0xf0000000) | value) >>> 0);
      this.#device.write(place, bytes);
    }
    if (value === 0) this.#next = Math.min(this.#next, cluster);
  }

  /** All clusters of a chain. Throws DiskError `corrupt` when it leads astray or in a circle. */
  chain(first: number): number[] {
    const found: number[] = [];
    for (let cluster = first; !this.#isEnd(cluster); cluster = this.get(cluster)) {
      if (cluster < 2 || cluster >= this.end)
        throw new DiskError('corrupt', `a chain leads to cluster ${cluster}`);
      if (found.length >= this.end)
        throw new DiskError('corrupt', `the chain from cluster ${first} is a circle`);
      found.push(cluster);
    }
    return found;
  }

  /** Takes free clusters and makes a chain of them. Throws DiskError `full`, and takes none then. */
  allocate(count: number): number[] {
    const found: number[] = [];
    for (let seen = 2, cluster = this.#next; seen < this.end && found.length < count; seen++) {
      if (this.get(cluster) === 0) found.push(cluster);
      cluster = cluster + 1 < this.end ? cluster + 1 : 2;
    }
    if (found.length < count) throw new DiskError('full', 'no cluster is free');
    for (const [i, cluster] of found.entries()) this.set(cluster, found[i + 1] ?? this.endMark);
    if (found.length > 0) this.#next = found.at(-1)! + 1 < this.end ? found.at(-1)! + 1 : 2;
    return found;
  }

  release(chain: readonly number[]): void {
    for (const cluster of chain) this.set(cluster, 0);
  }

  /** How many clusters are free. */
  free(): number {
    const width = this.#width;
    const bytes = this.#device.read(this.#place(0, 0), this.end * width);
    let count = 0;
    for (let at = 2 * width; at < bytes.length; at += width)
      if ((width === 2 ? le16(bytes, at) : le32(bytes, at) & 0x0fffffff) === 0) count++;
    return count;
  }

  get #width(): number {
    return this.#layout.bits / 8;
  }

  #isEnd(value: number): boolean {
    return value >= (this.#layout.bits === 16 ? 0xfff8 : 0x0ffffff8);
  }

  #place(cluster: number, copy: number): number {
    const { reserved, fatSectors, bytesPerSector } = this.#layout;
    return (reserved + copy * fatSectors) * bytesPerSector + cluster * this.#width;
  }
}
