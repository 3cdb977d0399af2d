/** One row of the instruction table, and how rows are made. */
import { type FieldName, fieldMask, fieldOf, isFieldName } from './fields.ts';

/** The part of the architecture an instruction comes from. */
export type Extension = 'I' | 'M' | 'A' | 'C' | 'Zicsr' | 'Zifencei' | 'privileged' | 'H';

/** One operand of a template: a field, a register that must be written out, or memory: offset field (or none) and base. */
export type Operand =
  | { readonly kind: 'field'; readonly field: FieldName }
  | { readonly kind: 'literal'; readonly register: string }
  | { readonly kind: 'memory'; readonly offset: FieldName | null; readonly base: FieldName | 'sp' };

/** What each field of another instruction holds: a field of this one, or a number. */
export type FieldMap = Readonly<Partial<Record<FieldName, FieldName | number>>>;

/** How an instruction is written and encoded. */
export interface Instruction {
  readonly name: string;
  /** As written, with field names for operands: `rd, imm(rs1)`. */
  readonly syntax: string;
  readonly operands: readonly Operand[];
  /** Bytes. */
  readonly length: 2 | 4;
  /** An encoding is this instruction when `(encoding & mask) === match` and its fields hold values they may hold. */
  readonly match: number;
  readonly mask: number;
  readonly extension: Extension;
  /** For a pseudo-instruction that is one instruction: that instruction's name. */
  readonly alias?: string;
  /** A spelling only the assembler takes: the disassembler prefers another. */
  readonly writtenOnly?: boolean;
  /** For a compressed instruction: the instruction it stands for. */
  readonly expands?: { readonly name: string; readonly fields: FieldMap };
  /** Values that make a compressed instruction a hint: valid, but never chosen for an instruction that is no hint. */
  readonly hints?: Readonly<Partial<Record<FieldName, number>>>;
}

/** Reads a template such as `rd, imm(rs1)`. */
export function parseSyntax(syntax: string): Operand[] {
  if (syntax === '') return [];
  return syntax.split(', ').map((text): Operand => {
    const memory = /^(\w*)\((\w+)\)$/.exec(text);
    if (memory !== null) {
      return {
        kind: 'memory',
        offset: memory[1] === '' ? null : (memory[1] as FieldName),
        base: memory[2] as FieldName | 'sp',
      };
    }
    return isFieldName(text) ? { kind: 'field', field: text } : { kind: 'literal', register: text };
  });
}

/** The fields of a template, in the order in which they are written. */
export function fieldsOf(instruction: Pick<Instruction, 'operands'>): FieldName[] {
  return instruction.operands.flatMap((operand) => {
    if (operand.kind === 'field') return [operand.field];
    if (operand.kind === 'literal') return [];
    const base = operand.base === 'sp' ? [] : [operand.base];
    return operand.offset === null ? base : [operand.offset, ...base];
  });
}

/** A row whose mask is everything the operands leave fixed. */
export function instruction(
  name: string,
  syntax: string,
  match: number,
  extension: Extension,
  more: Partial<Instruction> = {},
): Instruction {
  const operands = parseSyntax(syntax);
  const length = extension === 'C' ? 2 : 4;
  let mask = length === 2 ? 0xffff : 0xffff_ffff;
  for (const field of fieldsOf({ operands })) mask = (mask & ~fieldMask(field)) >>> 0;
  return { name, syntax, operands, length, match: match >>> 0, mask, extension, ...more };
}

const labels: Partial<Record<FieldName, string>> = {
  imm: 'constant',
  storeImm: 'offset',
  shamt: 'shift amount',
  upper: 'upper 20 bits',
  zimm: 'constant',
  pred: 'fence set',
  succ: 'fence set',
};

/** What a learner calls the operand in this field: "register", "constant", "address" … */
export function describeField(name: FieldName): string {
  const { kind } = fieldOf(name);
  if (kind === 'register') return name.endsWith('Prime') ? 'register s0, s1 or a0 to a5' : 'register';
  if (kind === 'target') return 'label or address';
  if (kind === 'csr') return 'CSR';
  return labels[name] ?? 'constant';
}
