/** Block devices as /sys and the table of mounts tell of them, which is where lsblk(8) looks. */
import { decodeUtf8 } from '../../../base/index.ts';
import { O_RDONLY, R_OK, readFile, type Stat, type Sys, sys } from '../../../linux/index.ts';
import { linesOf, namesIn, orNull } from '../support.ts';
import { type MountInfo, mountInfoOf } from './mountLines.ts';

/** What is on a device, as its superblock says. */
interface Content {
  readonly type: string;
  readonly version: string | null;
  readonly uuid: string | null;
}

export interface BlockDeviceInfo {
  readonly name: string;
  /** Of the disk that a partition is on. */
  readonly parent: string | null;
  /** `254:0` */
  readonly number: string;
  /** In bytes. */
  readonly size: number;
  readonly removable: boolean;
  readonly readOnly: boolean;
  /** Null where /sys does not tell. */
  readonly rotational: boolean | null;
  readonly logicalSector: number | null;
  /** The sector that it begins at; null for a whole disk. */
  readonly start: number | null;
  /** The last mount first. */
  readonly mounts: readonly MountInfo[];
  /** Of the file system, where it is mounted. */
  readonly space: { readonly total: number; readonly free: number } | null;
  readonly content: Content | null;
  /** Of the node in /dev; null without one. */
  readonly node: Stat | null;
  readonly children: readonly BlockDeviceInfo[];
}

/** sysfs counts in such sectors, in bytes. */
const SECTOR = 512;
/** The revision that ext4's superblock has, as libblkid writes it. */
const VERSIONS: Readonly<Record<string, string>> = { ext4: '1.0' };

function* text(path: string): Sys<string> {
  return decodeUtf8(yield* readFile(path)).trim();
}

/** What a file of /sys has; null without it. */
const attribute = (path: string): Sys<string | null> =>
  orNull(() => text(path), 'ENOENT', 'ENOTDIR', 'EACCES');

/** Null without the file, and where it has none. */
function* numberIn(path: string): Sys<number | null> {
  const found = yield* attribute(path);
  return found !== null && /^\d+$/.test(found) ? Number(found) : null;
}

function* flagIn(path: string): Sys<boolean | null> {
  const number = yield* numberIn(path);
  return number === null ? null : number !== 0;
}

/** Where its own root is seen, before where a part of it is (lsblk_device_get_mountpoint). */
export const mountPointOf = ({ mounts }: Pick<BlockDeviceInfo, 'mounts'>): string | null =>
  (mounts.find(({ root }) => root === '/') ?? mounts[0])?.target ?? null;

/** Only who may read the device: libblkid looks for a superblock on it. */
function* contentOf(node: string, mounts: readonly MountInfo[]): Sys<Content | null> {
  const [mount] = mounts;
  const readable = yield* orNull(() => sys.access(node, R_OK), 'ENOENT', 'EACCES');
  if (mount === undefined || readable === null) return null;
  const uuid = yield* orNull(() => uuidOf(mount.target), 'ENOTTY', 'ENOENT', 'EACCES');
  return { type: mount.type, version: VERSIONS[mount.type] ?? null, uuid };
}

/** Throws ENOTTY where there is none. */
function* uuidOf(path: string): Sys<string> {
  const fd = yield* sys.open(path, O_RDONLY);
  try {
    return (yield* sys.ioctl(fd, 'FS_IOC_GETFSUUID', null)) as string;
  } finally {
    yield* sys.close(fd);
  }
}

function* spaceOf(path: string | null): Sys<BlockDeviceInfo['space']> {
  if (path === null) return null;
  const found = yield* orNull(() => sys.statfs(path), 'ENOENT', 'EACCES');
  return found === null
    ? null
    : { total: found.blocks * found.blockSize, free: found.blocksFree * found.blockSize };
}

/** Where to look. */
interface Place {
  /** Before /sys and /proc; superblocks are looked for where it is empty. */
  readonly root: string;
  readonly table: readonly MountInfo[];
}

/** `folder` is its directory in /sys, `parent` the disk of a partition. Null without a number: the real one knows none such. */
function* deviceOf(
  folder: string,
  name: string,
  parent: BlockDeviceInfo | null,
  { root, table }: Place,
): Sys<BlockDeviceInfo | null> {
  const number = yield* attribute(`${folder}/dev`);
  if (number === null) return null;
  const mounts = table.filter(({ device }) => device === number).reverse();
  const node = `/dev/${name}`;
  const whole = parent === null;
  const device = {
    ...{ name, parent: parent?.name ?? null, number, mounts },
    size: ((yield* numberIn(`${folder}/size`)) ?? 0) * SECTOR,
    removable: parent?.removable ?? (yield* flagIn(`${folder}/removable`)) ?? false,
    readOnly: (yield* flagIn(`${folder}/ro`)) ?? false,
    rotational: parent === null ? yield* flagIn(`${folder}/queue/rotational`) : parent.rotational,
    logicalSector:
      parent === null ? yield* numberIn(`${folder}/queue/logical_block_size`) : parent.logicalSector,
    start: whole ? null : yield* numberIn(`${folder}/start`),
    space: yield* spaceOf(mountPointOf({ mounts })),
    content: root === '' ? yield* contentOf(node, mounts) : null,
    node: yield* orNull(() => sys.stat(node), 'ENOENT', 'EACCES'),
    children: [],
  };
  if (!whole) return device;
  const children: BlockDeviceInfo[] = [];
  for (const part of (yield* namesIn(folder)).sort())
    if ((yield* orNull(() => sys.stat(`${folder}/${part}/partition`), 'ENOENT', 'ENOTDIR')) !== null) {
      const child = yield* deviceOf(`${folder}/${part}`, part, device, { root, table });
      if (child !== null) children.push(child);
    }
  return { ...device, children };
}

/** All disks with their partitions; null where /sys tells of none. `root` stands before /sys and /proc. */
export function* blockDevices(root: string): Sys<readonly BlockDeviceInfo[] | null> {
  const names = yield* orNull(() => namesIn(`${root}/sys/block`), 'ENOENT');
  if (names === null) return null;
  const lines = yield* orNull(() => text(`${root}/proc/self/mountinfo`), 'ENOENT');
  const table = linesOf(lines ?? '').map(mountInfoOf);
  const disks: BlockDeviceInfo[] = [];
  for (const name of [...names].sort()) {
    const disk = yield* deviceOf(`${root}/sys/block/${name}`, name, null, { root, table });
    if (disk !== null) disks.push(disk);
  }
  return disks;
}
