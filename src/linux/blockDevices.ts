/** The host's disk as the kernel tells of it: Linux' Documentation/ABI/stable/sysfs-block, and /proc/partitions of proc(5). */
import { DISK, ROOT_PARTITION } from './cgroup/io.ts';
import { type ComputedNode, type DeviceNumber, directoryOf, type FileSystem } from './fs/index.ts';

/** In bytes; so long are the sectors that sysfs counts in, whatever the disk's are. */
const SECTOR = 512;
/** Where partitions begin and how much is left at the end, in sectors: a MiB, as partitioning programs do. */
const ALIGNMENT = 2048;

export interface BlockDevice {
  readonly name: string;
  readonly device: DeviceNumber;
  readonly sectors: number;
  /** Null for the whole disk. */
  readonly partition: { readonly number: number; readonly start: number } | null;
}

/** The disk, and the partition on it that `root` fills. */
export function disksOf(root: FileSystem): readonly [BlockDevice, BlockDevice] {
  const { blocks, blockSize } = root.statfs();
  const sectors = (blocks * blockSize) / SECTOR;
  return [
    { name: 'vda', device: DISK, sectors: sectors + 2 * ALIGNMENT, partition: null },
    { name: 'vda1', device: ROOT_PARTITION, sectors, partition: { number: 1, start: ALIGNMENT } },
  ];
}

const numberOf = ({ device: { major, minor } }: BlockDevice) => `${major}:${minor}`;

/** As Linux' block/genhd.c has it: blocks of 1 KiB. */
export function partitionsText(devices: readonly BlockDevice[]): string {
  const lines = devices.map(({ device: { major, minor }, sectors, name }) => {
    const blocks = (sectors * SECTOR) / 1024;
    return `${`${major}`.padStart(4)}  ${`${minor}`.padStart(7)} ${`${blocks}`.padStart(10)} ${name}\n`;
  });
  return `major minor  #blocks  name\n\n${lines.join('')}`;
}

const line = (value: string | number): ComputedNode => ({ kind: 'file', text: () => `${value}\n` });
const link = (target: string): ComputedNode => ({ kind: 'link', target: () => target });
const EMPTY = directoryOf({});

/** Below /sys/devices: a virtio disk in the first slot of the bus. */
const PLACE = ['pci0000:00', '0000:00:01.0', 'virtio0', 'block'] as const;

function partitionDirectory(part: BlockDevice): ComputedNode {
  const { number, start } = part.partition!;
  return directoryOf({
    dev: line(numberOf(part)),
    holders: EMPTY,
    partition: line(number),
    ro: line(0),
    size: line(part.sectors),
    start: line(start),
    subsystem: link('../../../../../../../class/block'),
    uevent: uevent(part, 'partition', [`PARTN=${number}`]),
  });
}

function uevent({ name, device }: BlockDevice, type: string, more: readonly string[] = []): ComputedNode {
  const lines = [`MAJOR=${device.major}`, `MINOR=${device.minor}`, `DEVNAME=${name}`, `DEVTYPE=${type}`];
  return line([...lines, ...more].join('\n'));
}

/** What /sys has of the disk, as directories to be joined with others. */
export function blockFiles([disk, part]: readonly [BlockDevice, BlockDevice]): Record<string, ComputedNode> {
  const directory = directoryOf({
    dev: line(numberOf(disk)),
    hidden: line(0),
    holders: EMPTY,
    queue: directoryOf({ logical_block_size: line(SECTOR), rotational: line(0) }),
    removable: line(0),
    ro: line(0),
    size: line(disk.sectors),
    slaves: EMPTY,
    subsystem: link('../../../../../../class/block'),
    uevent: uevent(disk, 'disk'),
    [part.name]: partitionDirectory(part),
  });
  const at = `devices/${PLACE.join('/')}/${disk.name}`;
  const both: readonly (readonly [BlockDevice, string])[] = [
    [disk, at],
    [part, `${at}/${part.name}`],
  ];
  return {
    block: directoryOf({ [disk.name]: link(`../${at}`) }),
    class: directoryOf({
      block: directoryOf(Object.fromEntries(both.map(([{ name }, place]) => [name, link(`../../${place}`)]))),
    }),
    dev: directoryOf({
      block: directoryOf(
        Object.fromEntries(both.map(([each, place]) => [numberOf(each), link(`../../${place}`)])),
      ),
    }),
    devices: PLACE.reduceRight(
      (below, name) => directoryOf({ [name]: below }),
      directoryOf({ [disk.name]: directory }),
    ),
  };
}
