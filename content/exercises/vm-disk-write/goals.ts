/** The terminal goals: looked at in the images on the host, whatever route led there. */
import { decodeUtf8, type Goal, type World } from '../../../src/exercise/index.ts';
import {
  FatFs,
  isDiskError,
  MemoryStore,
  openImage,
  readMbr,
  SECTOR,
  sliceOf,
} from '../../../src/exercise/virtualization.ts';
import { BOOT_COPY, GUEST_FILE, IMAGES } from './world.ts';

interface FoundFile {
  readonly text: string;
  /** Of its first byte in the image; null where the image has no byte of its own for it. */
  readonly offset: number | null;
}

/** The guest's file in an image of the host; null when it is not there, or nothing that could be read. */
function guestFile(world: World, path: string): FoundFile | null {
  const bytes = world.host('bluebox').view.readFile(path);
  if (bytes === null) return null;
  try {
    const image = openImage(MemoryStore.of(bytes), 'qcow2', { backing: null, writable: false });
    const partition = readMbr(image)?.partitions[0];
    if (partition === undefined) return null;
    const files = FatFs.open(sliceOf(image, partition.start, partition.sectors));
    const entry = files.find(GUEST_FILE);
    if (entry === null || entry.directory || entry.size === 0) return null;
    const { reserved, fats, fatSectors, rootEntries, sectorsPerCluster } = files.layout;
    const data = partition.start + reserved + fats * fatSectors + (rootEntries * 32) / SECTOR;
    const place = (data + (entry.cluster - 2) * sectorsPerCluster) * SECTOR;
    const status = image.status(place, entry.size);
    return { text: decodeUtf8(files.readFile(GUEST_FILE)), offset: status.offset };
  } catch (error) {
    if (isDiskError(error)) return null;
    throw error;
  }
}

const survives: Goal = {
  id: 'survives',
  title: `/${GUEST_FILE} of the VM has survived a power cut of the host`,
  points: 10,
  feedback: `At the host's last boot the file system in db.qcow2 had no /${GUEST_FILE} with anything in it. Write the file in the VM, make the guest bring it to its disk, and only then cut the power (host power-cycle).`,
  holds(world) {
    const text = guestFile(world, BOOT_COPY)?.text;
    return text !== undefined && /\S/.test(text);
  },
};

/** A number as people write it for a place in a file: 458752 or 0x70000. */
function placeIn(text: string): number | null {
  const word = text.trim();
  return /^(\d+|0x[0-9a-f]+)$/i.test(word) ? Number(word) : null;
}

const located: Goal = {
  id: 'located',
  title: `~/where.txt tells where in db.qcow2 the bytes of /${GUEST_FILE} begin`,
  points: 10,
  feedback: `where.txt in your home directory holds one number: the place, in bytes from the beginning of db.qcow2, of the first byte of /${GUEST_FILE}. Which sector of its disk did the guest write, and where does qemu-img map say that this part of the disk lies?`,
  holds(world) {
    const found = guestFile(world, `${IMAGES}/db.qcow2`);
    const given = world.host('bluebox').view.readFile('/home/student/where.txt');
    if (found === null || found.offset === null || given === null) return false;
    return placeIn(decodeUtf8(given)) === found.offset;
  },
};

export const goals: readonly Goal[] = [survives, located];
