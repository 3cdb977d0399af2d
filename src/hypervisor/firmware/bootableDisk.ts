/**
 * Makes a disk that boots: sector 0 with boot code, partition table and signature; the loader in the sectors before the first
 * partition; a FAT file system with kernel, initial file system and the loader's configuration. The same options give the same bytes.
 */
import { encodeUtf8 } from '../../base/index.ts';
import {
  type BlockDevice,
  DiskError,
  FatFs,
  formatFat,
  MBR_TYPES,
  MemoryStore,
  RawImage,
  readMbr,
  SECTOR,
  sliceOf,
  writeMbr,
} from '../../disk/index.ts';
import { guestKernel } from '../guests/images.ts';
import { guestInitramfs } from '../guests/initramfs.ts';
import { bootSectorCode, loaderImage } from './bootCode.ts';

export interface BootableDiskOptions {
  /** The kernel's command line. Without `root=` the initial file system is the root. */
  readonly commandLine?: string;
  /** An ELF file; the guest kernel when left out. */
  readonly kernel?: Uint8Array;
  /** A cpio archive; that of {@link guestInitramfs} when left out. */
  readonly initramfs?: Uint8Array;
  /** The loader's configuration as a whole, in place of one with `commandLine`. */
  readonly configuration?: string;
  /** More files of the partition, by their paths; folders are made. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  readonly fat?: 16 | 32;
  /** At most 11 characters. */
  readonly label?: string;
  /** 32 bits that tell disks and volumes apart. */
  readonly diskId?: number;
  /** Seconds since 1970: the time of all files. */
  readonly time?: number;
}

/** The first partition begins at 1 MiB, as partitioning tools have it. */
const FIRST_PARTITION = 2048;
/** As many sectors as {@link bootableDisk} has when its size is left out. */
const DEFAULT_SIZE = { 16: 8 * 2 ** 20, 32: 40 * 2 ** 20 };

/** Paths on the partition that the configuration names. */
const KERNEL_PATH = '/vmlinux';
const INITRAMFS_PATH = '/initrd.img';
const CONFIGURATION_PATH = '/syslinux.cfg';

/** A new raw disk of `size` bytes in memory. Throws DiskError `full` or `invalid` when it is too small. */
export function bootableDisk(options: BootableDiskOptions & { readonly size?: number } = {}): MemoryStore {
  const store = new MemoryStore();
  store.truncate(options.size ?? DEFAULT_SIZE[options.fat ?? 16]);
  makeBootable(new RawImage(store), options);
  return store;
}

/** Makes `disk` bootable, with one partition over all of it; what was on it is lost. Throws DiskError. */
export function makeBootable(disk: BlockDevice, options: BootableDiskOptions = {}): void {
  const { fat = 16, label, diskId = 0x5642_0001, time = 0, files = {} } = options;
  const sectors = Math.floor(disk.size / SECTOR) - FIRST_PARTITION;
  if (sectors < 1) throw new DiskError('invalid', `a disk of ${disk.size} bytes has no room for a partition`);
  const type = fat === 16 ? MBR_TYPES.fat16 : MBR_TYPES.fat32;
  const partition = { number: 1, bootable: true, type, start: FIRST_PARTITION, sectors };
  disk.write(0, new Uint8Array(SECTOR));
  writeMbr(disk, { diskId, partitions: [partition] });
  installLoader(disk);
  const volume = sliceOf(disk, FIRST_PARTITION, sectors);
  formatFat(volume, {
    bits: fat,
    volumeId: diskId,
    hidden: FIRST_PARTITION,
    ...(label !== undefined && { label }),
  });
  const system = FatFs.open(volume);
  const all: Record<string, Uint8Array> = {
    [KERNEL_PATH]: options.kernel ?? guestKernel(),
    [INITRAMFS_PATH]: options.initramfs ?? guestInitramfs(),
    [CONFIGURATION_PATH]: encodeUtf8(options.configuration ?? loaderConfiguration(options.commandLine ?? '')),
    ...files,
  };
  for (const [path, bytes] of Object.entries(all)) {
    makeFolders(system, path, time);
    system.writeFile(path, bytes, time);
  }
}

/**
 * Boot code into sector 0 and the loader behind it; partitions and their contents stay as they are. Throws DiskError `unsupported` for
 * a disk with a GPT, which lies where the loader would, and `invalid` when a partition begins too early.
 */
export function installLoader(disk: BlockDevice): void {
  const loader = loaderImage();
  const free = 1 + loader.length / SECTOR;
  for (const { number, type, start } of readMbr(disk)?.partitions ?? []) {
    if (type === MBR_TYPES.gpt)
      throw new DiskError('unsupported', 'the disk has a GUID partition table where the loader would go');
    if (start < free)
      throw new DiskError(
        'invalid',
        `partition ${number} begins in sector ${start}; the loader needs ${free}`,
      );
  }
  const sector = disk.read(0, SECTOR).slice();
  sector.set(bootSectorCode());
  disk.write(SECTOR, loader);
  disk.flush();
  disk.write(0, sector);
  disk.flush();
}

/** A configuration with one entry, in SYSLINUX's syntax. For a network's boot server the paths are relative to the boot file. */
export function loaderConfiguration(
  commandLine: string,
  { kernel = KERNEL_PATH, initramfs = INITRAMFS_PATH }: { kernel?: string; initramfs?: string } = {},
): string {
  const lines = [
    'DEFAULT linux',
    'LABEL linux',
    `  KERNEL ${kernel}`,
    `  INITRD ${initramfs}`,
    `  APPEND ${commandLine}`,
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function makeFolders(system: FatFs, path: string, time: number): void {
  const names = path.split('/').filter((name) => name !== '');
  for (let depth = 1; depth < names.length; depth++) {
    const folder = names.slice(0, depth).join('/');
    if (system.find(folder) === null) system.makeDirectory(folder, time);
  }
}
