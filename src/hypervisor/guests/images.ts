/** The guest's compiled parts, from the generated module. */
import { decodeBase64 } from './base64.ts';
import { BOX, FIRMWARE, KERNEL } from './compiled.ts';

/** The kernel, an ELF file to be loaded at 0x80200000 and entered in S mode with a0 = hart id, a1 = device tree. */
export function guestKernel(): Uint8Array {
  return decodeBase64(KERNEL);
}

/** The M-mode firmware, an ELF file to be loaded at 0x80000000. */
export function guestFirmware(): Uint8Array {
  return decodeBase64(FIRMWARE);
}

/** All user programs in one ELF file; what they do goes by the name they are called. */
export function guestBox(): Uint8Array {
  return decodeBase64(BOX);
}
