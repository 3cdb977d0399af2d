/** From a row of the table and values to codes: ranges checked, compressed where asked, branches lengthened. */
import type { Place } from './diagnostics.ts';
import { decodeField, encodeField, type FieldName, fieldOf, fits } from './isa/fields.ts';
import { describeField, fieldsOf, type Instruction } from './isa/instruction.ts';
import { type Compression, compressionsOf, realInstruction } from './isa/table.ts';
import type { Code, Environment } from './program.ts';

/** One field and its value; a target's is relative to the instruction. */
export interface FieldValue {
  readonly field: FieldName;
  readonly value: number;
  readonly place: Place;
}

/** The encoding with these values, which must fit. */
function encodingOf(row: Instruction, values: readonly FieldValue[]): number {
  return values.reduce((bits, { field, value }) => (bits | encodeField(field, value)) >>> 0, row.match);
}

/** The code of the instruction `name` with the given fields, which must fit; others are 0. For expansions. */
export function code(name: string, values: Partial<Record<FieldName, number>>): Code {
  const row = realInstruction(name);
  const encoding = Object.entries(values).reduce(
    (bits, [field, value]) => (bits | encodeField(field as FieldName, value)) >>> 0,
    row.match,
  );
  return { encoding, length: row.length };
}

/** The compressed code that means the same, or null (Unprivileged ISA, "C" Extension). */
export function compressed(name: string, encoding: number): Code | null {
  return (
    compressionsOf(name)
      .map((compression) => compressTo(compression, encoding))
      .find((found) => found !== null) ?? null
  );
}

function compressTo({ row, fields }: Compression, encoding: number): Code | null {
  const values = new Map<FieldName, number>();
  for (const [field, source] of Object.entries(fields)) {
    let value = decodeField(field as FieldName, encoding);
    if (typeof source === 'number') {
      if (value !== source) return null;
      continue;
    }
    if (fieldOf(source).wraps20 && value >= 0x8_0000) value -= 0x10_0000;
    if ((values.get(source) ?? value) !== value) return null;
    if (!fits(source, value) || row.hints?.[source] === value) return null;
    values.set(source, value);
  }
  let bits = row.match;
  for (const [field, value] of values) bits |= encodeField(field, value);
  return { encoding: bits, length: 2 };
}

/** Numbers that 32 bits hold as unsigned stand for the negative number with the same bits. */
const asSigned = (value: number) => (value >= 2 ** 31 && value < 2 ** 32 ? value - 2 ** 32 : value);

/** The value as the field takes it, if it can. */
export function adapt(name: FieldName, value: number): number {
  const field = fieldOf(name);
  if (field.kind === 'target') return value | 0;
  if (field.wraps20 && value >= 0xf_ffe0 && value <= 0xf_ffff) return value - 0x10_0000;
  return field.signed ? asSigned(value) : value;
}

const plural = (multiple: number) => (multiple === 1 ? '' : `, in multiples of ${multiple}`);

/** Says why a value does not fit. */
function complain(
  row: Instruction,
  { field: name, value, place }: FieldValue,
  environment: Environment,
): void {
  const field = fieldOf(name);
  if (field.kind === 'register') {
    environment.report(
      place,
      `${row.name} cannot use this register here`,
      `it takes a ${describeField(name)}${field.not.length > 0 ? ` other than ${field.not.map((n) => `x${n}`).join(' and ')}` : ''}`,
    );
    return;
  }
  if (field.kind === 'target') {
    const odd = value % field.multiple !== 0;
    const why = odd
      ? 'instructions stand at even addresses'
      : `${row.name} reaches ${field.low} to ${field.high}`;
    environment.report(
      place,
      `the target is ${value} bytes from here; ${why}`,
      odd ? undefined : 'put the target nearer, or go there with `la t0, target` and `jr t0`',
    );
    return;
  }
  const not = field.not.length > 0 ? ` but not ${field.not.join(' or ')}` : '';
  const hint =
    name === 'imm' && row.name !== 'jalr' && fieldsOf(row).length === 3
      ? 'a larger constant goes into a register first: `li t0, constant`'
      : undefined;
  environment.report(
    place,
    `the ${describeField(name)} ${value} does not fit: ${row.name} takes ${field.low} to ${field.high}${plural(field.multiple)}${not}`,
    hint,
  );
}

export interface EncodeOptions {
  readonly compress: boolean;
}

/** GNU as compresses a jump that is written `j`, but none that is written `jal`. */
const neverShortened = new Set(['jal']);

function shortened(row: Instruction, encoding: number, options: EncodeOptions): Code | null {
  if (!options.compress || row.length === 2 || neverShortened.has(row.name)) return null;
  return compressed(row.name, encoding) ?? compressed(row.alias ?? row.name, encoding);
}

/**
 * A conditional branch further than it reaches: the opposite branch around a jump, of 6 bytes if that branch can be compressed, else of
 * 8; null if even the jump does not reach.
 */
function distantBranch(
  row: Instruction,
  values: readonly FieldValue[],
  branch: FieldValue,
  options: EncodeOptions,
  least: number,
): readonly Code[] | null {
  const around = (skip: number): number => {
    const near = encodingOf(
      row,
      values.map((v) => (v === branch ? { ...v, value: skip } : v)),
    );
    // Bit 0 of funct3 turns beq into bne, blt into bge, bltu into bgeu.
    return (near ^ 0x1000) >>> 0;
  };
  // Only beq and bne have compressed forms.
  const opposite = ['beq', 'bne'][(around(0) >>> 12) & 7];
  const mayShorten = options.compress && least <= 6 && opposite !== undefined;
  const short = mayShorten ? compressed(opposite, around(6)) : null;
  const first: Code = short ?? { encoding: around(8), length: 4 };
  const distance = branch.value - first.length;
  return fits('jump', distance) ? [first, code('jal', { rd: 0, jump: distance })] : null;
}

/** The codes for one instruction, `least` bytes of them or more: layout only ever makes an instruction longer. */
export function encodeInstruction(
  row: Instruction,
  values: readonly FieldValue[],
  options: EncodeOptions,
  environment: Environment,
  least: number,
): readonly Code[] {
  const bad = values.filter(({ field, value }) => !fits(field, value));
  if (bad.length === 0 && least <= row.length) {
    const encoding = encodingOf(row, values);
    const short = least <= 2 ? shortened(row, encoding, options) : null;
    return [short ?? { encoding, length: row.length }];
  }
  const branch = values.find(({ field }) => field === 'branch');
  if (branch !== undefined && branch.value % 2 === 0 && bad.every((value) => value === branch)) {
    const distant = distantBranch(row, values, branch, options, least);
    if (distant !== null) return distant;
  }
  for (const value of bad) complain(row, value, environment);
  return [{ encoding: row.match, length: row.length }];
}
