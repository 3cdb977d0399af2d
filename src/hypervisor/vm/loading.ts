/** Filling a VM's memory before it starts: its image, its initial RAM disk, its device tree. */
import { flattenDeviceTree, platformTree } from '../../machine/index.ts';
import type { GuestMemory } from '../memory/guestMemory.ts';
import { type BootImage, VmError } from './config.ts';

const INITRD_ALIGN = 2 ** 12;

/** What is filled. */
export interface Loadable {
  readonly name: string;
  readonly memory: GuestMemory;
  readonly vcpus: { readonly length: number };
}

/** Loads `image`; what is there already goes again when not all fits. Returns the device tree's address. Throws VmError. */
export function loadImage(vm: Loadable, image: BootImage): number {
  try {
    for (const { address, bytes } of image.segments) load(vm, address, bytes, 'a segment of its image');
    return loadTree(vm, image);
  } catch (error) {
    vm.memory.unbackAll();
    throw error;
  }
}

/** The device tree at the end of RAM, the initial RAM disk below it. */
function loadTree(vm: Loadable, { bootArguments = '', initialRamDisk, firmware }: BootImage): number {
  const { memory, vcpus } = vm;
  const blob = (start: number | null) =>
    flattenDeviceTree(
      platformTree({
        harts: vcpus.length,
        memory: memory.size,
        bootArguments,
        initialRamDisk: start === null ? null : { start, end: start + initialRamDisk!.length },
        powerKey: true,
        ...(firmware?.order && { bootOrder: firmware.order }),
      }),
    );
  const below = (address: number, size: number) => address - Math.ceil(size / INITRD_ALIGN) * INITRD_ALIGN;
  // Its length does not depend on where the RAM disk lies.
  const tree = below(memory.base + memory.size, blob(initialRamDisk === undefined ? null : 0).length);
  const disk = initialRamDisk === undefined ? null : below(tree, initialRamDisk.length);
  if (disk !== null) load(vm, disk, initialRamDisk!, 'its initial RAM disk');
  load(vm, tree, blob(disk), 'its device tree');
  return tree;
}

function load({ name, memory }: Loadable, address: number, bytes: Uint8Array, what: string): void {
  if (!memory.isRam(address, bytes.length)) {
    throw new VmError(
      'badImage',
      `${what} (${bytes.length} bytes at 0x${address.toString(16)}) does not lie in the RAM of ${name}`,
    );
  }
  if (!memory.fill(address, bytes)) throw new VmError('noMemory', `cannot allocate memory for ${what}`);
}
