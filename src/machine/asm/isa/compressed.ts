/**
 * The compressed instructions of RV32C without floating point (Unprivileged ISA, "C" Extension, "Instruction Set Listings"), each
 * with the instruction it stands for. From the same rows the assembler compresses: an instruction becomes the first row that
 * expands to it.
 */
import type { FieldName } from './fields.ts';
import { type FieldMap, type Instruction, instruction } from './instruction.ts';

interface Extra {
  readonly hints?: Readonly<Partial<Record<FieldName, number>>>;
}

function row(
  name: string,
  syntax: string,
  match: number,
  expands?: readonly [string, FieldMap],
  extra: Extra = {},
): Instruction {
  return instruction(name, syntax, match, 'C', {
    ...extra,
    ...(expands === undefined ? {} : { expands: { name: expands[0], fields: expands[1] } }),
  });
}

/** c.sub and its like: rd′ is the first source too. */
const arithmetic = (name: string, match: number) =>
  row(`c.${name}`, 'cRs1Prime, cRs2Prime', match, [
    name,
    { rd: 'cRs1Prime', rs1: 'cRs1Prime', rs2: 'cRs2Prime' },
  ]);

const SP = 2;
const RA = 1;

/** Every compressed instruction; where two match an encoding or an expansion, the preferred one stands first. */
export const compressedInstructions: readonly Instruction[] = [
  row('c.unimp', '', 0x0000, ['unimp', {}]),
  row('c.addi4spn', 'cRdPrime, sp, ciwStack', 0x0000, ['addi', { rd: 'cRdPrime', rs1: SP, imm: 'ciwStack' }]),
  row('c.lw', 'cRdPrime, cWord(cRs1Prime)', 0x4000, [
    'lw',
    { rd: 'cRdPrime', rs1: 'cRs1Prime', imm: 'cWord' },
  ]),
  row('c.sw', 'cRs2Prime, cWord(cRs1Prime)', 0xc000, [
    'sw',
    { rs2: 'cRs2Prime', rs1: 'cRs1Prime', storeImm: 'cWord' },
  ]),

  row('c.nop', '', 0x0001, ['addi', { rd: 0, rs1: 0, imm: 0 }]),
  row('c.addi', 'cRdAny, ciImm', 0x0001, ['addi', { rd: 'cRdAny', rs1: 'cRdAny', imm: 'ciImm' }], {
    hints: { cRdAny: 0, ciImm: 0 },
  }),
  row('c.jal', 'cJump', 0x2001, ['jal', { rd: RA, jump: 'cJump' }]),
  row('c.li', 'cRdAny, ciImm', 0x4001, ['addi', { rd: 'cRdAny', rs1: 0, imm: 'ciImm' }], {
    hints: { cRdAny: 0 },
  }),
  row('c.addi16sp', 'sp, ciStack', 0x6101, ['addi', { rd: SP, rs1: SP, imm: 'ciStack' }]),
  row('c.lui', 'cRdNotSp, ciUpper', 0x6001, ['lui', { rd: 'cRdNotSp', upper: 'ciUpper' }], {
    hints: { cRdNotSp: 0 },
  }),
  row('c.srli64', 'cRs1Prime', 0x8001),
  row('c.srai64', 'cRs1Prime', 0x8401),
  row('c.srli', 'cRs1Prime, cShamt', 0x8001, [
    'srli',
    { rd: 'cRs1Prime', rs1: 'cRs1Prime', shamt: 'cShamt' },
  ]),
  row('c.srai', 'cRs1Prime, cShamt', 0x8401, [
    'srai',
    { rd: 'cRs1Prime', rs1: 'cRs1Prime', shamt: 'cShamt' },
  ]),
  row('c.andi', 'cRs1Prime, ciImm', 0x8801, ['andi', { rd: 'cRs1Prime', rs1: 'cRs1Prime', imm: 'ciImm' }]),
  arithmetic('sub', 0x8c01),
  arithmetic('xor', 0x8c21),
  arithmetic('or', 0x8c41),
  arithmetic('and', 0x8c61),
  row('c.j', 'cJump', 0xa001, ['jal', { rd: 0, jump: 'cJump' }]),
  row('c.beqz', 'cRs1Prime, cBranch', 0xc001, ['beq', { rs1: 'cRs1Prime', rs2: 0, branch: 'cBranch' }]),
  row('c.bnez', 'cRs1Prime, cBranch', 0xe001, ['bne', { rs1: 'cRs1Prime', rs2: 0, branch: 'cBranch' }]),

  row('c.slli64', 'cRdAny', 0x0002),
  row('c.slli', 'cRdAny, cShamt', 0x0002, ['slli', { rd: 'cRdAny', rs1: 'cRdAny', shamt: 'cShamt' }], {
    hints: { cRdAny: 0 },
  }),
  row('c.lwsp', 'cRd, cLoadStack(sp)', 0x4002, ['lw', { rd: 'cRd', rs1: SP, imm: 'cLoadStack' }]),
  row('c.jr', 'cRd', 0x8002, ['jalr', { rd: 0, rs1: 'cRd', imm: 0 }]),
  row('c.mv', 'cRdAny, cRs2', 0x8002, ['add', { rd: 'cRdAny', rs1: 0, rs2: 'cRs2' }], {
    hints: { cRdAny: 0 },
  }),
  row('c.ebreak', '', 0x9002, ['ebreak', {}]),
  row('c.jalr', 'cRd', 0x9002, ['jalr', { rd: RA, rs1: 'cRd', imm: 0 }]),
  row('c.add', 'cRdAny, cRs2', 0x9002, ['add', { rd: 'cRdAny', rs1: 'cRdAny', rs2: 'cRs2' }], {
    hints: { cRdAny: 0 },
  }),
  row('c.swsp', 'cRs2Any, cStoreStack(sp)', 0xc002, [
    'sw',
    { rs2: 'cRs2Any', rs1: SP, storeImm: 'cStoreStack' },
  ]),
];

/** Other instructions with the same effect as a compressed one: sums and the like with their sources swapped, and copies by addi. */
export const alternateExpansions: readonly (readonly [compressed: string, name: string, fields: FieldMap])[] =
  [
    ['c.mv', 'addi', { rd: 'cRdAny', rs1: 'cRs2', imm: 0 }],
    ['c.add', 'add', { rd: 'cRdAny', rs1: 'cRs2', rs2: 'cRdAny' }],
    ...['xor', 'or', 'and'].map((name): [string, string, FieldMap] => [
      `c.${name}`,
      name,
      { rd: 'cRs1Prime', rs1: 'cRs2Prime', rs2: 'cRs1Prime' },
    ]),
  ];
