/** A domain's configuration: what of libvirt's domain XML is simulated, decoded. */

export interface DiskConfig {
  /** The host's path of the image. */
  readonly source: string;
  readonly format: 'raw' | 'qcow2';
  /** What the guest's driver is asked to call it: vda, vdb … */
  readonly target: string;
  readonly readOnly: boolean;
  readonly serial: string | null;
}

export interface DomainConfig {
  readonly name: string;
  /** Null in a definition without one: it is given one. */
  readonly uuid: string | null;
  readonly title: string | null;
  readonly description: string | null;
  /** KiB. */
  readonly memory: number;
  readonly vcpus: number;
  /** cpu shares against other domains; null is the default, 1024. */
  readonly shares: number | null;
  /** Host paths: direct kernel boot. */
  readonly kernel: string;
  readonly initrd: string | null;
  readonly cmdline: string | null;
  readonly onCrash: 'destroy' | 'preserve';
  readonly disks: readonly DiskConfig[];
}

export const DEFAULT_SHARES = 1024;

/** Where the machine's block devices stand: virtio slots, in the order of the domain's disks. */
export const DISKS_MAX = 8;
export const VCPUS_MAX = 8;

/** At most 20 bytes reach the guest. */
export const serialOf = (disk: DiskConfig): string => disk.serial ?? disk.target;
