/**
 * The master boot record of a disk (the IBM PC's, as UEFI 2.10 section 5.2.1 writes it down): boot code, four entries, 0x55 0xaa.
 * Logical partitions lie in an extended one, each behind a record of its own that names the next.
 */
import { DiskError } from '../errors.ts';
import { type BlockDevice, SECTOR } from '../image.ts';
import { le16, le32, setLe16, setLe32 } from '../numbers.ts';

/** Types that mean something here. */
export const MBR_TYPES = {
  empty: 0x00,
  extended: 0x05,
  fat16: 0x0e,
  fat32: 0x0c,
  linux: 0x83,
  efi: 0xef,
  gpt: 0xee,
} as const;
const EXTENDED: readonly number[] = [0x05, 0x0f, 0x85];

export interface MbrPartition {
  /** 1 … 4 primary, from 5 on logical. */
  readonly number: number;
  readonly bootable: boolean;
  /** A byte, see {@link MBR_TYPES}. */
  readonly type: number;
  /** First sector on the disk. */
  readonly start: number;
  readonly sectors: number;
}

export interface Mbr {
  /** 32 bits at 440 that tell disks apart. */
  readonly diskId: number;
  readonly partitions: readonly MbrPartition[];
}

const ENTRIES = 446;
/** More logical partitions than this are a loop. */
const MAX_LOGICAL = 128;

/** What firmware looks for before it runs a sector: 0x55 0xaa at its end (byte 510). */
export function hasBootSignature(sector: Uint8Array): boolean {
  return sector.length >= SECTOR && le16(sector, 510) === 0xaa55;
}

/** The partition table of `disk`; null when its first sector carries no signature. Throws DiskError `corrupt`. */
export function readMbr(disk: BlockDevice): Mbr | null {
  if (disk.size < SECTOR) return null;
  const sector = disk.read(0, SECTOR);
  if (!hasBootSignature(sector)) return null;
  const primary = [0, 1, 2, 3]
    .map((i) => entryAt(sector, i, i + 1))
    .filter(({ type }) => type !== MBR_TYPES.empty);
  for (const each of primary) requireOnDisk(disk, each);
  const extended = primary.find(({ type }) => EXTENDED.includes(type));
  const logical = extended === undefined ? [] : readLogical(disk, extended);
  return { diskId: le32(sector, 440), partitions: [...primary, ...logical] };
}

function entryAt(sector: Uint8Array, index: number, number: number): MbrPartition {
  const at = ENTRIES + 16 * index;
  return {
    number,
    bootable: sector[at] === 0x80,
    type: sector[at + 4]!,
    start: le32(sector, at + 8),
    sectors: le32(sector, at + 12),
  };
}

function requireOnDisk(disk: BlockDevice, { number, start, sectors }: MbrPartition): void {
  if (start < 1 || sectors < 1 || (start + sectors) * SECTOR > disk.size)
    throw new DiskError(
      'corrupt',
      `partition ${number} (sectors ${start} to ${start + sectors - 1}) is not on the disk`,
    );
}

/** Each record: its partition relative to itself, the next record relative to the extended partition. */
function readLogical(disk: BlockDevice, extended: MbrPartition): MbrPartition[] {
  const found: MbrPartition[] = [];
  for (let at = extended.start, next = -1; next !== 0; at = extended.start + next) {
    if (found.length === MAX_LOGICAL) throw new DiskError('corrupt', 'logical partitions form a loop');
    if ((at + 1) * SECTOR > disk.size)
      throw new DiskError('corrupt', `extended boot record ${at} is not on the disk`);
    const record = disk.read(at * SECTOR, SECTOR);
    if (!hasBootSignature(record))
      throw new DiskError('corrupt', `extended boot record ${at} has no signature`);
    const own = entryAt(record, 0, 5 + found.length);
    if (own.type !== MBR_TYPES.empty) {
      const partition = { ...own, start: own.start + at };
      requireOnDisk(disk, partition);
      found.push(partition);
    }
    const link = entryAt(record, 1, 0);
    next = link.type === MBR_TYPES.empty ? 0 : link.start;
  }
  return found;
}

/**
 * Writes a table of primary partitions (numbers 1 … 4); boot code that is there stays. Throws DiskError `invalid` when they overlap,
 * lie outside of the disk or are more than an entry can say.
 */
export function writeMbr(disk: BlockDevice, { diskId, partitions }: Mbr): void {
  const sector = disk.read(0, SECTOR).slice();
  sector.fill(0, 440, SECTOR);
  setLe32(sector, 440, diskId);
  for (const each of partitions) {
    const { number, start, sectors } = each;
    if (!Number.isInteger(number) || number < 1 || number > 4)
      throw new DiskError('invalid', `${number} is no number of a primary partition`);
    if (start < 1 || sectors < 1 || (start + sectors) * SECTOR > disk.size || start + sectors > 2 ** 32)
      throw new DiskError('invalid', `partition ${number} does not fit on the disk`);
    const other = partitions.find(
      (o) =>
        o !== each && (o.number === number || (o.start < start + sectors && start < o.start + o.sectors)),
    );
    if (other !== undefined)
      throw new DiskError('invalid', `partitions ${number} and ${other.number} overlap`);
    putEntry(sector, each);
  }
  setLe16(sector, 510, 0xaa55);
  disk.write(0, sector);
  disk.flush();
}

export function putEntry(sector: Uint8Array, { number, bootable, type, start, sectors }: MbrPartition): void {
  const at = ENTRIES + 16 * (number - 1);
  sector[at] = bootable ? 0x80 : 0;
  sector.set(cylinderHeadSector(start), at + 1);
  sector[at + 4] = type;
  sector.set(cylinderHeadSector(start + sectors - 1), at + 5);
  setLe32(sector, at + 8, start);
  setLe32(sector, at + 12, sectors);
}

/** The old address of a sector with 255 heads and 63 sectors a track; the largest there is for what lies behind it. */
function cylinderHeadSector(sector: number): readonly number[] {
  const cylinder = Math.floor(sector / (255 * 63));
  if (cylinder > 1023) return [0xfe, 0xff, 0xff];
  const head = Math.floor(sector / 63) % 255;
  return [head, ((sector % 63) + 1) | ((cylinder >> 2) & 0xc0), cylinder & 0xff];
}
