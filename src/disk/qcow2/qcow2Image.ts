/**
 * A qcow2 image (docs/interop/qcow2.txt of QEMU): clusters allocated when written, copy-on-write from a backing file, internal
 * snapshots. Layers: `header` and `entries` decode, `refcounts` counts clusters, `clusterMap` maps them; reading and writing is
 * here; what is done to an image as a whole is beside it (`create`, `snapshots`, `check`).
 *
 * Order of writes, so that a crash between any two leaks clusters at worst and what was flushed stays:
 * 1. counts of new clusters are raised and their contents written; flush;
 * 2. L2 entries (or an L1 entry, or the header) lead to them; flush;
 * 3. counts of what they replaced are lowered.
 */
import type { ByteStore } from '../byteStore.ts';
import { DiskError } from '../errors.ts';
import type { BlockStatus, DiskImage } from '../image.ts';
import { isZero } from '../numbers.ts';
import { requireInside } from '../rawImage.ts';
import { ClusterMap } from './clusterMap.ts';
import { compressCluster, readCompressed } from './compression.ts';
import type { L2Entry } from './entries.ts';
import { FEATURES } from './features.ts';
import { encodeHeader, type Qcow2Header, readHeader } from './header.ts';
import { Metadata } from './metadata.ts';
import { hex, Refcounts } from './refcounts.ts';
import { resizeImage } from './resize.ts';

export class Qcow2Image implements DiskImage {
  readonly format = 'qcow2';
  readonly store: ByteStore;
  readonly backing: DiskImage | null;
  readonly header: Qcow2Header;
  readonly refcounts: Refcounts;
  readonly map: ClusterMap;
  readonly writable: boolean;
  readonly #metadata: Metadata;
  /** Where the next compressed cluster goes; 0: into a new cluster. */
  #compressedEnd = 0;

  private constructor(store: ByteStore, header: Qcow2Header, backing: DiskImage | null, writable: boolean) {
    this.store = store;
    this.header = header;
    this.backing = backing;
    this.writable = writable;
    const { clusterBits, refcountOrder: order } = header;
    const table = { offset: header.refcountTableOffset, clusters: header.refcountTableClusters };
    this.refcounts = new Refcounts(store, { clusterBits, order, table }, (moved) => {
      header.refcountTableOffset = moved.offset;
      header.refcountTableClusters = moved.clusters;
      this.writeHeader();
    });
    this.map = new ClusterMap(store, header, this.refcounts, () => this.allocate(1));
    this.#metadata = new Metadata(header, this.refcounts, this.map);
  }

  /**
   * Opens the image in `store` over `backing`. Throws DiskError `format`, `unsupported` (an unknown feature, by its name) or
   * `corrupt`; `readonly` for writing to an image that is marked as damaged, unless to `repair` it.
   */
  static open(
    store: ByteStore,
    options: { backing?: DiskImage | null; writable?: boolean; repair?: boolean } = {},
  ): Qcow2Image {
    const { backing = null, writable = true, repair = false } = options;
    const header = readHeader(store);
    if (writable && !repair && (header.incompatible & FEATURES.corrupt) !== 0)
      throw new DiskError('readonly', 'qcow2: Image is corrupt; cannot be opened read/write');
    const image = new Qcow2Image(store, header, backing, writable);
    // Features that come undone by a change which does not know them (autoclear) are cleared before the first one.
    if (writable && header.autoclear !== 0) {
      header.autoclear = 0;
      image.writeHeader();
    }
    return image;
  }

  get size(): number {
    return this.header.size;
  }

  get clusterSize(): number {
    return this.map.clusterSize;
  }

  read(offset: number, length: number): Uint8Array {
    requireInside(this, offset, length);
    const out = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const status = this.#entryStatus(offset + at, length - at);
      const { length: count } = status;
      if (status.compressed) out.set(this.#compressed(offset + at, count), at);
      else if (status.kind === 'data') out.set(this.store.read(status.offset!, count), at);
      else if (status.kind === 'unallocated') out.set(this.#below(offset + at, count), at);
      at += count;
    }
    return out;
  }

  /** Clusters that have a place but were never written (preallocation) lie in a hole of the file: zeros, with an offset. */
  status(offset: number, length: number): BlockStatus {
    const status = this.#entryStatus(offset, length);
    if (status.offset === null) return status;
    const range = this.store.dataFrom(status.offset);
    const end = status.offset + status.length;
    const start = Math.min(range?.start ?? end, end);
    if (start > status.offset) return { ...status, kind: 'zero', length: start - status.offset };
    // The last block may end with the file, which ends before the cluster does.
    return range!.end >= Math.min(end, this.store.size)
      ? status
      : { ...status, length: range!.end - status.offset };
  }

  /** What the tables say. */
  #entryStatus(offset: number, length: number): BlockStatus {
    requireInside(this, offset, length);
    const size = this.clusterSize;
    const first = Math.floor(offset / size);
    const within = offset % size;
    const count = Math.ceil((within + length) / size);
    const absent = this.map.absent(first, count);
    const cut = (clusters: number) => Math.min(length, clusters * size - within);
    if (absent > 0) return { length: cut(absent), kind: 'unallocated', offset: null, compressed: false };
    const entries = this.map.entries(first, count);
    const [head] = entries;
    const run = head!.kind === 'compressed' ? 1 : alike(entries, size);
    const base = { length: cut(run), compressed: false, offset: null };
    switch (head!.kind) {
      case 'unallocated':
        return { ...base, kind: 'unallocated' };
      case 'zero':
        return { ...base, kind: 'zero' };
      case 'compressed':
        return { ...base, kind: 'data', compressed: true };
      case 'data':
        return { ...base, kind: 'data', offset: head!.offset + within };
    }
  }

  write(offset: number, data: Uint8Array): void {
    this.#requireWritable();
    requireInside(this, offset, data.length);
    const size = this.clusterSize;
    const links = new Map<number, L2Entry>();
    const replaced: L2Entry[] = [];
    for (let at = 0; at < data.length; ) {
      const cluster = Math.floor((offset + at) / size);
      const within = (offset + at) % size;
      const part = data.subarray(at, at + Math.min(size - within, data.length - at));
      this.#writeCluster(cluster, within, part, links, replaced);
      at += part.length;
    }
    this.#commit(links, replaced);
  }

  /** Part of one cluster: in place when it is this image's alone, else into a new cluster, to be linked later. */
  #writeCluster(
    cluster: number,
    within: number,
    part: Uint8Array,
    links: Map<number, L2Entry>,
    replaced: L2Entry[],
  ): void {
    const entry = this.map.entry(cluster);
    if (entry.kind === 'data' && entry.copied) {
      this.#metadata.requireFree(entry.offset, 1);
      this.store.write(entry.offset + within, part);
      return;
    }
    this.map.prepare(cluster);
    const contents = part.length === this.clusterSize ? part : this.#contents(cluster);
    if (part !== contents) contents.set(part, within);
    const reuse = entry.kind === 'zero' && entry.copied && entry.offset !== 0;
    const offset = reuse ? entry.offset : this.allocate(1);
    if (reuse) this.#metadata.requireFree(offset, 1);
    this.store.write(offset, contents);
    links.set(cluster, { kind: 'data', offset, copied: true });
    if (!reuse) replaced.push(entry);
  }

  writeZeroes(offset: number, length: number): void {
    this.#requireWritable();
    requireInside(this, offset, length);
    const size = this.clusterSize;
    const links = new Map<number, L2Entry>();
    const replaced: L2Entry[] = [];
    for (let at = offset; at < offset + length; ) {
      const cluster = Math.floor(at / size);
      const end = Math.min(offset + length, (cluster + 1) * size);
      const whole = at % size === 0 && (end % size === 0 || end === this.size);
      const status = this.#entryStatus(at, end - at);
      const zero = status.kind === 'zero' || (status.kind === 'unallocated' && this.#zeroBelow(at, end - at));
      if (!zero && whole && (this.header.version >= 3 || this.#zeroBelow(at, end - at))) {
        const kind = this.header.version >= 3 ? 'zero' : 'unallocated';
        links.set(cluster, kind === 'zero' ? { kind, offset: 0, copied: false } : { kind });
        replaced.push(this.map.entry(cluster));
      } else if (!zero) this.#writeCluster(cluster, at % size, new Uint8Array(end - at), links, replaced);
      at = end;
    }
    this.#commit(links, replaced);
  }

  /** A whole cluster, compressed when that makes it smaller. Only for clusters that hold nothing yet, as qemu-img has it. */
  writeCompressed(offset: number, data: Uint8Array): void {
    this.#requireWritable();
    const cluster = offset / this.clusterSize;
    const packed = compressCluster(data, this.clusterSize);
    if (packed === null) {
      this.write(offset, data);
      return;
    }
    if (this.map.entry(cluster).kind !== 'unallocated')
      throw new DiskError('invalid', `cluster ${cluster} is in use`);
    this.map.prepare(cluster);
    const at = this.#allocateBytes(packed.length);
    this.store.write(at, packed);
    this.#commit(new Map([[cluster, { kind: 'compressed', offset: at, length: packed.length }]]), []);
  }

  flush(): void {
    this.store.flush();
  }

  /** New clusters, neighbours in the file, counted once. */
  allocate(count: number): number {
    const offset = this.refcounts.allocate(count);
    this.#metadata.requireFree(offset, count);
    return offset;
  }

  /** Lowers the counts of what an L2 entry led to. */
  release(entry: L2Entry): void {
    if (entry.kind === 'unallocated') return;
    if (entry.kind === 'compressed') this.refcounts.release(entry.offset, entry.length);
    else if (entry.offset !== 0) this.refcounts.release(entry.offset, this.clusterSize);
    // The cluster that is being filled may have become free.
    if (entry.kind === 'compressed') this.#compressedEnd = 0;
  }

  /** Puts the header's fields on the disk: one sector, which a disk writes at once. */
  writeHeader(): void {
    this.store.write(0, encodeHeader(this.header));
  }

  /** Names another backing file: the whole header cluster is written, extensions and name included. */
  setBacking(file: string | null, format: string | null): void {
    this.header.backingFile = file;
    this.header.backingFormat = format;
    const bytes = encodeHeader(this.header);
    const cluster = new Uint8Array(this.clusterSize);
    cluster.set(bytes);
    this.store.write(0, cluster);
    this.store.flush();
  }

  resize(size: number): void {
    this.#requireWritable();
    if (this.header.snapshotCount > 0 && this.header.version < 3)
      throw new DiskError('unsupported', "Can't resize a v2 image which has snapshots");
    resizeImage(this, size);
  }

  #requireWritable(): void {
    if (!this.writable) throw new DiskError('readonly', 'the image is not opened for writing');
  }

  #commit(links: Map<number, L2Entry>, replaced: readonly L2Entry[]): void {
    if (links.size === 0) return;
    this.store.flush();
    this.map.link(links);
    if (!replaced.some((entry) => entry.kind !== 'unallocated')) return;
    this.store.flush();
    for (const entry of replaced) this.release(entry);
  }

  /** A whole cluster as it reads now; the part behind the end of the disk is zeros. */
  #contents(cluster: number): Uint8Array {
    const start = cluster * this.clusterSize;
    const out = new Uint8Array(this.clusterSize);
    out.set(this.read(start, Math.min(this.clusterSize, this.size - start)));
    return out;
  }

  #compressed(offset: number, length: number): Uint8Array {
    const cluster = Math.floor(offset / this.clusterSize);
    const entry = this.map.entry(cluster);
    if (entry.kind !== 'compressed') throw new DiskError('corrupt', `cluster ${cluster} is not compressed`);
    const bytes = readCompressed(this.store, entry, this.clusterSize, hex(cluster * this.clusterSize));
    const within = offset % this.clusterSize;
    return bytes.subarray(within, within + length);
  }

  /** What the backing file has; zeros behind its end. */
  #below(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    if (this.backing !== null && offset < this.backing.size)
      out.set(this.backing.read(offset, Math.min(length, this.backing.size - offset)));
    return out;
  }

  #zeroBelow(offset: number, length: number): boolean {
    if (this.backing === null || offset >= this.backing.size) return true;
    return isZero(this.#below(offset, length));
  }

  /** Compressed clusters follow each other without gaps; a cluster of the file counts each that touches it. */
  #allocateBytes(length: number): number {
    const size = this.clusterSize;
    const left = (size - (this.#compressedEnd % size)) % size;
    if (this.#compressedEnd !== 0 && length <= left) {
      const cluster = Math.floor(this.#compressedEnd / size);
      if (this.refcounts.get(cluster) < this.refcounts.max) {
        this.refcounts.add(cluster, 1);
        const at = this.#compressedEnd;
        this.#compressedEnd += length;
        return at;
      }
    }
    const at = this.allocate(1);
    this.#compressedEnd = at + length;
    return at;
  }
}

/** How many of `entries` go on as the first one does: the same kind and, for data, one after the other in the file. */
function alike(entries: readonly L2Entry[], clusterSize: number): number {
  const [head] = entries;
  let count = 1;
  for (const next of entries.slice(1)) {
    if (next.kind !== head!.kind) break;
    if (next.kind === 'data' && head!.kind === 'data' && next.offset !== head!.offset + count * clusterSize)
      break;
    count++;
  }
  return count;
}
