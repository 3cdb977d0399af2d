/**
 * Pseudo-instructions that are one instruction with some fields fixed (Unprivileged ISA, "RISC-V Assembly Programmer's Handbook",
 * and the RISC-V assembly manual). Those that become several instructions are in ../expansions.ts.
 */
import type { FieldMap } from './instruction.ts';

/** name, operands as written, the instruction, and its fixed fields. */
export type AliasRow = readonly [name: string, syntax: string, of: string, fixed: FieldMap];

const RA = 1;
const ALL = 15;

/** Used by the disassembler too; the most special first. */
export const shownAliases: readonly AliasRow[] = [
  ['nop', '', 'addi', { rd: 0, rs1: 0, imm: 0 }],
  ['li', 'rd, imm', 'addi', { rs1: 0 }],
  ['mv', 'rd, rs1', 'addi', { imm: 0 }],
  ['not', 'rd, rs1', 'xori', { imm: -1 }],
  ['zext.b', 'rd, rs1', 'andi', { imm: 255 }],
  ['seqz', 'rd, rs1', 'sltiu', { imm: 1 }],
  ['neg', 'rd, rs2', 'sub', { rs1: 0 }],
  ['snez', 'rd, rs2', 'sltu', { rs1: 0 }],
  ['sltz', 'rd, rs1', 'slt', { rs2: 0 }],
  ['sgtz', 'rd, rs2', 'slt', { rs1: 0 }],

  ['beqz', 'rs1, branch', 'beq', { rs2: 0 }],
  ['bnez', 'rs1, branch', 'bne', { rs2: 0 }],
  ['bltz', 'rs1, branch', 'blt', { rs2: 0 }],
  ['bgez', 'rs1, branch', 'bge', { rs2: 0 }],
  ['blez', 'rs2, branch', 'bge', { rs1: 0 }],
  ['bgtz', 'rs2, branch', 'blt', { rs1: 0 }],

  ['j', 'jump', 'jal', { rd: 0 }],
  ['jal', 'jump', 'jal', { rd: RA }],
  ['ret', '', 'jalr', { rd: 0, rs1: RA, imm: 0 }],
  ['jr', 'rs1', 'jalr', { rd: 0, imm: 0 }],
  ['jr', 'imm(rs1)', 'jalr', { rd: 0 }],
  ['jalr', 'rs1', 'jalr', { rd: RA, imm: 0 }],
  ['jalr', 'imm(rs1)', 'jalr', { rd: RA }],
  ['jalr', 'rd, rs1', 'jalr', { imm: 0 }],

  // By convention the encoding that always traps: a write to a read-only CSR.
  ['unimp', '', 'csrrw', { rd: 0, csr: 0xc00, rs1: 0 }],
  ['rdcycle', 'rd', 'csrrs', { csr: 0xc00, rs1: 0 }],
  ['rdtime', 'rd', 'csrrs', { csr: 0xc01, rs1: 0 }],
  ['rdinstret', 'rd', 'csrrs', { csr: 0xc02, rs1: 0 }],
  ['rdcycleh', 'rd', 'csrrs', { csr: 0xc80, rs1: 0 }],
  ['rdtimeh', 'rd', 'csrrs', { csr: 0xc81, rs1: 0 }],
  ['rdinstreth', 'rd', 'csrrs', { csr: 0xc82, rs1: 0 }],
  ['csrr', 'rd, csr', 'csrrs', { rs1: 0 }],
  ['csrw', 'csr, rs1', 'csrrw', { rd: 0 }],
  ['csrs', 'csr, rs1', 'csrrs', { rd: 0 }],
  ['csrc', 'csr, rs1', 'csrrc', { rd: 0 }],
  ['csrwi', 'csr, zimm', 'csrrwi', { rd: 0 }],
  ['csrsi', 'csr, zimm', 'csrrsi', { rd: 0 }],
  ['csrci', 'csr, zimm', 'csrrci', { rd: 0 }],

  ['fence', '', 'fence', { pred: ALL, succ: ALL }],
  ['sfence.vma', '', 'sfence.vma', { rs1: 0, rs2: 0 }],
  ['sfence.vma', 'rs1', 'sfence.vma', { rs2: 0 }],
  ['hfence.vvma', '', 'hfence.vvma', { rs1: 0, rs2: 0 }],
  ['hfence.vvma', 'rs1', 'hfence.vvma', { rs2: 0 }],
  ['hfence.gvma', '', 'hfence.gvma', { rs1: 0, rs2: 0 }],
  ['hfence.gvma', 'rs1', 'hfence.gvma', { rs2: 0 }],
];

/** Other spellings of the same, which only the assembler takes. */
export const writtenAliases: readonly AliasRow[] = [
  ['bgt', 'rs2, rs1, branch', 'blt', {}],
  ['ble', 'rs2, rs1, branch', 'bge', {}],
  ['bgtu', 'rs2, rs1, branch', 'bltu', {}],
  ['bleu', 'rs2, rs1, branch', 'bgeu', {}],
  ['sgt', 'rd, rs2, rs1', 'slt', {}],
  ['sgtu', 'rd, rs2, rs1', 'sltu', {}],
  ['jr', 'rs1, imm', 'jalr', { rd: 0 }],
  ['jalr', 'rs1, imm', 'jalr', { rd: RA }],
  ['jalr', 'rd, rs1, imm', 'jalr', {}],
  ['scall', '', 'ecall', {}],
  ['sbreak', '', 'ebreak', {}],
];
