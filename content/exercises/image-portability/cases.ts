/** Pairs of image and target: the worked examples, and those drawn by chance; each is a plain pair with changes to it. */
import type { Random } from '../../../src/exercise/index.ts';
import type { Image, Target } from './api.d.ts';
import { GIB } from './reference.ts';

export type Change =
  | { readonly on: 'image'; readonly set: Partial<Image> }
  | { readonly on: 'target'; readonly set: Partial<Target> };

export interface Pair {
  readonly image: Image;
  readonly target: Target;
}

/** Export, upload, import: nothing is in the way. */
const PLAIN: Pair = {
  image: {
    size: 2 * GIB,
    architecture: 'x86_64',
    bootMode: 'bios',
    exports: ['raw'],
    initramfs: ['nvme', 'virtio_net'],
    modules: ['nvme', 'virtio_scsi', 'virtio_net', 'ena', 'gve'],
    root: 'UUID',
    console: 'ttyS0',
    agents: ['cloud-init'],
    cloudLicences: [],
    encrypted: false,
    instanceStore: false,
  },
  target: {
    architectures: ['x86_64', 'arm64'],
    formats: ['raw'],
    packedAs: null,
    sizeMultipleGiB: 0,
    largestGiB: 2048,
    bootModes: ['bios', 'uefi'],
    convertsBootMode: false,
    diskDrivers: ['nvme', 'virtio_scsi'],
    networkDrivers: ['virtio_net', 'gve'],
    rootDevice: '/dev/sda1',
    console: 'ttyS0',
    agents: ['cloud-init'],
  },
};

export function pairOf(changes: readonly Change[]): Pair {
  let { image, target } = PLAIN;
  for (const change of changes) {
    if (change.on === 'image') image = { ...image, ...change.set };
    else target = { ...target, ...change.set };
  }
  // What is called disk.raw is a raw disk.
  if (target.packedAs !== null) target = { ...target, formats: ['raw'] };
  return { image, target };
}

const image = (set: Partial<Image>): Change => ({ on: 'image', set });
const target = (set: Partial<Target>): Change => ({ on: 'target', set });

/** As Amazon's guide says of VM Import: VMDK, VHD, VHDX, raw; EC2's disks are NVMe, its network is ENA. One change each, as everywhere. */
const amazon: readonly Change[] = [
  target({ formats: ['vmdk', 'vhd', 'vhdx', 'raw'] }),
  target({ diskDrivers: ['nvme'] }),
  target({ networkDrivers: ['ena'] }),
  target({ rootDevice: '/dev/nvme0n1p1' }),
  target({ agents: ['cloud-init-ec2'] }),
];

/** As Google's guide says of a manual import: disk.raw in a gzip-compressed tar archive of the old GNU format, whole GiB. */
const google: readonly Change[] = [
  target({ packedAs: 'disk.raw' }),
  target({ sizeMultipleGiB: 1 }),
  target({ diskDrivers: ['virtio_scsi', 'nvme'] }),
  target({ networkDrivers: ['virtio_net', 'gve'] }),
  target({ agents: ['google-guest-agent', 'cloud-init-gce'] }),
];

/** An image as EC2 gives it out. */
const fromAmazon: readonly Change[] = [
  image({ exports: ['vmdk', 'vhd', 'raw'] }),
  image({ initramfs: ['nvme', 'ena'] }),
  image({ root: '/dev/nvme0n1p1' }),
  image({ agents: ['cloud-init-ec2'] }),
];

/** The cases of question and answer. */
export const EXAMPLES: readonly (readonly Change[])[] = [
  [],
  [image({ exports: ['vmdk'] })],
  // Nothing has to be converted that the target takes.
  [image({ exports: ['vmdk'] }), target({ formats: ['raw', 'vmdk'] })],
  [target({ packedAs: 'disk.raw' })],
  // 8 GB are not 8 GiB: the disk has to grow to 8,589,934,592 bytes.
  [image({ size: 8_000_000_000 }), target({ sizeMultipleGiB: 1 })],
  // Of the formats that both have, only one can be resized.
  [
    image({ exports: ['vmdk', 'raw'], size: 8_000_000_000 }),
    target({ formats: ['vmdk', 'raw'], sizeMultipleGiB: 1 }),
  ],
  [
    image({ exports: ['vmdk'], size: 8_000_000_000 }),
    target({ formats: ['vmdk', 'qcow2'], sizeMultipleGiB: 1 }),
  ],
  // 8 GiB are 8,589,934,592 bytes already.
  [image({ size: 8 * GIB }), target({ sizeMultipleGiB: 1 })],
  [image({ initramfs: ['nvme'] })],
  [image({ initramfs: ['xen_blkfront', 'xen_netfront'] })],
  // The target's first choice is no module of this kernel.
  [
    image({ initramfs: ['xen_blkfront', 'virtio_net'] }),
    image({ modules: ['xen_blkfront', 'virtio_scsi', 'virtio_net'] }),
  ],
  [image({ initramfs: ['nvme', 'xen_netfront'] }), image({ modules: ['nvme', 'gve', 'xen_netfront'] })],
  [image({ root: '/dev/xvda1' })],
  [image({ root: '/dev/sda1' })],
  [image({ console: 'tty0' })],
  [image({ bootMode: 'bios' }), target({ bootModes: ['uefi'], convertsBootMode: true })],
  [image({ agents: ['cloud-init-ec2'] })],
  [...fromAmazon, ...google, image({ size: 8_000_000_000 })],
  [...fromAmazon, ...google, image({ exports: ['vmdk', 'vhd'] }), image({ size: 8_000_000_000 })],
  [
    ...amazon,
    image({ exports: ['qcow2'] }),
    image({ initramfs: ['virtio_scsi', 'virtio_net'] }),
    image({ agents: ['google-guest-agent'] }),
  ],
];

/** Pairs of which some cannot be done. */
export const REFUSED: readonly (readonly Change[])[] = [
  [],
  [image({ cloudLicences: ['windows-server'] })],
  [image({ encrypted: true })],
  [image({ instanceStore: true })],
  [image({ architecture: 'arm64' }), target({ architectures: ['x86_64'] })],
  [target({ bootModes: ['uefi'] })],
  [target({ bootModes: ['uefi'], convertsBootMode: true })],
  // 8 GB fit into 8 GiB, and 2048 GiB into 2048 GiB.
  [image({ size: 8_000_000_000 }), target({ sizeMultipleGiB: 1, largestGiB: 8 })],
  [image({ size: 2048 * GIB })],
  // Grown to whole GiB it is too large, though it was not before.
  [image({ size: 8 * GIB - 512 }), target({ sizeMultipleGiB: 5, largestGiB: 8 })],
  [image({ initramfs: ['xen_blkfront'], modules: ['xen_blkfront', 'virtio_net'] })],
  [image({ initramfs: ['nvme'], modules: ['nvme'] })],
  [image({ encrypted: true, cloudLicences: ['marketplace: acme-db'] }), target({ bootModes: ['uefi'] })],
];

const DISKS = ['nvme', 'virtio_scsi', 'virtio_blk', 'xen_blkfront'];
const NETWORKS = ['ena', 'gve', 'virtio_net', 'xen_netfront'];
const AGENTS = ['cloud-init', 'cloud-init-ec2', 'cloud-init-gce', 'google-guest-agent'];

/** Some of `list`, in its order or turned round, at least one. */
function some<T>(random: Random, list: readonly T[]): T[] {
  const chosen = list.filter(() => random.chance(1, 2));
  const filled = chosen.length > 0 ? chosen : [random.pick(list)];
  return random.chance(1, 2) ? filled : filled.reverse();
}

const randomSize = (random: Random) =>
  random.pick([
    random.between(1, 40) * GIB,
    random.between(1, 40) * 1_000_000_000,
    random.between(1, 40) * GIB - 512,
    random.between(1, 40) * GIB + 512,
    random.between(2_000_000, 80_000_000) * 512,
  ]);

/** One change each of what a pair can differ in, so that every single one can be left out of a counterexample. */
function anyChange(random: Random): Change {
  const makers: readonly (() => Change)[] = [
    () => image({ size: randomSize(random) }),
    () => image({ bootMode: random.pick(['bios', 'uefi'] as const) }),
    () => image({ exports: some(random, ['raw', 'qcow2', 'vmdk', 'vhd', 'vhdx'] as const) }),
    () => image({ initramfs: [random.pick(DISKS), random.pick(NETWORKS)] }),
    () => image({ root: random.pick(['UUID', '/dev/sda1', '/dev/xvda1', '/dev/nvme0n1p1']) }),
    () => image({ console: random.pick(['ttyS0', 'tty0', 'hvc0']) }),
    () => image({ agents: random.chance(1, 4) ? [] : some(random, AGENTS) }),
    () => target({ formats: ['raw', ...some(random, ['vmdk', 'vhd', 'vhdx'] as const)] }),
    () => target({ packedAs: random.pick(['disk.raw', null]) }),
    () => target({ sizeMultipleGiB: random.pick([1, 1, 2, 4]) }),
    () =>
      target({
        bootModes: random.pick([['bios'], ['uefi'], ['bios', 'uefi']] as const),
        convertsBootMode: true,
      }),
    () => target({ diskDrivers: some(random, DISKS.slice(0, 2)) }),
    () => target({ networkDrivers: some(random, NETWORKS.slice(0, 3)) }),
    () => target({ rootDevice: random.pick(['/dev/sda1', '/dev/xvda1', '/dev/nvme0n1p1']) }),
    () => target({ console: random.pick(['ttyS0', 'hvc0']) }),
    () => target({ agents: some(random, AGENTS) }),
  ];
  return random.pick(makers)();
}

/** What may stand in the way. */
function anyObstacle(random: Random): Change {
  const makers: readonly (() => Change)[] = [
    () => image({ cloudLicences: [random.pick(['windows-server', 'sql-server', 'marketplace: acme-db'])] }),
    () => image({ encrypted: true }),
    () => image({ instanceStore: true }),
    () => image({ architecture: 'arm64' }),
    () => target({ architectures: random.pick([['x86_64'], ['arm64'], ['x86_64', 'arm64']] as const) }),
    () =>
      target({
        bootModes: random.pick([['bios'], ['uefi']] as const),
        convertsBootMode: random.chance(1, 3),
      }),
    () => target({ largestGiB: random.between(1, 40) }),
    () => image({ modules: [random.pick(DISKS), random.pick(NETWORKS)] }),
  ];
  return random.pick(makers)();
}

/** A pair that can be done. */
export function randomPair(random: Random): readonly Change[] {
  return Array.from({ length: random.between(2, 9) }, () => anyChange(random));
}

/** A pair with up to three obstacles, which may be none for it. */
export function randomDoubtfulPair(random: Random): readonly Change[] {
  const obstacles = Array.from({ length: random.between(1, 3) }, () => anyObstacle(random));
  return [...obstacles, ...Array.from({ length: random.between(0, 4) }, () => anyChange(random))];
}
