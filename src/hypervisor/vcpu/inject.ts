/** Exceptions that a hypervisor gives to its guest, as the hart would (RISC-V Privileged Architecture, "Trap Entry"). */
import type { Hart } from '../../machine/index.ts';

const SIE = 1 << 1;
const SPIE = 1 << 5;
const SPP = 1 << 8;

/** Exception codes. */
export const FETCH_ACCESS = 1;
export const ILLEGAL_INSTRUCTION = 2;
export const LOAD_ACCESS = 5;
export const STORE_ACCESS = 7;

/** Where the guest on `hart` goes on at an exception: the base address, also in vectored mode. */
export function trapHandler(hart: Hart): number {
  return (hart.readCsr('vstvec') & ~3) >>> 0;
}

/** Makes the guest on `hart` take exception `cause` at the present pc, with `value` in its stval. */
export function injectException(hart: Hart, cause: number, value: number): void {
  const status = hart.readCsr('vsstatus');
  const spp = hart.privilege === 1 ? SPP : 0;
  const spie = (status & SIE) !== 0 ? SPIE : 0;
  hart.writeCsr('vsstatus', ((status & ~(SIE | SPIE | SPP)) | spp | spie) >>> 0);
  hart.writeCsr('vsepc', hart.pc);
  hart.writeCsr('vscause', cause);
  hart.writeCsr('vstval', value);
  hart.pc = trapHandler(hart);
  hart.setMode(1, true);
}
