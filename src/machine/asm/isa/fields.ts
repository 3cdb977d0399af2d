/**
 * The fields an instruction is made of: where the bits of each operand lie in the encoding and which values it takes
 * (Unprivileged ISA, "Base Instruction Formats", "Immediate Encoding Variants" and "Compressed Instruction Formats").
 * Assembler and disassembler read and write encodings through this one table.
 */

/** `count` bits of the value, from bit `from` on, stand at bit `at` of the encoding. */
type Slice = readonly [from: number, count: number, at: number];

/** How an operand is written. A `target` is written as an address and stored relative to the instruction. */
export type FieldKind = 'register' | 'immediate' | 'target' | 'csr' | 'fence';

export interface Field {
  readonly kind: FieldKind;
  readonly slices: readonly Slice[];
  readonly signed: boolean;
  /** Smallest and largest value, and what every value is a multiple of. */
  readonly low: number;
  readonly high: number;
  readonly multiple: number;
  /** Values that mean another instruction or none. */
  readonly not: readonly number[];
  /** Shown as hexadecimal, as objdump does. */
  readonly hex: boolean;
  /** A negative value is written as its low 20 bits (c.lui). */
  readonly wraps20: boolean;
}

type Extra = Partial<Pick<Field, 'kind' | 'not' | 'hex' | 'wraps20' | 'low'>>;

function field(signed: boolean, slices: readonly Slice[], extra: Extra = {}): Field {
  const top = Math.max(...slices.map(([from, count]) => from + count));
  const multiple = 2 ** Math.min(...slices.map(([from]) => from));
  return {
    kind: 'immediate',
    slices,
    signed,
    low: signed ? -(2 ** (top - 1)) : 0,
    high: (signed ? 2 ** (top - 1) : 2 ** top) - multiple,
    multiple,
    not: [],
    hex: false,
    wraps20: false,
    ...extra,
  };
}

const register = (at: number, not: readonly number[] = []) =>
  field(false, [[0, 5, at]], { kind: 'register', not });

/** x8 … x15 in three bits (rd′, rs1′, rs2′). */
const popular = (at: number): Field => ({
  ...field(false, [[0, 3, at]], { kind: 'register', low: 8 }),
  high: 15,
});

export const fields = {
  rd: register(7),
  rs1: register(15),
  rs2: register(20),
  imm: field(true, [[0, 12, 20]]),
  storeImm: field(true, [
    [0, 5, 7],
    [5, 7, 25],
  ]),
  branch: field(
    true,
    [
      [1, 4, 8],
      [5, 6, 25],
      [11, 1, 7],
      [12, 1, 31],
    ],
    { kind: 'target' },
  ),
  upper: field(false, [[0, 20, 12]], { hex: true }),
  jump: field(
    true,
    [
      [1, 10, 21],
      [11, 1, 20],
      [12, 8, 12],
      [20, 1, 31],
    ],
    { kind: 'target' },
  ),
  shamt: field(false, [[0, 5, 20]], { hex: true }),
  csr: field(false, [[0, 12, 20]], { kind: 'csr' }),
  zimm: field(false, [[0, 5, 15]]),
  pred: field(false, [[0, 4, 24]], { kind: 'fence' }),
  succ: field(false, [[0, 4, 20]], { kind: 'fence' }),

  // Compressed formats. Registers that may not be x0 would be another instruction, a hint or reserved.
  cRd: register(7, [0]),
  cRdAny: register(7),
  cRdNotSp: register(7, [2]),
  cRs2: register(2, [0]),
  cRs2Any: register(2),
  cRdPrime: popular(2),
  cRs1Prime: popular(7),
  cRs2Prime: popular(2),
  ciImm: field(true, [
    [0, 5, 2],
    [5, 1, 12],
  ]),
  ciUpper: field(
    true,
    [
      [0, 5, 2],
      [5, 1, 12],
    ],
    { not: [0], hex: true, wraps20: true },
  ),
  ciStack: field(
    true,
    [
      [4, 1, 6],
      [5, 1, 2],
      [6, 1, 5],
      [7, 2, 3],
      [9, 1, 12],
    ],
    { not: [0] },
  ),
  ciwStack: field(
    false,
    [
      [2, 1, 6],
      [3, 1, 5],
      [4, 2, 11],
      [6, 4, 7],
    ],
    { not: [0] },
  ),
  cShamt: field(false, [[0, 5, 2]], { not: [0], hex: true }),
  cLoadStack: field(false, [
    [2, 3, 4],
    [5, 1, 12],
    [6, 2, 2],
  ]),
  cStoreStack: field(false, [
    [2, 4, 9],
    [6, 2, 7],
  ]),
  cWord: field(false, [
    [2, 1, 6],
    [3, 3, 10],
    [6, 1, 5],
  ]),
  cBranch: field(
    true,
    [
      [1, 2, 3],
      [3, 2, 10],
      [5, 1, 2],
      [6, 2, 5],
      [8, 1, 12],
    ],
    { kind: 'target' },
  ),
  cJump: field(
    true,
    [
      [1, 3, 3],
      [4, 1, 11],
      [5, 1, 2],
      [6, 1, 7],
      [7, 1, 6],
      [8, 2, 9],
      [10, 1, 8],
      [11, 1, 12],
    ],
    { kind: 'target' },
  ),
} as const satisfies Record<string, Field>;

export type FieldName = keyof typeof fields;

/** True for the name of a field (rather than of a register written out in a template). */
export const isFieldName = (name: string): name is FieldName => Object.hasOwn(fields, name);

/** The field called `name`. */
export const fieldOf = (name: FieldName): Field => fields[name];

/** Whether `value` can stand in the field. */
export function fits(name: FieldName, value: number): boolean {
  const { low, high, multiple, not } = fields[name] as Field;
  return value >= low && value <= high && value % multiple === 0 && !not.includes(value);
}

/** The bits of a value that fits. */
export function encodeField(name: FieldName, value: number): number {
  const { slices, low, signed } = fields[name] as Field;
  const stored = signed ? value : value - low;
  let bits = 0;
  for (const [from, count, at] of slices) bits |= ((stored >> from) & (2 ** count - 1)) << at;
  return bits >>> 0;
}

/** The value that `encoding` holds in the field. */
export function decodeField(name: FieldName, encoding: number): number {
  const { slices, low, signed } = fields[name] as Field;
  let value = 0;
  let top = 0;
  for (const [from, count, at] of slices) {
    value |= ((encoding >>> at) & (2 ** count - 1)) << from;
    top = Math.max(top, from + count);
  }
  return signed ? (value << (32 - top)) >> (32 - top) : value + low;
}

/** All bits of the encoding that the field takes. */
export function fieldMask(name: FieldName): number {
  let mask = 0;
  for (const [, count, at] of (fields[name] as Field).slices) mask |= (2 ** count - 1) << at;
  return mask >>> 0;
}
