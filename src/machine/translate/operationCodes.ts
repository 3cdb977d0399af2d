/** Which WebAssembly instruction does what an operation of the hart does. */
import { op } from './wasmBytes.ts';

/** Branches. */
export const comparisons: Readonly<Record<string, number>> = {
  beq: op.eq,
  bne: op.ne,
  blt: op.ltS,
  bge: op.geS,
  bltu: op.ltU,
  bgeu: op.geU,
};
export const withImmediate: Readonly<Record<string, number>> = {
  addi: op.add,
  slti: op.ltS,
  sltiu: op.ltU,
  xori: op.xor,
  ori: op.or,
  andi: op.and,
  slli: op.shl,
  srli: op.shrU,
  srai: op.shrS,
};
export const withRegisters: Readonly<Record<string, number>> = {
  add: op.add,
  sub: op.sub,
  sll: op.shl,
  slt: op.ltS,
  sltu: op.ltU,
  xor: op.xor,
  srl: op.shrU,
  sra: op.shrS,
  or: op.or,
  and: op.and,
  mul: op.mul,
};
/** Upper halves of products: how each factor becomes 64 bits. */
export const high: Readonly<Record<string, readonly [number, number]>> = {
  mulh: [op.extendS, op.extendS],
  mulhsu: [op.extendS, op.extendU],
  mulhu: [op.extendU, op.extendU],
};
export const divisions: Readonly<Record<string, number>> = {
  div: op.divS,
  divu: op.divU,
  rem: op.remS,
  remu: op.remU,
};
/** Width, opcode, and by how many bits the slow path's unsigned number is shifted up and down for its sign. */
export const loads: Readonly<Record<string, readonly [number, number, number]>> = {
  lb: [1, op.load8s, 24],
  lh: [2, op.load16s, 16],
  lw: [4, op.load32, 0],
  lbu: [1, op.load8u, 0],
  lhu: [2, op.load16u, 0],
};
export const stores: Readonly<Record<string, readonly [number, number]>> = {
  sb: [1, op.store8],
  sh: [2, op.store16],
  sw: [4, op.store32],
};
