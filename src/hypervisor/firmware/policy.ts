/**
 * The policy `boot`: what a VM starts from when nobody brings it a kernel, as a function on plain data that a hypervisor asks at each
 * start and reset. It has the duties of the boot ROM (guests/rom): follow the order, look at the boot signature, load the first
 * sector, say why each other device was passed over. The ROM itself does it where no such function is given.
 */
import { hasBootSignature, SECTOR } from '../../disk/index.ts';

interface BootDeviceBase {
  /** What the boot order calls it: vda, net0. */
  readonly name: string;
  /** The virtio slot it is in: what code that is started gets in a2. */
  readonly slot: number;
}

export interface BootDisk extends BootDeviceBase {
  readonly kind: 'disk';
  /** Its capacity, in sectors of 512 bytes. */
  readonly sectors: number;
  /** Sectors from `sector` on; or what went wrong, in words. */
  read(sector: number, count: number): Uint8Array | string;
}

export interface BootNetwork extends BootDeviceBase {
  readonly kind: 'network';
  /** Whether its cable is plugged in. */
  readonly link: boolean;
  /** Where the ROM's network boot begins: to be entered as a boot sector is. It gets the loader by DHCP and TFTP, and tells what it does. */
  readonly entry: number;
}

export type BootDevice = BootDisk | BootNetwork;

export interface BootMemory {
  /** What code that is started gets in a0: the number of the hart that runs it. */
  readonly hart: number;
  /** What it gets in a1: the address of the device tree. */
  readonly deviceTree: number;
  /** Where a boot sector is linked to. */
  readonly bootAddress: number;
  /** Throws an error with code `EFAULT`, and writes nothing, when the range is not wholly guest memory. */
  write(address: number, bytes: Uint8Array): void;
}

export interface PassedOver {
  readonly device: string;
  /** In words, as a user reads it on the console. */
  readonly reason: string;
}

/** Code to run, by its address; or why there is none. */
export type BootResult = { readonly passedOver: readonly PassedOver[] } & (
  | {
      readonly device: string;
      readonly entry: number;
      readonly registers: { readonly a0: number; readonly a1: number; readonly a2: number };
    }
  | { readonly failure: string }
);

/** `order` has names of devices, and nothing else may be tried. Null: the boot ROM is to look for itself. */
export type Boot = (
  devices: readonly BootDevice[],
  order: readonly string[],
  memory: BootMemory,
) => BootResult | null;

/** The default: the first device of the order that can be booted, in the way of the boot ROM. */
export const bootInOrder: Boot = (devices, order, memory) => {
  const passedOver: PassedOver[] = [];
  for (const name of order) {
    const device = devices.find((each) => each.name === name);
    const loaded = device === undefined ? 'there is no device' : load(device, memory);
    if (typeof loaded === 'string') passedOver.push({ device: name, reason: loaded });
    else {
      const registers = { a0: memory.hart, a1: memory.deviceTree, a2: device!.slot };
      return { device: name, entry: loaded.entry, registers, passedOver };
    }
  }
  return { failure: 'No bootable device.', passedOver };
};

/** The address at which a device's code is ready to be run; or why not. */
function load(device: BootDevice, memory: BootMemory): { entry: number } | string {
  if (device.kind === 'network')
    return device.link ? { entry: device.entry } : 'no cable is plugged in (link down)';
  if (device.sectors < 1) return 'the disk is too short to have a boot sector';
  const sector = device.read(0, 1);
  if (typeof sector === 'string') return `sector 0 cannot be read (${sector})`;
  if (sector.length < SECTOR) return 'the disk is too short to have a boot sector';
  if (!hasBootSignature(sector)) return 'no boot signature (0x55 0xaa) at the end of sector 0';
  memory.write(memory.bootAddress, sector);
  return { entry: memory.bootAddress };
}
