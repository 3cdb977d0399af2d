/**
 * Reads a transformed instruction of htinst: what a load or store to an emulated device wants, without looking into the guest's memory
 * (RISC-V Privileged Architecture, "Transformed Instruction or Pseudoinstruction for mtinst or htinst").
 */
import type { Width } from '../../machine/index.ts';

export interface DeviceAccess {
  readonly store: boolean;
  readonly width: Width;
  /** Sign-extend what was loaded. */
  readonly signed: boolean;
  /** rd of a load, rs2 of a store. */
  readonly register: number;
  /** Bytes of the instruction in the guest's memory: 2 when it was compressed. */
  readonly length: 2 | 4;
}

const LOAD = 0x03;
const STORE = 0x23;
const WIDTHS: readonly (Width | null)[] = [1, 2, 4, null];

/** The load or store behind `htinst`; null for anything else: atomics, pseudoinstructions (0x2000, 0x2020), 0. */
export function deviceAccess(htinst: number): DeviceAccess | null {
  // Bit 0 is 1 in every transformed instruction; bit 1 is 0 where the original was compressed.
  if ((htinst & 1) === 0) return null;
  const opcode = (htinst | 2) & 0x7f;
  if (opcode !== LOAD && opcode !== STORE) return null;
  const store = opcode === STORE;
  const funct3 = (htinst >>> 12) & 7;
  const width = WIDTHS[funct3 & 3]!;
  if (width === null || (store && funct3 > 2) || funct3 > 5) return null;
  return {
    store,
    width,
    signed: (funct3 & 4) === 0,
    register: store ? (htinst >>> 20) & 31 : (htinst >>> 7) & 31,
    length: (htinst & 2) === 0 ? 2 : 4,
  };
}

/** A loaded value as the register gets it. */
export function extended(value: number, { width, signed }: DeviceAccess): number {
  if (!signed) return value >>> 0;
  const shift = 32 - 8 * width;
  return (value << shift) >> shift;
}
