/** The boot ROM in a VM: fixed places (guests/rom/boot.h and start.S), and the image that a VM without a kernel boots from. */
import { parseElf } from '../../machine/index.ts';
import { guestBootRom } from '../guests/images.ts';
import type { BootImage } from '../vm/config.ts';

const ROM = 0x8010_0000;
/** Entered with a0 to a2 for the code at a3, a4 = hart, a5 = device tree: somebody else has chosen what to run. */
export const HANDED_ENTRY = ROM + 0x0c;
/** A boot sector of sorts, which boots over the network card in slot a2. */
export const NETWORK_ENTRY = ROM + 0x10;
/** A boot sector of sorts, which says that nothing is left, and waits for ever. */
export const HALT_ENTRY = ROM + 0x14;
/** Where sector 0 of a disk goes. */
export const BOOT_ADDRESS = 0x8018_0000;

/** What a VM boots from that is to look for itself. `order`: its virtio slots; left out, disks before network cards. */
export function firmwareImage({ order }: { readonly order?: readonly number[] } = {}): BootImage {
  const { entry, segments } = parseElf(guestBootRom());
  return {
    segments: segments.map(({ address, data }) => ({ address, bytes: data })),
    entry,
    firmware: { order: order ?? null },
  };
}
