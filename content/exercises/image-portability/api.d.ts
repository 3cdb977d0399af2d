/** The API of `port.ts`: what your functions are given, and what they answer. */

/** What a disk's file can be: its format, whatever the file is called. */
export type Format = 'raw' | 'qcow2' | 'vmdk' | 'vhd' | 'vhdx';

export type BootMode = 'bios' | 'uefi';

/** An image as the cloud that has it describes it. */
export interface Image {
  /** Bytes of the disk that its VMs see. */
  readonly size: number;
  readonly architecture: 'x86_64' | 'arm64' | 'riscv32';
  readonly bootMode: BootMode;
  /** Formats in which its cloud gives it out; the file of an export has the whole disk in it. */
  readonly exports: readonly Format[];
  /** Drivers in the initramfs: all that the kernel has until it has found its root file system, and its network. */
  readonly initramfs: readonly string[];
  /** Drivers that came with the kernel and lie on the disk: an initramfs can be made anew with these. */
  readonly modules: readonly string[];
  /** What the kernel command line says after `root=`: a device's name, or `UUID` for the file system's own identity. */
  readonly root: string;
  /** What the kernel command line says after `console=`. */
  readonly console: string;
  /** First-boot agents on the disk: who asks the cloud for key, address and name. */
  readonly agents: readonly string[];
  /** Software on it whose licence belongs to the cloud's offer: a licensed system, a product of its marketplace. */
  readonly cloudLicences: readonly string[];
  /** Its snapshots are encrypted with a key that stays in the cloud. */
  readonly encrypted: boolean;
  /** Its root lies on the host's own disks, not on a volume of which there is a snapshot. */
  readonly instanceStore: boolean;
}

/** What a cloud asks of an image that comes from elsewhere. */
export interface Target {
  readonly architectures: readonly Image['architecture'][];
  /** Formats that it imports. With `sizeMultipleGiB`, raw is one of them. */
  readonly formats: readonly Format[];
  /** The file must come packed, as a member of this name; null: as it is. */
  readonly packedAs: string | null;
  /** The disk must be a whole multiple of so many GiB; 0: any size. */
  readonly sizeMultipleGiB: number;
  readonly largestGiB: number;
  readonly bootModes: readonly BootMode[];
  /** Its import can turn the other boot mode into one of these. */
  readonly convertsBootMode: boolean;
  /** Drivers for the disks that it shows to VMs: one of them is enough. */
  readonly diskDrivers: readonly string[];
  /** Drivers for its network interfaces: one of them is enough. */
  readonly networkDrivers: readonly string[];
  /** What a VM sees its root partition as, where its kernel goes by names. */
  readonly rootDevice: string;
  /** The console that the cloud shows. */
  readonly console: string;
  /** Agents that know its metadata service: one of them is enough. */
  readonly agents: readonly string[];
}

/** Why an image cannot be brought over. */
export type Reason =
  /** The export is refused: a licence of the cloud's, an encrypted snapshot, a root that has no snapshot. */
  | 'licence'
  | 'encrypted'
  | 'instance-store'
  /** The target has no such processors. */
  | 'architecture'
  /** The target boots in another way and does not convert. */
  | 'boot-mode'
  /** The disk, grown to the size that the target wants, is larger than it takes. */
  | 'too-large'
  /** Neither the initramfs nor the kernel's modules have any driver for the target's disks, or network. */
  | 'disk-driver'
  | 'network-driver';

export type Step =
  /** The cloud writes the image into a file. Nothing can be done to it before. */
  | { readonly do: 'export'; readonly format: Format }
  /** A new file of another format. */
  | { readonly do: 'convert'; readonly format: Format }
  /** A new size of the disk in bytes: qemu-img can do that to raw and qcow2 files alone. */
  | { readonly do: 'resize'; readonly bytes: number }
  /** The initramfs made anew with these drivers besides its own. */
  | { readonly do: 'add-drivers'; readonly drivers: readonly string[] }
  /** `root=` by the file system's identity. */
  | { readonly do: 'set-root' }
  | { readonly do: 'set-console'; readonly console: string }
  | { readonly do: 'install-agent'; readonly agent: string }
  /** Into an archive, as the target wants it: nothing can be done to the disk in it after that. */
  | { readonly do: 'pack' }
  | { readonly do: 'upload' }
  /** The last step; the boot mode that the new image's VMs have. */
  | { readonly do: 'import'; readonly bootMode: BootMode };

/** What is to be done, in this order, each step only if it is needed; or all reasons why it cannot be. */
export type Plan = { readonly steps: readonly Step[] } | { readonly refused: readonly Reason[] };
