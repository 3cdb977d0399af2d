/** A VMDK image of one sparse extent, for reading: monolithicSparse and streamOptimized, as VMware, QEMU and clouds give them out. */
import { unzlibSync } from 'fflate';
import type { ByteStore } from '../byteStore.ts';
import { DiskError } from '../errors.ts';
import { type BlockStatus, type DiskImage, SECTOR } from '../image.ts';
import { le32 } from '../numbers.ts';
import { requireInside } from '../rawImage.ts';
import {
  AT_END,
  type Descriptor,
  FLAGS,
  NO_PARENT,
  readDescriptor,
  readSparseHeader,
  type SparseHeader,
} from './sparseExtent.ts';

/** Markers are sectors whose bytes 8 to 12 are 0, and then have a type. */
const FOOTER = 3;
/** A grain's own marker: its sector on the disk in 8 bytes, the length of its stream in 4. */
const GRAIN_MARKER = 12;
const TYPES = ['monolithicSparse', 'streamOptimized'];
/** More tables than these are no disk of ours: 2 TiB in grains of 64 KiB. */
const MAX_TABLES = 65_536;

export class VmdkImage implements DiskImage {
  readonly format = 'vmdk';
  readonly backing = null;
  readonly header: SparseHeader;
  readonly descriptor: Descriptor;
  readonly #store: ByteStore;
  /** Sector of each grain table; 0: none of its grains is stored. */
  readonly #directory: readonly number[];
  readonly #tables = new Map<number, Uint8Array>();
  /** The grain expanded last. */
  #last: { readonly index: number; readonly bytes: Uint8Array } | null = null;

  /** Throws DiskError `format`, `unsupported` or `corrupt`. */
  constructor(store: ByteStore) {
    this.#store = store;
    const first = readSparseHeader(store);
    this.descriptor = readDescriptor(store, first);
    if (!TYPES.includes(this.descriptor.createType))
      throw new DiskError('unsupported', `VMDK of the type ${this.descriptor.createType} is not simulated`);
    if (this.descriptor.parentCid !== NO_PARENT)
      throw new DiskError('unsupported', 'a VMDK over another image is not simulated');
    this.header = first.directory === AT_END ? footerOf(store) : first;
    this.#directory = this.#readDirectory();
  }

  get size(): number {
    return this.header.capacity * SECTOR;
  }

  /** Bytes of a grain. */
  get clusterSize(): number {
    return this.header.grain * SECTOR;
  }

  get compressed(): boolean {
    return (this.header.flags & FLAGS.compressed) !== 0;
  }

  read(offset: number, length: number): Uint8Array {
    requireInside(this, offset, length);
    const out = new Uint8Array(length);
    for (let at = offset; at < offset + length; ) {
      const index = Math.floor(at / this.clusterSize);
      const from = at - index * this.clusterSize;
      const count = Math.min(offset + length - at, this.clusterSize - from);
      const place = this.#placeOf(index);
      if (place !== null) {
        const bytes = this.compressed
          ? this.#expanded(index, place).subarray(from, from + count)
          : this.#store.read(place + from, count);
        out.set(bytes, at - offset);
      }
      at += count;
    }
    return out;
  }

  status(offset: number, length: number): BlockStatus {
    requireInside(this, offset, length);
    const index = Math.floor(offset / this.clusterSize);
    const from = offset - index * this.clusterSize;
    const place = this.#placeOf(index);
    const count = Math.min(length, this.clusterSize - from);
    if (place === null) return { length: count, kind: 'unallocated', offset: null, compressed: false };
    return {
      length: count,
      kind: 'data',
      offset: this.compressed ? null : place + from,
      compressed: this.compressed,
    };
  }

  write(): never {
    throw readOnly();
  }

  writeZeroes(): never {
    throw readOnly();
  }

  resize(): never {
    throw new DiskError('unsupported', 'Image format driver does not support resize');
  }

  flush(): void {}

  #readDirectory(): number[] {
    const { capacity, grain, tableEntries, directory } = this.header;
    const tables = Math.ceil(capacity / (grain * tableEntries));
    if (tables > MAX_TABLES || (directory + 1) * SECTOR > this.#store.size)
      throw new DiskError(
        'corrupt',
        `a grain directory of ${tables} entries at sector ${directory} cannot be`,
      );
    const bytes = this.#store.read(directory * SECTOR, tables * 4);
    return Array.from({ length: tables }, (_, i) => le32(bytes, i * 4));
  }

  /** Where a grain lies in the file; null: it reads as zeros. */
  #placeOf(index: number): number | null {
    const { tableEntries, flags } = this.header;
    const table = this.#directory[Math.floor(index / tableEntries)]!;
    if (table === 0) return null;
    let entries = this.#tables.get(table);
    if (entries === undefined) {
      entries = this.#store.read(table * SECTOR, tableEntries * 4);
      this.#tables.set(table, entries);
    }
    const sector = le32(entries, (index % tableEntries) * 4);
    if (sector === 0 || (sector === 1 && (flags & FLAGS.zeroedGrains) !== 0)) return null;
    if (sector * SECTOR >= this.#store.size)
      throw new DiskError('corrupt', `grain ${index} lies at sector ${sector}, behind the end of the file`);
    return sector * SECTOR;
  }

  /** Throws DiskError `corrupt` when the stream is damaged or is another grain's. */
  #expanded(index: number, place: number): Uint8Array {
    if (this.#last?.index === index) return this.#last.bytes;
    const broken = (why: string) =>
      new DiskError('corrupt', `compressed grain ${index} cannot be read: ${why}`);
    const marker = this.#store.read(place, GRAIN_MARKER);
    const size = le32(marker, 8);
    if (le32(marker, 0) !== index * this.header.grain || size === 0 || size > 2 * this.clusterSize)
      throw broken('its marker is another grain’s');
    let bytes: Uint8Array;
    try {
      bytes = unzlibSync(this.#store.read(place + GRAIN_MARKER, size), {
        out: new Uint8Array(this.clusterSize),
      });
    } catch (error) {
      throw broken(error instanceof Error ? error.message : 'damaged stream');
    }
    this.#last = { index, bytes };
    return bytes;
  }
}

const readOnly = () => new DiskError('unsupported', 'VMDK is simulated for reading only');

/** The header that tells where the directory is: in the last sector but one, with its marker before and the end's behind. */
function footerOf(store: ByteStore): SparseHeader {
  const at = store.size - 3 * SECTOR;
  const marker = at < 0 ? null : store.read(at, SECTOR);
  if (marker === null || le32(marker, 8) !== 0 || le32(marker, 12) !== FOOTER)
    throw new DiskError('corrupt', 'the file has no footer: it was cut off');
  const footer = readSparseHeader(store, at + SECTOR);
  if (footer.directory === AT_END)
    throw new DiskError('corrupt', 'the footer does not say where the grain directory is');
  return footer;
}
