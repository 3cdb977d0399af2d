/** The C extension on RV32 (Unprivileged ISA, "C" Extension for Compressed Instructions): each instruction is short for a long one. */

/** A 32-bit encoding that is illegal for ever: what reserved and floating-point encodings stand for. */
const ILLEGAL = 0;

const SP = 2;
const rType = (f7: number, rs2: number, rs1: number, f3: number, rd: number) =>
  (f7 << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | 0x33;
const iType = (immediate: number, rs1: number, f3: number, rd: number, opcode: number) =>
  (immediate << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | opcode;
const sType = (immediate: number, rs2: number, rs1: number) =>
  ((immediate >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | (2 << 12) | ((immediate & 31) << 7) | 0x23;
const addi = (rd: number, rs1: number, immediate: number) => iType(immediate, rs1, 0, rd, 0x13);
const lw = (rd: number, rs1: number, offset: number) => iType(offset, rs1, 2, rd, 0x03);
const jalr = (rd: number, rs1: number) => iType(0, rs1, 0, rd, 0x67);

/** `count` bits of `c` from bit `from`, moved to bit `to`. */
const field = (c: number, from: number, count: number, to: number) =>
  ((c >> from) & ((1 << count) - 1)) << to;
/** Negative when bit 12 is set: bits from `to` up. */
const sign = (c: number, to: number) => (c & 0x1000 ? -1 << to : 0);

function jal(rd: number, c: number): number {
  const offset =
    sign(c, 11) |
    field(c, 11, 1, 4) |
    field(c, 9, 2, 8) |
    field(c, 8, 1, 10) |
    field(c, 7, 1, 6) |
    field(c, 6, 1, 7) |
    field(c, 3, 3, 1) |
    field(c, 2, 1, 5);
  const bits = (offset & 0x7fe) << 20;
  return (offset & (1 << 31)) | bits | ((offset & 0x800) << 9) | (offset & 0xff000) | (rd << 7) | 0x6f;
}

function branch(f3: number, c: number): number {
  const offset = sign(c, 8) | field(c, 10, 2, 3) | field(c, 5, 2, 6) | field(c, 3, 2, 1) | field(c, 2, 1, 5);
  const rs1 = 8 + ((c >> 7) & 7);
  const high = (offset & (1 << 31)) | ((offset & 0x7e0) << 20);
  return high | (rs1 << 15) | (f3 << 12) | ((offset & 0x1e) << 7) | ((offset >> 4) & 0x80) | 0x63;
}

function quadrant0(c: number): number {
  const low = 8 + ((c >> 2) & 7);
  const high = 8 + ((c >> 7) & 7);
  const offset = field(c, 10, 3, 3) | field(c, 6, 1, 2) | field(c, 5, 1, 6);
  switch (c >> 13) {
    case 0: {
      const immediate = field(c, 11, 2, 4) | field(c, 7, 4, 6) | field(c, 6, 1, 2) | field(c, 5, 1, 3);
      return immediate === 0 ? ILLEGAL : addi(low, SP, immediate);
    }
    case 2:
      return lw(low, high, offset);
    case 6:
      return sType(offset, low, high);
    default:
      return ILLEGAL;
  }
}

function arithmetic(c: number, immediate: number): number {
  const rd = 8 + ((c >> 7) & 7);
  const rs2 = 8 + ((c >> 2) & 7);
  switch ((c >> 10) & 3) {
    case 0:
      return c & 0x1000 ? ILLEGAL : iType(immediate, rd, 5, rd, 0x13);
    case 1:
      return c & 0x1000 ? ILLEGAL : iType(0x400 | immediate, rd, 5, rd, 0x13);
    case 2:
      return iType(immediate, rd, 7, rd, 0x13);
    default: {
      if (c & 0x1000) return ILLEGAL;
      const f3 = [0, 4, 6, 7][(c >> 5) & 3]!;
      return rType(f3 === 0 ? 0x20 : 0, rs2, rd, f3, rd);
    }
  }
}

function quadrant1(c: number): number {
  const rd = (c >> 7) & 31;
  const immediate = sign(c, 5) | ((c >> 2) & 31);
  switch (c >> 13) {
    case 0:
      return addi(rd, rd, immediate);
    case 1:
      return jal(1, c);
    case 2:
      return addi(rd, 0, immediate);
    case 3: {
      if (immediate === 0) return ILLEGAL;
      if (rd !== SP) return (immediate << 12) | (rd << 7) | 0x37;
      const amount =
        sign(c, 9) | field(c, 6, 1, 4) | field(c, 5, 1, 6) | field(c, 3, 2, 7) | field(c, 2, 1, 5);
      return addi(SP, SP, amount);
    }
    case 4:
      return arithmetic(c, immediate);
    case 5:
      return jal(0, c);
    default:
      return branch(c >> 13 === 6 ? 0 : 1, c);
  }
}

function quadrant2(c: number): number {
  const rd = (c >> 7) & 31;
  const rs2 = (c >> 2) & 31;
  switch (c >> 13) {
    case 0:
      return c & 0x1000 ? ILLEGAL : iType(rs2, rd, 1, rd, 0x13);
    case 2: {
      const offset = field(c, 12, 1, 5) | field(c, 4, 3, 2) | field(c, 2, 2, 6);
      return rd === 0 ? ILLEGAL : lw(rd, SP, offset);
    }
    case 4:
      if (rs2 !== 0) return rType(0, rs2, c & 0x1000 ? rd : 0, 0, rd);
      if (c & 0x1000) return rd === 0 ? 0x0010_0073 : jalr(1, rd);
      return rd === 0 ? ILLEGAL : jalr(0, rd);
    case 6:
      return sType(field(c, 9, 4, 2) | field(c, 7, 2, 6), rs2, SP);
    default:
      return ILLEGAL;
  }
}

/** The 32-bit instruction that the 16 bits `c` stand for; 0, which is illegal, where they are reserved. */
export function expand(c: number): number {
  const quadrant = c & 3;
  return quadrant === 0 ? quadrant0(c) : quadrant === 1 ? quadrant1(c) : quadrant2(c);
}
