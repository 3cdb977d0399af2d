/**
 * The 32-bit instructions: RV32I, M, A, Zicsr, Zifencei (Unprivileged ISA, "RV32/64G Instruction Set Listings"), the privileged
 * ones and the hypervisor extension (Privileged Architecture, "RISC-V Privileged Instruction Set Listings").
 */
import { type Extension, type Instruction, instruction } from './instruction.ts';

const LOAD = 0x03;
const MISC_MEM = 0x0f;
const OP_IMM = 0x13;
const AUIPC = 0x17;
const STORE = 0x23;
const AMO = 0x2f;
const OP = 0x33;
const LUI = 0x37;
const BRANCH = 0x63;
const JALR = 0x67;
const JAL = 0x6f;
const SYSTEM = 0x73;

const funct3 = (n: number) => n << 12;
const funct7 = (n: number) => n << 25;
const words = (names: string) => names.split(' ');

/** Instructions that differ in funct3 only, counted from 0; `-` leaves a number out. */
function byFunct3(names: string, syntax: string, match: number, extension: Extension): Instruction[] {
  return words(names).flatMap((name, n) =>
    name === '-' ? [] : [instruction(name, syntax, match | funct3(n), extension)],
  );
}

const register = (name: string, f3: number, f7: number, extension: Extension = 'I') =>
  instruction(name, 'rd, rs1, rs2', OP | funct3(f3) | funct7(f7), extension);

const shift = (name: string, f3: number, f7: number) =>
  instruction(name, 'rd, rs1, shamt', OP_IMM | funct3(f3) | funct7(f7), 'I');

const integer: readonly Instruction[] = [
  instruction('lui', 'rd, upper', LUI, 'I'),
  instruction('auipc', 'rd, upper', AUIPC, 'I'),
  instruction('jal', 'rd, jump', JAL, 'I'),
  instruction('jalr', 'rd, imm(rs1)', JALR, 'I'),
  ...byFunct3('beq bne - - blt bge bltu bgeu', 'rs1, rs2, branch', BRANCH, 'I'),
  ...byFunct3('lb lh lw - lbu lhu', 'rd, imm(rs1)', LOAD, 'I'),
  ...byFunct3('sb sh sw', 'rs2, storeImm(rs1)', STORE, 'I'),
  ...byFunct3('addi - slti sltiu xori - ori andi', 'rd, rs1, imm', OP_IMM, 'I'),
  shift('slli', 1, 0x00),
  shift('srli', 5, 0x00),
  shift('srai', 5, 0x20),
  register('add', 0, 0x00),
  register('sub', 0, 0x20),
  register('sll', 1, 0x00),
  register('slt', 2, 0x00),
  register('sltu', 3, 0x00),
  register('xor', 4, 0x00),
  register('srl', 5, 0x00),
  register('sra', 5, 0x20),
  register('or', 6, 0x00),
  register('and', 7, 0x00),
  instruction('fence', 'pred, succ', MISC_MEM, 'I'),
  instruction('fence.tso', '', 0x8330_000f, 'I'),
  instruction('ecall', '', SYSTEM, 'I'),
  instruction('ebreak', '', 0x0010_0073, 'I'),
];

const multiply: readonly Instruction[] = words('mul mulh mulhsu mulhu div divu rem remu').map((name, n) =>
  register(name, n, 0x01, 'M'),
);

const atomicFunct5: readonly (readonly [string, number])[] = [
  ['amoadd', 0x00],
  ['amoswap', 0x01],
  ['amoxor', 0x04],
  ['amoor', 0x08],
  ['amoand', 0x0c],
  ['amomin', 0x10],
  ['amomax', 0x14],
  ['amominu', 0x18],
  ['amomaxu', 0x1c],
];

/** Each atomic instruction has four orderings, by the bits aq and rl. */
const atomic: readonly Instruction[] = ['', '.rl', '.aq', '.aqrl'].flatMap((order, bits) => {
  const match = AMO | funct3(2) | (bits << 25);
  return [
    instruction(`lr.w${order}`, 'rd, (rs1)', match | (0x02 << 27), 'A'),
    instruction(`sc.w${order}`, 'rd, rs2, (rs1)', match | (0x03 << 27), 'A'),
    ...atomicFunct5.map(([name, funct5]) =>
      instruction(`${name}.w${order}`, 'rd, rs2, (rs1)', match | (funct5 << 27), 'A'),
    ),
  ];
});

const control: readonly Instruction[] = [
  instruction('fence.i', '', MISC_MEM | funct3(1), 'Zifencei'),
  ...byFunct3('- csrrw csrrs csrrc', 'rd, csr, rs1', SYSTEM, 'Zicsr'),
  ...byFunct3('- - - - - csrrwi csrrsi csrrci', 'rd, csr, zimm', SYSTEM, 'Zicsr'),
];

const privileged: readonly Instruction[] = [
  instruction('sret', '', 0x1020_0073, 'privileged'),
  instruction('mret', '', 0x3020_0073, 'privileged'),
  instruction('wfi', '', 0x1050_0073, 'privileged'),
  instruction('sfence.vma', 'rs1, rs2', SYSTEM | funct7(0x09), 'privileged'),
];

const hypervisorMemory = SYSTEM | funct3(4);

const hypervisor: readonly Instruction[] = [
  instruction('hfence.vvma', 'rs1, rs2', SYSTEM | funct7(0x11), 'H'),
  instruction('hfence.gvma', 'rs1, rs2', SYSTEM | funct7(0x31), 'H'),
  ...[
    ['hlv.b', 0x30, 0],
    ['hlv.bu', 0x30, 1],
    ['hlv.h', 0x32, 0],
    ['hlv.hu', 0x32, 1],
    ['hlvx.hu', 0x32, 3],
    ['hlv.w', 0x34, 0],
    ['hlvx.wu', 0x34, 3],
  ].map(([name, f7, rs2]) =>
    instruction(String(name), 'rd, (rs1)', hypervisorMemory | funct7(Number(f7)) | (Number(rs2) << 20), 'H'),
  ),
  ...words('hsv.b hsv.h hsv.w').map((name, n) =>
    instruction(name, 'rs2, (rs1)', hypervisorMemory | funct7(0x31 + 2 * n), 'H'),
  ),
];

/** Every 32-bit instruction. */
export const baseInstructions: readonly Instruction[] = [
  ...integer,
  ...multiply,
  ...atomic,
  ...control,
  ...privileged,
  ...hypervisor,
];
