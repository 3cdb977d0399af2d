/** A disk with a master boot record and one partition with an empty FAT16 file system, and files read back: made from the format's own text. */

const SECTOR = 512;
const PARTITION_START = 64;
const CLUSTERS = 4400;
const ROOT_ENTRIES = 512;
const FAT_SECTORS = Math.ceil(((CLUSTERS + 2) * 2) / SECTOR);
const ROOT = 1 + 2 * FAT_SECTORS;
const DATA = ROOT + (ROOT_ENTRIES * 32) / SECTOR;
const SECTORS = DATA + CLUSTERS;

/** Clusters of one sector: every sector of a file is found in a chain. */
export function fatDisk(files: Readonly<Record<string, string>> = {}): Uint8Array {
  const disk = new Uint8Array((PARTITION_START + SECTORS) * SECTOR);
  const view = new DataView(disk.buffer);
  disk[446 + 4] = 6; // FAT16
  view.setUint32(446 + 8, PARTITION_START, true);
  view.setUint32(446 + 12, SECTORS, true);
  view.setUint16(510, 0xaa55, true);
  const boot = PARTITION_START * SECTOR;
  disk.set([0xeb, 0x3c, 0x90], boot);
  disk.set(ascii('VIRTBOOK'), boot + 3);
  view.setUint16(boot + 11, SECTOR, true);
  disk[boot + 13] = 1; // sectors per cluster
  view.setUint16(boot + 14, 1, true); // reserved
  disk[boot + 16] = 2; // tables
  view.setUint16(boot + 17, ROOT_ENTRIES, true);
  view.setUint16(boot + 19, SECTORS, true);
  disk[boot + 21] = 0xf8;
  view.setUint16(boot + 22, FAT_SECTORS, true);
  view.setUint32(boot + 28, PARTITION_START, true);
  disk[boot + 38] = 0x29;
  disk.set(ascii('NO NAME    FAT16   '), boot + 43);
  view.setUint16(boot + 510, 0xaa55, true);
  let cluster = 2;
  const setEntry = (index: number, value: number) => {
    for (const copy of [0, 1])
      view.setUint16(boot + (1 + copy * FAT_SECTORS) * SECTOR + index * 2, value, true);
  };
  setEntry(0, 0xfff8);
  setEntry(1, 0xffff);
  for (const [index, [name, text]] of Object.entries(files).entries()) {
    const [base = '', extension = ''] = name.toUpperCase().split('.');
    const entry = boot + ROOT * SECTOR + index * 32;
    disk.set(ascii(base.padEnd(8) + extension.padEnd(3)), entry);
    disk[entry + 11] = 0x20;
    disk[entry + 12] = 0x18; // both parts in lower case
    view.setUint16(entry + 24, 0x21, true);
    view.setUint16(entry + 26, cluster, true);
    view.setUint32(entry + 28, text.length, true);
    disk.set(ascii(text), boot + (DATA + cluster - 2) * SECTOR);
    for (const last = cluster + Math.ceil(text.length / SECTOR) - 1; cluster <= last; cluster++)
      setEntry(cluster, cluster === last ? 0xffff : cluster + 1);
  }
  return disk;
}

/** A file of the root directory by its name as the directory has it, for example `NOTE    TXT`; null when there is none. */
export function fatFile(disk: Uint8Array, packedName: string): Uint8Array | null {
  const view = new DataView(disk.buffer, disk.byteOffset, disk.byteLength);
  const boot = PARTITION_START * SECTOR;
  for (let entry = boot + ROOT * SECTOR; entry < boot + DATA * SECTOR; entry += 32) {
    if (new TextDecoder('latin1').decode(disk.subarray(entry, entry + 11)) !== packedName) continue;
    const bytes = new Uint8Array(view.getUint32(entry + 28, true));
    let cluster = view.getUint16(entry + 26, true);
    for (let at = 0; at < bytes.length; at += SECTOR) {
      const from = boot + (DATA + cluster - 2) * SECTOR;
      bytes.set(disk.subarray(from, from + Math.min(SECTOR, bytes.length - at)), at);
      cluster = view.getUint16(boot + SECTOR + cluster * 2, true);
    }
    return bytes;
  }
  return null;
}

/** The partition alone, for tools that check a file system. */
export function fatPartition(disk: Uint8Array): Uint8Array {
  return disk.subarray(PARTITION_START * SECTOR);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}
