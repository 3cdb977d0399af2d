/** The GUID partition table (UEFI 2.10, section 5.3): header and entries after the protective MBR, and again at the disk's end. */
import { DiskError } from '../errors.ts';
import { type BlockDevice, SECTOR } from '../image.ts';
import { le16, le32, le64, setLe16, setLe32, setLe64 } from '../numbers.ts';
import { crc32 } from './crc32.ts';
import { decodeGuid, encodeGuid } from './guid.ts';
import { MBR_TYPES, putEntry } from './mbr.ts';

/** Types of partitions, as systemd and Linux name them. */
export const GPT_TYPES = {
  efiSystem: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  linux: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
  basicData: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7',
} as const;

export interface GptPartition {
  /** Place in the table, from 1 on. */
  readonly number: number;
  /** GUIDs in their usual text. */
  readonly type: string;
  readonly guid: string;
  /** First and last sector. */
  readonly first: number;
  readonly last: number;
  /** At most 36 UTF-16 code units. */
  readonly name: string;
}

export interface Gpt {
  readonly diskGuid: string;
  readonly firstUsable: number;
  readonly lastUsable: number;
  readonly partitions: readonly GptPartition[];
}

/** What was found, and which of the two tables it is from; `problems` says what is wrong with the other one. */
export interface FoundGpt extends Gpt {
  readonly from: 'primary' | 'backup';
  readonly problems: readonly string[];
}

const SIGNATURE = [0x45, 0x46, 0x49, 0x20, 0x50, 0x41, 0x52, 0x54];
const HEADER = 92;
const ENTRY = 128;
const ENTRIES = 128;
const TABLE_SECTORS = (ENTRY * ENTRIES) / SECTOR;
const NAME = 36;
/** More than any tool makes: a larger table is a damaged header. */
const MAX_TABLE = 2 ** 20;
const UNUSED = '00000000-0000-0000-0000-000000000000';

/** The table of `disk`, from its backup when the primary is damaged; null when there is neither. Throws DiskError `corrupt`. */
export function readGpt(disk: BlockDevice): FoundGpt | null {
  const sectors = Math.floor(disk.size / SECTOR);
  if (sectors < 3) return null;
  const primary = attempt(() => readTable(disk, 1));
  const backup = attempt(() => readTable(disk, sectors - 1));
  const problems = [
    ...(primary.error === null ? [] : [`primary table: ${primary.error}`]),
    ...(backup.error === null ? [] : [`backup table: ${backup.error}`]),
  ];
  const none = (found: Attempt) => found.value === null && found.error === NO_SIGNATURE;
  if (none(primary) && none(backup)) return null;
  if (primary.value !== null) return { ...primary.value, from: 'primary', problems };
  if (backup.value !== null) return { ...backup.value, from: 'backup', problems };
  throw new DiskError('corrupt', problems.join('; '));
}

interface Attempt {
  readonly value: Gpt | null;
  readonly error: string | null;
}

const NO_SIGNATURE = 'no signature';

function attempt(body: () => Gpt): Attempt {
  try {
    return { value: body(), error: null };
  } catch (error) {
    if (error instanceof DiskError) return { value: null, error: error.message };
    throw error;
  }
}

function readTable(disk: BlockDevice, at: number): Gpt {
  const bad = (message: string) => new DiskError('corrupt', message);
  const sector = disk.read(at * SECTOR, SECTOR);
  if (!SIGNATURE.every((byte, i) => sector[i] === byte)) throw bad(NO_SIGNATURE);
  const size = le32(sector, 12);
  if (size < HEADER || size > SECTOR) throw bad(`header of ${size} bytes`);
  const header = sector.slice(0, size);
  setLe32(header, 16, 0);
  if (crc32(header) !== le32(sector, 16)) throw bad('wrong checksum of the header');
  if (le64(sector, 24) !== at) throw bad(`header says it is sector ${le64(sector, 24)}, not ${at}`);
  const [table, count, entrySize] = [le64(sector, 72), le32(sector, 80), le32(sector, 84)];
  if (entrySize < ENTRY || entrySize % 8 !== 0 || count * entrySize > MAX_TABLE)
    throw bad(`${count} entries of ${entrySize} bytes`);
  if (table * SECTOR + count * entrySize > disk.size) throw bad('entries are not on the disk');
  const entries = disk.read(table * SECTOR, count * entrySize);
  if (crc32(entries) !== le32(sector, 88)) throw bad('wrong checksum of the entries');
  const partitions: GptPartition[] = [];
  for (let i = 0; i < count; i++) {
    const entry = entries.subarray(i * entrySize, (i + 1) * entrySize);
    const type = decodeGuid(entry, 0);
    if (type === UNUSED) continue;
    const [first, last] = [le64(entry, 32), le64(entry, 40)];
    if (first > last || (last + 1) * SECTOR > disk.size) throw bad(`partition ${i + 1} is not on the disk`);
    partitions.push({ number: i + 1, type, guid: decodeGuid(entry, 16), first, last, name: nameIn(entry) });
  }
  return {
    diskGuid: decodeGuid(sector, 56),
    firstUsable: le64(sector, 40),
    lastUsable: le64(sector, 48),
    partitions,
  };
}

function nameIn(entry: Uint8Array): string {
  let name = '';
  for (let i = 0; i < NAME; i++) {
    const unit = le16(entry, 56 + 2 * i);
    if (unit === 0) break;
    name += String.fromCharCode(unit);
  }
  return name;
}

/**
 * Writes protective MBR and both tables: the backup first, so that one of them is whole at any time. GUIDs are the caller's: they
 * are what makes disks and partitions different. Throws DiskError `invalid`.
 */
export function writeGpt(disk: BlockDevice, diskGuid: string, partitions: readonly GptPartition[]): Gpt {
  const sectors = Math.floor(disk.size / SECTOR);
  const firstUsable = 2 + TABLE_SECTORS;
  const lastUsable = sectors - 2 - TABLE_SECTORS;
  if (lastUsable < firstUsable)
    throw new DiskError('invalid', 'the disk is too small for a GUID partition table');
  const entries = new Uint8Array(ENTRY * ENTRIES);
  for (const each of partitions) {
    requireUsable(each, partitions, firstUsable, lastUsable);
    putPartition(entries, each);
  }
  const head = { diskGuid, firstUsable, lastUsable, entries };
  disk.write((sectors - 1 - TABLE_SECTORS) * SECTOR, entries);
  disk.write((sectors - 1) * SECTOR, header(head, sectors - 1, 1, sectors - 1 - TABLE_SECTORS));
  disk.flush();
  disk.write(2 * SECTOR, entries);
  disk.write(SECTOR, header(head, 1, sectors - 1, 2));
  disk.write(0, protectiveMbr(disk.read(0, SECTOR).slice(), sectors));
  disk.flush();
  return { diskGuid, firstUsable, lastUsable, partitions };
}

function requireUsable(
  each: GptPartition,
  all: readonly GptPartition[],
  firstUsable: number,
  lastUsable: number,
): void {
  const { number, first, last, name } = each;
  const invalid = (message: string) => new DiskError('invalid', `partition ${number} ${message}`);
  if (!Number.isInteger(number) || number < 1 || number > ENTRIES)
    throw invalid(`is none of 1 to ${ENTRIES}`);
  if (first < firstUsable || last > lastUsable || first > last)
    throw invalid(`is not within sectors ${firstUsable} to ${lastUsable}`);
  if (name.length > NAME) throw invalid(`has a name of more than ${NAME} characters`);
  const other = all.find((o) => o !== each && (o.number === number || (o.first <= last && first <= o.last)));
  if (other !== undefined) throw invalid(`overlaps with partition ${other.number}`);
}

function putPartition(entries: Uint8Array, { number, type, guid, first, last, name }: GptPartition): void {
  const at = (number - 1) * ENTRY;
  encodeGuid(entries, at, type);
  encodeGuid(entries, at + 16, guid);
  setLe64(entries, at + 32, first);
  setLe64(entries, at + 40, last);
  for (let i = 0; i < name.length; i++) setLe16(entries, at + 56 + 2 * i, name.charCodeAt(i));
}

function header(
  {
    diskGuid,
    firstUsable,
    lastUsable,
    entries,
  }: { diskGuid: string; firstUsable: number; lastUsable: number; entries: Uint8Array },
  own: number,
  other: number,
  table: number,
): Uint8Array {
  const sector = new Uint8Array(SECTOR);
  sector.set(SIGNATURE);
  setLe32(sector, 8, 0x00010000);
  setLe32(sector, 12, HEADER);
  setLe64(sector, 24, own);
  setLe64(sector, 32, other);
  setLe64(sector, 40, firstUsable);
  setLe64(sector, 48, lastUsable);
  encodeGuid(sector, 56, diskGuid);
  setLe64(sector, 72, table);
  setLe32(sector, 80, ENTRIES);
  setLe32(sector, 84, ENTRY);
  setLe32(sector, 88, crc32(entries));
  setLe32(sector, 16, crc32(sector.subarray(0, HEADER)));
  return sector;
}

/** An MBR whose one partition covers the disk: tools that know no GPT leave it alone. Boot code stays. */
function protectiveMbr(sector: Uint8Array, sectors: number): Uint8Array {
  sector.fill(0, 446, 510);
  const covered = Math.min(sectors - 1, 2 ** 32 - 1);
  putEntry(sector, { number: 1, bootable: false, type: MBR_TYPES.gpt, start: 1, sectors: covered });
  setLe16(sector, 510, 0xaa55);
  return sector;
}
