/** The one table of instructions that assembler, disassembler and the book's figures read. */
import { assert } from '../../../base/index.ts';
import { type AliasRow, shownAliases, writtenAliases } from './aliases.ts';
import { baseInstructions } from './base.ts';
import { alternateExpansions, compressedInstructions } from './compressed.ts';
import { encodeField, type FieldName, fieldMask } from './fields.ts';
import { type FieldMap, type Instruction, parseSyntax } from './instruction.ts';

const real = new Map([...baseInstructions, ...compressedInstructions].map((row) => [row.name, row]));

/** The instruction, not pseudo-instruction, called `name`; the name must be one. */
export function realInstruction(name: string): Instruction {
  const found = real.get(name);
  assert(found !== undefined, `no instruction ${name}`);
  return found;
}

function alias([name, syntax, of, fixed]: AliasRow, writtenOnly: boolean): Instruction {
  const target = realInstruction(of);
  let { match, mask } = target;
  for (const [field, value] of Object.entries(fixed)) {
    match = (match | encodeField(field as FieldName, Number(value))) >>> 0;
    mask = (mask | fieldMask(field as FieldName)) >>> 0;
  }
  const { length, extension } = target;
  return {
    name,
    syntax,
    operands: parseSyntax(syntax),
    length,
    match,
    mask,
    extension,
    alias: of,
    writtenOnly,
  };
}

/** Every row: pseudo-instructions first, so that a reader who wants them finds them first. */
export const instructions: readonly Instruction[] = [
  ...shownAliases.map((row) => alias(row, false)),
  ...baseInstructions,
  ...compressedInstructions,
  ...writtenAliases.map((row) => alias(row, true)),
];

const byName = new Map<string, Instruction[]>();
for (const row of instructions) byName.set(row.name, [...(byName.get(row.name) ?? []), row]);

/** The rows with this mnemonic: the forms it can be written in. */
export const instructionsNamed = (name: string): readonly Instruction[] => byName.get(name) ?? [];

/** Every mnemonic that is one instruction. */
export const instructionNames = (): readonly string[] => [...byName.keys()];

/** A compressed instruction, and what the fields of the instruction it stands for hold. */
export interface Compression {
  readonly row: Instruction;
  readonly fields: FieldMap;
}

const byExpansion = new Map<string, Compression[]>();
const addCompression = (name: string, row: Instruction, fields: FieldMap) =>
  byExpansion.set(name, [...(byExpansion.get(name) ?? []), { row, fields }]);
for (const row of compressedInstructions) {
  if (row.expands !== undefined) addCompression(row.expands.name, row, row.expands.fields);
}
for (const [name, from, fields] of alternateExpansions) addCompression(from, realInstruction(name), fields);

/** The compressed instructions that stand for some form of the instruction `name`, preferred first. */
export const compressionsOf = (name: string): readonly Compression[] => byExpansion.get(name) ?? [];
