/**
 * Encodings as text. With pseudo-instructions (the default) `addi a0, zero, 1` reads `li a0, 1`; without, the text is what
 * `objdump -M no-aliases` prints, but for reserved encodings of RV32 that it takes for RV64's. Compressed instructions keep
 * their own names (`c.li`) either way, so that assembling the text gives the encoding back.
 */
import { csrName } from './isa/csrs.ts';
import { decodeField, type FieldName, fieldOf, fits } from './isa/fields.ts';
import { fieldsOf, type Instruction, type Operand } from './isa/instruction.ts';
import { registerNames } from './isa/registers.ts';
import { instructions } from './isa/table.ts';

export interface DisassembleOptions {
  /** Where the instruction stands, for branch targets; 0 unless told. */
  readonly address?: number;
  /** Whether pseudo-instructions are used; true unless told. */
  readonly aliases?: boolean;
  /** What stands after a branch target, `main+0x10` for instance; undefined for nothing. */
  readonly symbolAt?: (address: number) => string | undefined;
}

export interface Disassembled {
  /** `addi a0, a0, 1`; for what is no instruction `.word 0x…` or `.short 0x…`. */
  readonly text: string;
  /** Bytes: 2 or 4. */
  readonly length: 2 | 4;
  /** The row of the table; null for what is no instruction. */
  readonly instruction: Instruction | null;
}

/** Bits 1:0 of a compressed encoding are not 11 (Unprivileged ISA, "Expanded Instruction-Length Encoding"). */
const lengthOf = (encoding: number): 2 | 4 => ((encoding & 3) === 3 ? 4 : 2);

/** Rows by what decides first: the opcode, or quadrant and funct3 of a compressed instruction. */
const bucketOf = (encoding: number) =>
  lengthOf(encoding) === 4 ? encoding & 0x7f : 0x80 | ((encoding >>> 11) & 0x1c) | (encoding & 3);

const buckets = new Map<number, Instruction[]>();
for (const row of instructions) {
  if (row.writtenOnly) continue;
  const bucket = bucketOf(row.match);
  buckets.set(bucket, [...(buckets.get(bucket) ?? []), row]);
}

function isIt(row: Instruction, encoding: number): boolean {
  if ((encoding & row.mask) >>> 0 !== row.match) return false;
  return fieldsOf(row).every((name) => fits(name, decodeField(name, encoding)));
}

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;

/** A fence's set of accesses as letters; the empty set, which has none, as 0. */
const fenceSet = (set: number) => [...'iorw'].filter((_, i) => set & (8 >> i)).join('') || '0';

function fieldText(name: FieldName, encoding: number, options: DisassembleOptions): string {
  const field = fieldOf(name);
  const value = decodeField(name, encoding);
  switch (field.kind) {
    case 'register':
      return registerNames[value]!;
    case 'csr':
      return csrName(value) ?? hex(value);
    case 'fence':
      return fenceSet(value);
    case 'target': {
      const target = ((options.address ?? 0) + value) >>> 0;
      const symbol = options.symbolAt?.(target);
      return symbol === undefined ? hex(target) : `${hex(target)} <${symbol}>`;
    }
    case 'immediate':
      if (field.wraps20) return hex(value & 0xf_ffff);
      return field.hex ? hex(value) : String(value);
  }
}

function operandText(operand: Operand, encoding: number, options: DisassembleOptions): string {
  if (operand.kind === 'literal') return operand.register;
  if (operand.kind === 'field') return fieldText(operand.field, encoding, options);
  const offset = operand.offset === null ? '' : fieldText(operand.offset, encoding, options);
  const base = operand.base === 'sp' ? 'sp' : fieldText(operand.base, encoding, options);
  return `${offset}(${base})`;
}

/** Reads one encoding; of a word whose low half is a compressed instruction, that half. */
export function disassemble(word: number, options: DisassembleOptions = {}): Disassembled {
  const length = lengthOf(word);
  const encoding = length === 2 ? word & 0xffff : word >>> 0;
  const rows = buckets.get(bucketOf(encoding)) ?? [];
  const aliases = options.aliases ?? true;
  const found = rows.find((row) => (aliases || row.alias === undefined) && isIt(row, encoding));
  if (found === undefined) {
    const text = `${length === 2 ? '.short' : '.word'} ${hex(encoding)}`;
    return { text, length, instruction: null };
  }
  const operands = found.operands.map((operand) => operandText(operand, encoding, options));
  const text = operands.length === 0 ? found.name : `${found.name} ${operands.join(', ')}`;
  return { text, length, instruction: found };
}
