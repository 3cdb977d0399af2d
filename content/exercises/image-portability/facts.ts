/** What there is to plan with on the host of the exercise: the first cloud's images, from its books and disks, and the second's rules. */
import { decodeUtf8, type Inode } from '../../../src/exercise/index.ts';
import { FatFs, isDiskError, readMbr, sliceOf } from '../../../src/exercise/virtualization.ts';
import type { Image, Target } from './api.d.ts';

export const AMAZON = '/var/lib/aws-sim';
export const GOOGLE = '/var/lib/gcloud-sim';

/** A host's files, as far as they are looked at here. */
export interface Files {
  readFile(path: string): Uint8Array | null;
  locate(path: string): { readonly dentry: { readonly inode: Inode } } | null;
}

/** The rules of gcloud-sim. */
export const GOOGLE_TARGET: Target = {
  architectures: ['riscv32'],
  formats: ['raw'],
  packedAs: 'disk.raw',
  sizeMultipleGiB: 1,
  largestGiB: 2048,
  bootModes: ['bios'],
  convertsBootMode: false,
  diskDrivers: ['virtio_blk'],
  networkDrivers: ['virtio_net'],
  rootDevice: '/dev/vda1',
  console: 'ttyS0',
  agents: ['gce'],
};

/** Drivers that the guest kernel comes with. */
const MODULES = ['virtio_blk', 'virtio_net'];

/** The file system on the only partition of a raw disk; only what is looked at is read. Null when there is none. */
export function diskFiles(files: Files, disk: string): ((path: string) => Uint8Array | null) | null {
  const inode = files.locate(disk)?.dentry.inode;
  if (inode === undefined) return null;
  const refused = () => {
    throw new Error('looking at a disk does not write to it');
  };
  const device = {
    size: inode.stat().size,
    read: (offset: number, length: number) => inode.read(offset, length),
    write: refused,
    flush: refused,
  };
  const guarded = <T>(look: () => T): T | null => {
    try {
      return look();
    } catch (error) {
      if (isDiskError(error)) return null;
      throw error;
    }
  };
  const fs = guarded(() => {
    const partition = readMbr(device)?.partitions[0];
    return partition === undefined ? null : FatFs.open(sliceOf(device, partition.start, partition.sectors));
  });
  if (fs === null) return null;
  return (path) => guarded(() => (fs.find(path) === null ? null : fs.readFile(path)));
}

/** A file of a cpio archive of the newc format, as text; '' when there is none. */
function cpioText(archive: Uint8Array, name: string): string {
  const filled = (size: number) => Math.ceil(size / 4) * 4;
  for (let at = 0; at + 110 <= archive.length; ) {
    const header = decodeUtf8(archive.subarray(at, at + 110));
    const field = (index: number) => Number.parseInt(header.slice(6 + index * 8, 14 + index * 8), 16);
    const start = at + filled(110 + field(11));
    const entry = decodeUtf8(archive.subarray(at + 110, at + 109 + field(11)));
    if (entry === name) return decodeUtf8(archive.subarray(start, start + field(6)));
    if (!header.startsWith('07070') || entry === 'TRAILER!!!') return '';
    at = start + filled(field(6));
  }
  return '';
}

interface AmazonImage {
  readonly ImageId: string;
  readonly Name: string;
  readonly VolumeSizeGiB: number;
  readonly Encrypted: boolean;
  readonly ProductCodes: readonly string[];
}

/** The first cloud's images by their names, as a planner is told of them. */
export function amazonImages(files: Files): ReadonlyMap<string, Image> {
  const state = files.readFile(`${AMAZON}/state.json`);
  const images = state === null ? [] : (JSON.parse(decodeUtf8(state)).images as AmazonImage[]);
  return new Map(
    images.map(({ ImageId, Name, VolumeSizeGiB, Encrypted, ProductCodes }) => {
      const file = diskFiles(files, `${AMAZON}/images/${ImageId}.raw`);
      const text = (path: string) => decodeUtf8(file?.(path) ?? new Uint8Array(0));
      const image: Image = {
        size: VolumeSizeGiB * 2 ** 30,
        architecture: 'riscv32',
        bootMode: 'bios',
        exports: ['vmdk', 'raw'],
        initramfs: cpioText(file?.('/initrd.img') ?? new Uint8Array(0), 'etc/modules')
          .split('\n')
          .filter((line) => line !== ''),
        modules: MODULES,
        root: /root=(\S+)/.exec(text('/syslinux.cfg'))?.[1] ?? '',
        console: 'ttyS0',
        agents: [...text('/etc/agent.cfg').matchAll(/^datasource=(.+)$/gm)].map((match) => match[1]!),
        cloudLicences: ProductCodes,
        encrypted: Encrypted,
        instanceStore: false,
      };
      return [Name, image];
    }),
  );
}
