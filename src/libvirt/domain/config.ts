/** A domain's configuration: what of libvirt's domain XML is simulated, decoded. */

/** In bytes, both multiples of 512. */
export interface DiskSlice {
  readonly offset: number;
  readonly size: number;
}

export interface DiskConfig {
  /** The host's path of the image. */
  readonly source: string;
  readonly format: 'raw' | 'qcow2';
  /** What the guest's driver is asked to call it: vda, vdb … */
  readonly target: string;
  readonly readOnly: boolean;
  /** Other domains may write to the same file at the same time. */
  readonly shareable: boolean;
  /** The part of a raw image that is the disk; null: all of it. */
  readonly slice: DiskSlice | null;
  readonly serial: string | null;
  /** Its place in the boot order, from 1 on. */
  readonly bootOrder: number | null;
}

export interface InterfaceConfig {
  /** Plugged into a network of libvirt's, or into a bridge of the host's. */
  readonly type: 'network' | 'bridge';
  readonly source: string;
  /** Null in a definition without one: it is given one. */
  readonly mac: string | null;
  /** The VLAN that its port belongs to; null: that of new ports. */
  readonly vlan: number | null;
  /** The tap's name, if it is to have a certain one. */
  readonly target: string | null;
  readonly bootOrder: number | null;
}

/** Of `<boot dev='…'/>`: the first disk, the first network card. */
export type BootSource = 'hd' | 'network';

export interface DomainConfig {
  readonly name: string;
  /** Null in a definition without one: it is given one. */
  readonly uuid: string | null;
  readonly title: string | null;
  readonly description: string | null;
  /** KiB. */
  readonly memory: number;
  /** KiB that the guest is to do with; less than `memory` needs a balloon. */
  readonly currentMemory: number;
  /** Whether it has a memory balloon, in the slot after all others. */
  readonly balloon: boolean;
  readonly vcpus: number;
  /** cpu shares against other domains; null is the default, 1024. */
  readonly shares: number | null;
  /** Host paths: direct kernel boot. Null: the boot ROM looks on the devices. */
  readonly kernel: string | null;
  readonly initrd: string | null;
  readonly cmdline: string | null;
  /** In order; empty where the devices say it, or a kernel is given. */
  readonly boot: readonly BootSource[];
  readonly onCrash: 'destroy' | 'preserve';
  readonly disks: readonly DiskConfig[];
  readonly interfaces: readonly InterfaceConfig[];
}

export const DEFAULT_SHARES = 1024;

/** The machine's virtio slots: in the order of the domain's disks, then of its interfaces. */
export const SLOTS_MAX = 8;
export const VCPUS_MAX = 8;

/** At most 20 bytes reach the guest. */
export const serialOf = (disk: DiskConfig): string => disk.serial ?? disk.target;

/** Slots in the order in which the boot ROM is to try them. */
export function bootSlots({ boot, disks, interfaces }: DomainConfig): number[] {
  const devices = [...disks, ...interfaces].map(({ bootOrder }, slot) => ({ bootOrder, slot }));
  const ordered = devices.filter(({ bootOrder }) => bootOrder !== null);
  if (ordered.length > 0) return ordered.sort((a, b) => a.bootOrder! - b.bootOrder!).map(({ slot }) => slot);
  const first = { hd: disks.length > 0 ? [0] : [], network: interfaces.length > 0 ? [disks.length] : [] };
  return boot.flatMap((source) => first[source]);
}
