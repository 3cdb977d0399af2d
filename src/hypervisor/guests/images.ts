/** The guest's compiled parts, from the generated module. */
import { assert, fromBase64 } from '../../base/index.ts';
import { BOX, FIRMWARE, KERNEL } from './compiled.ts';
import { BOOT_ROM, BOOT_SECTOR, LOADER } from './compiledBoot.ts';

/** The kernel, an ELF file to be loaded at 0x80200000 and entered in S mode with a0 = hart id, a1 = device tree. */
export function guestKernel(): Uint8Array {
  return decoded(KERNEL);
}

/** The M-mode firmware, an ELF file to be loaded at 0x80000000: it starts the boot ROM where that is in memory, else the kernel. */
export function guestFirmware(): Uint8Array {
  return decoded(FIRMWARE);
}

/** All user programs in one ELF file; what they do goes by the name they are called. */
export function guestBox(): Uint8Array {
  return decoded(BOX);
}

/** The boot ROM, an ELF file to be loaded at 0x80100000 and entered in S mode with a0 = hart id, a1 = device tree. */
export function guestBootRom(): Uint8Array {
  return decoded(BOOT_ROM);
}

/** The code of a bootable disk's sector 0, an ELF file for 0x80180000 of at most 440 bytes of code. */
export function guestBootSector(): Uint8Array {
  return decoded(BOOT_SECTOR);
}

/** The loader, an ELF file for 0x80180200: size and checksum in its head are yet to be filled in. */
export function guestLoader(): Uint8Array {
  return decoded(LOADER);
}

/** The bytes of a text that the build wrote: anything else is our own mistake. */
function decoded(text: string): Uint8Array {
  const bytes = fromBase64(text);
  assert(bytes !== null, 'a compiled part of the guest is no base 64');
  return bytes;
}
