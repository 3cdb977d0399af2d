/** Looks into a disk as an import does: what boots it, with which drivers and agent, from the bytes alone. */
import { decodeUtf8 } from '../../../base/index.ts';
import {
  type BlockDevice,
  FatFs,
  isDiskError,
  type MbrPartition,
  readGpt,
  readMbr,
  sliceOf,
} from '../../../disk/index.ts';
import { readCpio } from '../archives/cpioFormat.ts';

/** What a cloud's VMs need of an image. */
export interface Requirements {
  /** Drivers that the initramfs must have: every VM has these devices. */
  readonly drivers: readonly { readonly name: string; readonly device: string }[];
  /** What the first-boot agent must be set to. */
  readonly datasource: string;
}

const CONFIG = '/syslinux.cfg';
const AGENT = '/etc/agent.cfg';

/** Bytes of the first sector before the partition table. */
const BOOT_CODE = 440;

/** Formats that are no raw disk, by what they begin with. */
const MAGIC: readonly (readonly [string, string])[] = [
  ['QFI\u00fb', 'qcow2'],
  ['KDMV', 'VMDK'],
  ['# Disk DescriptorFile', 'VMDK'],
  ['vhdxfile', 'VHDX'],
  ['conectix', 'VHD'],
];

/** The format that a raw disk is not, as its first bytes say; null when they say nothing. */
function otherFormat(disk: BlockDevice): string | null {
  const start = disk.read(0, Math.min(64, disk.size));
  const text = String.fromCharCode(...start);
  return MAGIC.find(([magic]) => text.startsWith(magic))?.[1] ?? null;
}

class Obstacle extends Error {}

function partitionOf(disk: BlockDevice): MbrPartition {
  let table: ReturnType<typeof readMbr>;
  try {
    table = readMbr(disk);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    throw new Obstacle(`the partition table is damaged: ${error.message}`);
  }
  if (table === null)
    throw new Obstacle('there is no boot signature (0x55 0xaa) at the end of the first sector');
  if (disk.read(0, BOOT_CODE).every((byte) => byte === 0))
    throw new Obstacle('the first sector has no boot code');
  if (table.partitions.some(({ type }) => type === 0xee))
    throw new Obstacle(
      `the disk has a GUID partition table${readGpt(disk) === null ? ', which is damaged' : ''}: boot by UEFI is not simulated`,
    );
  const bootable = table.partitions.find((partition) => partition.bootable);
  if (bootable === undefined) throw new Obstacle('no partition is marked as bootable');
  return bootable;
}

function fileSystemOf(disk: BlockDevice, { number, start, sectors }: MbrPartition): FatFs {
  try {
    return FatFs.open(sliceOf(disk, start, sectors));
  } catch (error) {
    if (!isDiskError(error)) throw error;
    throw new Obstacle(`partition ${number} has no FAT file system: ${error.message}`);
  }
}

/** A file's bytes; null when there is none. */
function fileOf(fs: FatFs, path: string): Uint8Array | null {
  try {
    const entry = fs.find(path);
    return entry === null || entry.directory ? null : fs.readFile(path);
  } catch (error) {
    if (isDiskError(error)) return null;
    throw error;
  }
}

/** The words that syslinux(1) knows by their first, as the first label has them. */
function configOf(text: string): Map<string, string> {
  const words = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Za-z]+)\s+(.*?)\s*$/.exec(line);
    if (match !== null && !words.has(match[1]!.toLowerCase())) words.set(match[1]!.toLowerCase(), match[2]!);
  }
  return words;
}

/** The initramfs that the loader brings; everything else that it needs is there. */
function initramfsOf(partition: MbrPartition, fs: FatFs): Uint8Array {
  const config = fileOf(fs, CONFIG);
  if (config === null) throw new Obstacle(`the boot loader has no ${CONFIG}`);
  const words = configOf(decodeUtf8(config));
  const named = (...names: string[]) => {
    const found = names.map((name) => words.get(name)).find((value) => value !== undefined);
    if (found === undefined) throw new Obstacle(`${CONFIG} has no line ${names[0]!.toUpperCase()}`);
    const bytes = fileOf(fs, found);
    if (bytes === null) throw new Obstacle(`${CONFIG} names ${found}, which is not there`);
    return bytes;
  };
  const kernel = named('kernel', 'linux');
  // ELF, 32 bits, little-endian; machine 243 is RISC-V.
  if (decodeUtf8(kernel.subarray(1, 4)) !== 'ELF' || kernel[4] !== 1 || kernel[18] !== 243)
    throw new Obstacle('the kernel is no program for the processors here (RISC-V, 32 bits)');
  const initramfs = named('initrd');
  const commandLine = words.get('append') ?? '';
  const root = /(?:^|\s)root=(\S+)/.exec(commandLine)?.[1];
  const device = `/dev/vda${partition.number}`;
  if (root !== device)
    throw new Obstacle(`the kernel command line has root=${root ?? ''}, and the root is ${device} here`);
  return initramfs;
}

function driverReasons(initramfs: Uint8Array, { drivers }: Requirements): string[] {
  const { entries, fault } = readCpio(initramfs);
  if (fault !== null) return [`the initramfs is no cpio archive of the newc format: ${fault}`];
  const has = (path: string) => entries.find(({ name }) => name.replace(/^(\.?\/)+/, '') === path);
  const modules = has('etc/modules');
  if (modules === undefined) return ['the initramfs has no etc/modules, and so no driver'];
  const listed = decodeUtf8(modules.content).split('\n');
  const missing = drivers
    .filter(({ name }) => !listed.includes(name))
    .map(
      ({ name, device }) =>
        `the initramfs has no driver for the ${device}: ${name} is not in its etc/modules`,
    );
  return [...missing, ...(has('bin/init') === undefined ? ['the initramfs has no bin/init'] : [])];
}

function agentReasons(fs: FatFs, { datasource }: Requirements): string[] {
  const config = fileOf(fs, AGENT);
  if (config === null) return [`there is no first-boot agent: ${AGENT} is missing`];
  const line = decodeUtf8(config)
    .split('\n')
    .find((each) => each.startsWith('datasource='));
  if (line === `datasource=${datasource}`) return [];
  return [
    `the first-boot agent asks another cloud: ${AGENT} has ${line ?? 'no datasource='}, not datasource=${datasource}`,
  ];
}

/** Reasons against a disk, in the order of a boot; none: it can be an image. */
export function reasonsAgainst(disk: BlockDevice, requirements: Requirements): readonly string[] {
  const other = otherFormat(disk);
  if (other !== null) return [`it is no raw disk: its first bytes are those of the format ${other}`];
  try {
    const partition = partitionOf(disk);
    const fs = fileSystemOf(disk, partition);
    const initramfs = initramfsOf(partition, fs);
    return [...driverReasons(initramfs, requirements), ...agentReasons(fs, requirements)];
  } catch (error) {
    if (!(error instanceof Obstacle)) throw error;
    return [error.message];
  }
}
