/**
 * The first sector of a FAT file system: BIOS parameter block and signature (Microsoft, "FAT: General Overview of On-Disk Format"
 * 1.03, "Boot Sector and BPB"). All sizes are in sectors of the file system unless they say bytes.
 */
import { decodeUtf8, encodeUtf8 } from '../../base/index.ts';
import { DiskError } from '../errors.ts';
import { le16, le32, setLe16, setLe32 } from '../numbers.ts';

export interface FatLayout {
  /** Bits of an entry of the allocation table. FAT12 is not simulated. */
  readonly bits: 16 | 32;
  readonly bytesPerSector: number;
  readonly sectorsPerCluster: number;
  /** Before the first table. */
  readonly reserved: number;
  readonly fats: number;
  /** Of one table. */
  readonly fatSectors: number;
  /** Entries of the fixed root directory of FAT16; 0 for FAT32. */
  readonly rootEntries: number;
  readonly totalSectors: number;
  /** First cluster of the root directory of FAT32; 0 for FAT16. */
  readonly rootCluster: number;
  /** Sector of FSInfo, 0 for none. */
  readonly infoSector: number;
  readonly backupBoot: number;
  /** Sectors of the disk before the partition. */
  readonly hidden: number;
  readonly volumeId: number;
  /** 11 characters, padded. */
  readonly label: string;
}

/** Entries of a directory are 32 bytes. */
export const ENTRY = 32;

/** Sectors of FAT16's root directory. */
export const rootSectors = ({ rootEntries, bytesPerSector }: FatLayout) =>
  Math.ceil((rootEntries * ENTRY) / bytesPerSector);

/** First sector of cluster 2. */
export const dataStart = (layout: FatLayout) =>
  layout.reserved + layout.fats * layout.fatSectors + rootSectors(layout);

/** How many clusters hold data; they are numbered from 2 on. */
export const clusterCount = (layout: FatLayout) =>
  Math.floor((layout.totalSectors - dataStart(layout)) / layout.sectorsPerCluster);

/** Fewer clusters are FAT12, more are FAT32: nothing else tells the three apart. */
export const FAT16_CLUSTERS = { least: 4085, most: 65_524 };
export const FAT32_MOST_CLUSTERS = 0x0ffffff5;

/** Throws DiskError `format` when this is no FAT, `unsupported` for FAT12, `corrupt` when it contradicts itself. */
export function readBootSector(sector: Uint8Array, deviceBytes: number): FatLayout {
  const corrupt = (message: string) => new DiskError('corrupt', message);
  if (le16(sector, 510) !== 0xaa55)
    throw new DiskError('format', 'no boot sector: 0x55 0xaa is not at its end');
  const bytesPerSector = le16(sector, 11);
  const sectorsPerCluster = sector[13]!;
  if (![512, 1024, 2048, 4096].includes(bytesPerSector))
    throw new DiskError('format', `no FAT file system: ${bytesPerSector} bytes a sector`);
  if (sectorsPerCluster === 0 || (sectorsPerCluster & (sectorsPerCluster - 1)) !== 0)
    throw new DiskError('format', `no FAT file system: ${sectorsPerCluster} sectors a cluster`);
  const small = le16(sector, 22);
  const bits = small === 0 ? 32 : 16;
  const layout: FatLayout = {
    bits,
    bytesPerSector,
    sectorsPerCluster,
    reserved: le16(sector, 14),
    fats: sector[16]!,
    fatSectors: small === 0 ? le32(sector, 36) : small,
    rootEntries: le16(sector, 17),
    totalSectors: le16(sector, 19) || le32(sector, 32),
    rootCluster: bits === 32 ? le32(sector, 44) : 0,
    infoSector: bits === 32 ? le16(sector, 48) : 0,
    backupBoot: bits === 32 ? le16(sector, 50) : 0,
    hidden: le32(sector, 28),
    volumeId: le32(sector, bits === 32 ? 67 : 39),
    label: decodeUtf8(sector.subarray(bits === 32 ? 71 : 43, bits === 32 ? 82 : 54)),
  };
  const clusters = clusterCount(layout);
  if (layout.reserved === 0 || layout.fats === 0 || layout.fatSectors === 0)
    throw corrupt('the boot sector leaves no room for an allocation table');
  if (layout.totalSectors * bytesPerSector > deviceBytes)
    throw corrupt(`${layout.totalSectors} sectors do not fit on the device`);
  if (clusters < 1) throw corrupt('there is no room for data');
  if (bits === 16 && clusters < FAT16_CLUSTERS.least)
    throw new DiskError('unsupported', 'FAT12 is not simulated');
  if (bits === 16 && clusters > FAT16_CLUSTERS.most)
    throw corrupt(`${clusters} clusters are too many for FAT16`);
  if ((layout.fatSectors * bytesPerSector * 8) / bits < clusters + 2)
    throw corrupt('the allocation table is too short for its clusters');
  if (
    bits === 32 &&
    (layout.rootEntries !== 0 || layout.rootCluster < 2 || layout.rootCluster >= clusters + 2)
  )
    throw corrupt('the root directory is in no cluster');
  if (bits === 16 && layout.rootEntries === 0) throw corrupt('there is no root directory');
  return layout;
}

export function encodeBootSector(layout: FatLayout): Uint8Array {
  const sector = new Uint8Array(layout.bytesPerSector);
  const wide = layout.bits === 32;
  // A jump over the block to code that is not there: "int 18h", nothing bootable, the firmware goes on.
  sector.set([0xeb, wide ? 0x58 : 0x3c, 0x90]);
  sector.set(encodeUtf8('mkfs.fat'), 3);
  sector.set([0xcd, 0x18, 0xeb, 0xfe], wide ? 90 : 62);
  setLe16(sector, 11, layout.bytesPerSector);
  sector[13] = layout.sectorsPerCluster;
  setLe16(sector, 14, layout.reserved);
  sector[16] = layout.fats;
  setLe16(sector, 17, layout.rootEntries);
  const short = layout.totalSectors < 65_536 && !wide;
  setLe16(sector, 19, short ? layout.totalSectors : 0);
  sector[21] = 0xf8;
  setLe16(sector, 22, wide ? 0 : layout.fatSectors);
  setLe16(sector, 24, 63);
  setLe16(sector, 26, 255);
  setLe32(sector, 28, layout.hidden);
  setLe32(sector, 32, short ? 0 : layout.totalSectors);
  if (wide) {
    setLe32(sector, 36, layout.fatSectors);
    setLe32(sector, 44, layout.rootCluster);
    setLe16(sector, 48, layout.infoSector);
    setLe16(sector, 50, layout.backupBoot);
  }
  const extended = wide ? 64 : 36;
  sector[extended] = 0x80;
  sector[extended + 2] = 0x29;
  setLe32(sector, extended + 3, layout.volumeId);
  sector.set(encodeUtf8(layout.label), extended + 7);
  sector.set(encodeUtf8(wide ? 'FAT32   ' : 'FAT16   '), extended + 18);
  setLe16(sector, 510, 0xaa55);
  return sector;
}
