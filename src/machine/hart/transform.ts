/** Transformed instructions for htinst and mtinst (Privileged Architecture 18.6.3). */
import { expand } from './compressed.ts';

/**
 * The load, store, atomic or HLV/HSV with bits `raw` as a trap handler gets it: immediates gone, rs1 replaced by `offset`, the distance
 * of the faulting address from the instruction's own (not 0 only for misaligned accesses). Bit 1 is 0 for a compressed instruction.
 */
export function transformedInstruction(raw: number, offset: number): number {
  const compressed = (raw & 3) !== 3;
  const bits = compressed ? expand(raw) : raw;
  const address = offset << 15;
  const withoutRs1 = bits & ~(31 << 15);
  switch (bits & 0x7f) {
    case 0x03:
      return ((bits & 0x7fff) | address) & (compressed ? ~2 : -1);
    case 0x23:
      return ((bits & 0x01f0_707f) | address) & (compressed ? ~2 : -1);
    default:
      return withoutRs1 | address;
  }
}
