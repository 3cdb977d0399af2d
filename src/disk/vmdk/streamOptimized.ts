/**
 * A disk as a streamOptimized VMDK: compressed grains as they come, then tables and directory, each behind a marker, and a footer. It can be
 * written to a pipe, and is what clouds give out.
 */
import { zlibSync } from 'fflate';
import { concatBytes, encodeUtf8 } from '../../base/index.ts';
import { type BlockDevice, SECTOR } from '../image.ts';
import { isZero, roundUp, setLe32, setLe64 } from '../numbers.ts';
import { AT_END, encodeSparseHeader, FLAGS, type SparseHeader } from './sparseExtent.ts';

const GRAIN = 128;
const TABLE_ENTRIES = 512;
const DESCRIPTOR = { start: 1, sectors: 20 };
const MARKERS = { end: 0, table: 1, directory: 2, footer: 3 };

export interface StreamOptions {
  /** The file's name, as the descriptor has it. */
  readonly name: string;
  /** 32 bits that change with the contents. */
  readonly cid: number;
}

function descriptorText(capacity: number, { name, cid }: StreamOptions): string {
  const cylinders = Math.min(16_383, Math.floor(capacity / (63 * 16)));
  return `# Disk DescriptorFile
version=1
CID=${cid.toString(16).padStart(8, '0')}
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RW ${capacity} SPARSE "${name}"

# The Disk Data Base
#DDB

ddb.virtualHWVersion = "4"
ddb.geometry.cylinders = "${cylinders}"
ddb.geometry.heads = "16"
ddb.geometry.sectors = "63"
ddb.adapterType = "ide"
`;
}

/** A sector that says how many sectors of what kind follow. */
function marker(sectors: number, type: number): Uint8Array {
  const bytes = new Uint8Array(SECTOR);
  setLe64(bytes, 0, sectors);
  setLe32(bytes, 12, type);
  return bytes;
}

const filled = (bytes: Uint8Array, unit: number) =>
  concatBytes([bytes, new Uint8Array(roundUp(bytes.length, unit) - bytes.length)]);

function grainWith(sector: number, bytes: Uint8Array): Uint8Array {
  const packed = zlibSync(bytes, { level: 6 });
  const head = new Uint8Array(12);
  setLe64(head, 0, sector);
  setLe32(head, 8, packed.length);
  return filled(concatBytes([head, packed]), SECTOR);
}

/**
 * The bytes of the file, piece by piece. `stored(offset, length)` may say that a range is zeros without its being read. The disk is a whole
 * number of sectors.
 */
export function* streamOptimized(
  disk: Pick<BlockDevice, 'size' | 'read'>,
  options: StreamOptions,
  stored: (offset: number, length: number) => boolean = () => true,
): Generator<Uint8Array> {
  const capacity = disk.size / SECTOR;
  const header: SparseHeader = {
    version: 3,
    flags: FLAGS.newlines | FLAGS.compressed | FLAGS.markers,
    capacity,
    grain: GRAIN,
    descriptor: DESCRIPTOR,
    tableEntries: TABLE_ENTRIES,
    directory: AT_END,
    overhead: GRAIN,
  };
  let at = 0;
  const counted = (bytes: Uint8Array) => {
    at += bytes.length / SECTOR;
    return bytes;
  };
  const text = filled(encodeUtf8(descriptorText(capacity, options)), DESCRIPTOR.sectors * SECTOR);
  yield counted(filled(concatBytes([encodeSparseHeader(header), text]), GRAIN * SECTOR));
  const directory = new Uint8Array(Math.ceil(capacity / (GRAIN * TABLE_ENTRIES)) * 4);
  for (let table = 0; table * GRAIN * TABLE_ENTRIES < capacity; table++) {
    const entries = new Uint8Array(TABLE_ENTRIES * 4);
    for (let i = 0; i < TABLE_ENTRIES; i++) {
      const sector = (table * TABLE_ENTRIES + i) * GRAIN;
      if (sector >= capacity) break;
      const length = Math.min(GRAIN, capacity - sector) * SECTOR;
      if (!stored(sector * SECTOR, length)) continue;
      const bytes = disk.read(sector * SECTOR, length);
      if (isZero(bytes)) continue;
      setLe32(entries, i * 4, at);
      yield counted(grainWith(sector, filled(bytes, GRAIN * SECTOR)));
    }
    if (isZero(entries)) continue;
    yield counted(marker(entries.length / SECTOR, MARKERS.table));
    setLe32(directory, table * 4, at);
    yield counted(entries);
  }
  const whole = filled(directory, SECTOR);
  yield counted(marker(whole.length / SECTOR, MARKERS.directory));
  const place = at;
  yield counted(whole);
  yield counted(marker(1, MARKERS.footer));
  yield counted(encodeSparseHeader({ ...header, directory: place }));
  yield counted(marker(0, MARKERS.end));
}
