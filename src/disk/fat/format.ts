/** A new FAT file system on a device: mkfs.vfat(8). */
import { encodeUtf8 } from '../../base/index.ts';
import { DiskError } from '../errors.ts';
import type { BlockDevice } from '../image.ts';
import { setLe32 } from '../numbers.ts';
import {
  clusterCount,
  dataStart,
  ENTRY,
  encodeBootSector,
  FAT16_CLUSTERS,
  FAT32_MOST_CLUSTERS,
  type FatLayout,
} from './bootSector.ts';

export interface FatFormat {
  readonly bits: 16 | 32;
  /** 32 bits that tell volumes apart. */
  readonly volumeId: number;
  /** At most 11 characters; none: `NO NAME`. */
  readonly label?: string;
  /** A power of two up to 128; chosen by size unless given. */
  readonly sectorsPerCluster?: number;
  /** Sectors of the disk before the partition. */
  readonly hidden?: number;
}

const SECTOR = 512;
const FATS = 2;
/** Bytes cleared at a time. */
const PIECE = 65_536;
const ROOT_ENTRIES = 512;

/** Makes the device an empty file system; what was on it is lost. Throws DiskError `invalid` when the size does not fit the kind. */
export function formatFat(device: BlockDevice, format: FatFormat): void {
  const layout = layOut(Math.floor(device.size / SECTOR), format);
  const start = dataStart(layout);
  for (let at = 0; at < start * SECTOR; at += PIECE)
    device.write(at, new Uint8Array(Math.min(PIECE, start * SECTOR - at)));
  const boot = encodeBootSector(layout);
  const table = new Uint8Array(12);
  table.set(
    layout.bits === 16
      ? [0xf8, 0xff, 0xff, 0xff]
      : [0xf8, 0xff, 0xff, 0x0f, 0xff, 0xff, 0xff, 0x0f, 0xf8, 0xff, 0xff, 0x0f],
  );
  for (let copy = 0; copy < FATS; copy++)
    device.write((layout.reserved + copy * layout.fatSectors) * SECTOR, table);
  if (layout.bits === 32) {
    device.write(start * SECTOR, new Uint8Array(layout.sectorsPerCluster * SECTOR));
    const info = fsInfo(clusterCount(layout) - 1, 2);
    for (const at of [0, layout.backupBoot]) {
      device.write((at + layout.infoSector) * SECTOR, info);
      if (at !== 0) device.write(at * SECTOR, boot);
    }
  }
  if (format.label !== undefined) device.write(rootOffset(layout), labelEntry(layout.label));
  device.flush();
  // The boot sector last: until then this is no file system.
  device.write(0, boot);
  device.flush();
}

/** Where the root directory starts, in bytes. */
function rootOffset(layout: FatLayout): number {
  const { reserved, fats, fatSectors, bits } = layout;
  return (bits === 32 ? dataStart(layout) : reserved + fats * fatSectors) * SECTOR;
}

function labelEntry(label: string): Uint8Array {
  const entry = new Uint8Array(ENTRY);
  entry.set(encodeUtf8(label));
  entry[11] = 0x08;
  return entry;
}

/** The sector that remembers how many clusters are free and where to look for one; hints, both. */
export function fsInfo(free: number, next: number): Uint8Array {
  const sector = new Uint8Array(SECTOR);
  setLe32(sector, 0, 0x41615252);
  setLe32(sector, 484, 0x61417272);
  setLe32(sector, 488, free);
  setLe32(sector, 492, next);
  setLe32(sector, 508, 0xaa550000);
  return sector;
}

function layOut(totalSectors: number, format: FatFormat): FatLayout {
  const { bits, volumeId, label = 'NO NAME', hidden = 0 } = format;
  if (!/^[A-Z0-9 !#$%&'()@^_`{}~-]{1,11}$/.test(label))
    throw new DiskError('invalid', `'${label}' is no volume label`);
  const base = {
    bits,
    bytesPerSector: SECTOR,
    reserved: bits === 32 ? 32 : 1,
    fats: FATS,
    rootEntries: bits === 32 ? 0 : ROOT_ENTRIES,
    totalSectors,
    rootCluster: bits === 32 ? 2 : 0,
    infoSector: bits === 32 ? 1 : 0,
    backupBoot: bits === 32 ? 6 : 0,
    hidden,
    volumeId,
    label: label.padEnd(11),
  };
  const wanted = format.sectorsPerCluster;
  const sizes = wanted === undefined ? [1, 2, 4, 8, 16, 32, 64, 128] : [wanted];
  const preferred = wanted ?? preferredClusterSize(bits, totalSectors);
  for (const sectorsPerCluster of sizes) {
    if (sectorsPerCluster < preferred) continue;
    const layout = {
      ...base,
      sectorsPerCluster,
      fatSectors: tableSectors({ ...base, sectorsPerCluster, fatSectors: 0 }),
    };
    if (fits(layout)) return layout;
  }
  // The preferred size may leave too few clusters: smaller ones are more.
  for (const sectorsPerCluster of sizes.toReversed()) {
    const layout = {
      ...base,
      sectorsPerCluster,
      fatSectors: tableSectors({ ...base, sectorsPerCluster, fatSectors: 0 }),
    };
    if (fits(layout)) return layout;
  }
  throw new DiskError('invalid', `FAT${bits} does not fit ${totalSectors} sectors`);
}

function fits(layout: FatLayout): boolean {
  const clusters = clusterCount(layout);
  if (layout.bits === 16)
    return layout.fatSectors < 65_536 && clusters >= FAT16_CLUSTERS.least && clusters <= FAT16_CLUSTERS.most;
  return clusters > FAT16_CLUSTERS.most && clusters <= FAT32_MOST_CLUSTERS;
}

/** As the specification's tables have it, in sectors of 512 bytes. */
function preferredClusterSize(bits: 16 | 32, sectors: number): number {
  const megabytes = sectors / 2048;
  if (bits === 16)
    return megabytes <= 16 ? 2 : megabytes <= 128 ? 4 : megabytes <= 256 ? 8 : megabytes <= 512 ? 16 : 32;
  return megabytes <= 260
    ? 1
    : megabytes <= 8192
      ? 8
      : megabytes <= 16_384
        ? 16
        : megabytes <= 32_768
          ? 32
          : 64;
}

/** The least table that counts the clusters it leaves room for. */
function tableSectors(layout: FatLayout): number {
  for (let fatSectors = 1; ; ) {
    const clusters = clusterCount({ ...layout, fatSectors });
    const needed = Math.ceil(((Math.max(0, clusters) + 2) * layout.bits) / 8 / SECTOR);
    if (needed <= fatSectors) return fatSectors;
    fatSectors = needed;
  }
}
