/** From instruction bits to a slot of the code cache. What is not one of the frequent operations is "rare" and looked at again there. */
import { expand } from './compressed.ts';
import { X_SINK } from './layout.ts';
import { type OperationName, operationNumber, RARE } from './operations.ts';

/** Immediates by format (Unprivileged ISA 2.3), sign-extended. */
export const immediateI = (bits: number) => bits >> 20;
export const immediateS = (bits: number) => ((bits >> 25) << 5) | ((bits >> 7) & 31);
const immediateB = (bits: number) =>
  ((bits >> 31) << 12) | ((bits << 4) & 0x800) | ((bits >> 20) & 0x7e0) | ((bits >> 7) & 0x1e);
const immediateJ = (bits: number) =>
  ((bits >> 31) << 20) | (bits & 0xff000) | ((bits >> 9) & 0x800) | ((bits >> 20) & 0x7fe);

const branches: readonly (string | null)[] = ['beq', 'bne', null, null, 'blt', 'bge', 'bltu', 'bgeu'];
const loads: readonly (OperationName | null)[] = ['lb', 'lh', 'lw', null, 'lbu', 'lhu', null, null];
const stores: readonly (OperationName | null)[] = ['sb', 'sh', 'sw', null, null, null, null, null];
const immediates: readonly OperationName[] = ['addi', 'slli', 'slti', 'sltiu', 'xori', 'srli', 'ori', 'andi'];
const registers: readonly OperationName[] = ['add', 'sll', 'slt', 'sltu', 'xor', 'srl', 'or', 'and'];
const multiplies: readonly OperationName[] = [
  ...(['mul', 'mulh', 'mulhsu', 'mulhu', 'div', 'divu', 'rem', 'remu'] as const),
];

/** Writes the slot at word `slot` of `code`. `offset` is the instruction's place in its page, or −1 when nothing is near it. */
export function decode(code: Int32Array, slot: number, raw: number, length: 2 | 4, offset: number) {
  const bits = length === 2 ? expand(raw) : raw;
  const put = (operation: number, rd: number, rs1: number, rs2: number, immediate: number) => {
    code[slot] = operation;
    code[slot + 1] = (rd === 0 ? X_SINK : rd) | (rs1 << 8) | (rs2 << 16) | ((length * 2) << 24);
    code[slot + 2] = immediate;
    code[slot + 3] = raw;
  };
  const rd = (bits >> 7) & 31;
  const rs1 = (bits >> 15) & 31;
  const rs2 = (bits >> 20) & 31;
  const f3 = (bits >> 12) & 7;
  const f7 = bits >>> 25;
  const simple = (name: OperationName | null | undefined, immediate: number) =>
    name ? put(operationNumber[name], rd, rs1, rs2, immediate) : put(RARE, rd, rs1, rs2, 0);
  /** Near jumps keep their distance in words of slots, far ones in bytes. */
  const jump = (name: string, distance: number) => {
    const target = offset + distance;
    const near = offset >= 0 && target >= 0 && target < 4096;
    const operation = operationNumber[`${name} ${near ? 'near' : 'far'}` as OperationName];
    put(operation, rd, rs1, rs2, near ? distance * 2 : distance);
  };
  switch (bits & 0x7f) {
    case 0x37:
      return simple('lui', bits & ~0xfff);
    case 0x17:
      return simple('auipc', bits & ~0xfff);
    case 0x6f:
      return jump('jal', immediateJ(bits));
    case 0x67:
      return simple(f3 === 0 ? 'jalr' : null, immediateI(bits));
    case 0x63: {
      const name = branches[f3];
      return name ? jump(name, immediateB(bits)) : simple(null, 0);
    }
    case 0x03:
      return simple(loads[f3], immediateI(bits));
    case 0x23:
      return simple(stores[f3], immediateS(bits));
    case 0x13:
      if (f3 === 1) return simple(f7 === 0 ? 'slli' : null, rs2);
      if (f3 === 5) return simple(f7 === 0 ? 'srli' : f7 === 0x20 ? 'srai' : null, rs2);
      return simple(immediates[f3], immediateI(bits));
    case 0x33:
      if (f7 === 0) return simple(registers[f3], 0);
      if (f7 === 1) return simple(multiplies[f3], 0);
      return simple(f7 !== 0x20 ? null : f3 === 0 ? 'sub' : f3 === 5 ? 'sra' : null, 0);
    case 0x0f:
      // FENCE orders nothing on a machine whose harts take turns; FENCE.I finds fetch coherent. Reserved fields are ignored (2.7).
      return f3 <= 1 ? put(operationNumber.addi, 0, 0, 0, 0) : simple(null, 0);
    default:
      return simple(null, 0);
  }
}
