/**
 * The header of a sparse extent, and the descriptor in it (VMware, "Virtual Disk Format 5.0"): a disk in grains, found through tables of
 * sector numbers. Everything is little-endian and counted in sectors of 512 bytes.
 */
import { decodeUtf8 } from '../../base/index.ts';
import type { ByteStore } from '../byteStore.ts';
import { DiskError } from '../errors.ts';
import { SECTOR } from '../image.ts';
import { le16, le32, le64, setLe16, setLe32, setLe64 } from '../numbers.ts';

/** `KDMV` */
export const MAGIC = 0x564d444b;
/** In place of the grain directory's sector: it comes behind the grains, and a second header at the file's end says where. */
export const AT_END = 2 ** 64;
export const FLAGS = {
  newlines: 1,
  redundantTables: 2,
  zeroedGrains: 4,
  compressed: 0x1_0000,
  markers: 0x2_0000,
};
const DEFLATE = 1;

export interface SparseHeader {
  readonly version: number;
  readonly flags: number;
  /** Sectors of the disk. */
  readonly capacity: number;
  /** Sectors of a grain. */
  readonly grain: number;
  readonly descriptor: { readonly start: number; readonly sectors: number };
  /** Entries of a grain table. */
  readonly tableEntries: number;
  /** Where the grain directory begins; {@link AT_END}. */
  readonly directory: number;
  /** Sectors before the first grain. */
  readonly overhead: number;
}

export const isVmdk = (store: ByteStore): boolean => store.size >= 4 && le32(store.read(0, 4), 0) === MAGIC;

/** Throws DiskError `format`, `unsupported` or `corrupt`. */
export function readSparseHeader(store: ByteStore, offset = 0): SparseHeader {
  const bytes = store.read(offset, SECTOR);
  if (store.size < SECTOR || le32(bytes, 0) !== MAGIC)
    throw new DiskError('format', 'Image not in VMDK format');
  const header = {
    version: le32(bytes, 4),
    flags: le32(bytes, 8),
    capacity: le64(bytes, 12),
    grain: le64(bytes, 20),
    descriptor: { start: le64(bytes, 28), sectors: le64(bytes, 36) },
    tableEntries: le32(bytes, 44),
    directory: le32(bytes, 56) === 0xffff_ffff && le32(bytes, 60) === 0xffff_ffff ? AT_END : le64(bytes, 56),
    overhead: le64(bytes, 64),
  };
  if (header.version < 1 || header.version > 3)
    throw new DiskError('unsupported', `Unsupported VMDK version ${header.version}`);
  if (le32(bytes, 73) !== 0x0a0d_200a)
    throw new DiskError('corrupt', 'the header was changed as text is: its line ends are not as they were');
  if ((header.flags & FLAGS.compressed) !== 0 && le16(bytes, 77) !== DEFLATE)
    throw new DiskError('unsupported', `compression ${le16(bytes, 77)} of VMDK is not known`);
  const power = header.grain >= 8 && header.grain <= 2048 && Number.isInteger(Math.log2(header.grain));
  if (!power || header.tableEntries < 1 || header.tableEntries > 4096)
    throw new DiskError(
      'corrupt',
      `grains of ${header.grain} sectors in tables of ${header.tableEntries} cannot be`,
    );
  return header;
}

export function encodeSparseHeader(header: SparseHeader): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  setLe32(bytes, 0, MAGIC);
  setLe32(bytes, 4, header.version);
  setLe32(bytes, 8, header.flags);
  setLe64(bytes, 12, header.capacity);
  setLe64(bytes, 20, header.grain);
  setLe64(bytes, 28, header.descriptor.start);
  setLe64(bytes, 36, header.descriptor.sectors);
  setLe32(bytes, 44, header.tableEntries);
  if (header.directory === AT_END) bytes.fill(0xff, 56, 64);
  else setLe64(bytes, 56, header.directory);
  setLe64(bytes, 64, header.overhead);
  setLe32(bytes, 73, 0x0a0d_200a);
  setLe16(bytes, 77, (header.flags & FLAGS.compressed) === 0 ? 0 : DEFLATE);
  return bytes;
}

/** What the descriptor says of the whole: a text of lines `name=value`. */
export interface Descriptor {
  readonly cid: number;
  /** All ones: there is no image below. */
  readonly parentCid: number;
  readonly createType: string;
}

export const NO_PARENT = 0xffff_ffff;

/** Throws DiskError `corrupt`. */
export function readDescriptor(store: ByteStore, { descriptor }: SparseHeader): Descriptor {
  const { start, sectors } = descriptor;
  if (start === 0 || sectors > 1024)
    throw new DiskError('unsupported', 'a VMDK without a descriptor in it is not simulated');
  const bytes = store.read(start * SECTOR, sectors * SECTOR);
  const end = bytes.indexOf(0);
  const text = decodeUtf8(end < 0 ? bytes : bytes.subarray(0, end));
  const value = (name: string) => new RegExp(`^\\s*${name}\\s*=\\s*"?([^"\\n]*)"?\\s*$`, 'm').exec(text)?.[1];
  const number = (name: string) => Number.parseInt(value(name) ?? '', 16);
  const createType = value('createType');
  if (createType === undefined || Number.isNaN(number('CID')))
    throw new DiskError('corrupt', 'invalid VMDK image descriptor');
  return {
    cid: number('CID'),
    parentCid: value('parentCID') === undefined ? NO_PARENT : number('parentCID'),
    createType,
  };
}
