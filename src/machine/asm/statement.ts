/** One instruction statement: mnemonic and operands become an item. */
import { didYouMean, type Place } from './diagnostics.ts';
import { adapt, encodeInstruction, type FieldValue } from './encode.ts';
import { expand, expansionNames, refuseExpansion } from './expansions.ts';
import { type Cursor, type Expression, hasModifier, SyntaxProblem } from './expression.ts';
import { foreignHint } from './foreign.ts';
import { fieldOf } from './isa/fields.ts';
import { instructionNames, instructionsNamed } from './isa/table.ts';
import { type Argument, type Chosen, chooseForm, parseOperands } from './operands.ts';
import type { Environment, InstructionItem } from './program.ts';

const ADDRESS_HINT = 'load an address with `la`, or take its parts with %hi and %lo';

function value({ field, value: written, place }: Argument, environment: Environment): FieldValue | null {
  if (typeof written === 'number') return { field, value: written, place };
  const target = fieldOf(field).kind === 'target';
  const number = target ? environment.constant(written) : environment.absolute(written, ADDRESS_HINT);
  if (number === null) return null;
  return { field, value: adapt(field, target ? number - environment.address : number), place: written.place };
}

function modifierTarget(args: readonly Argument[]): Expression | undefined {
  for (const { value: written } of args) {
    if (typeof written !== 'number' && written.kind === 'modifier' && written.name === 'pcrel_hi')
      return written.operand;
  }
  return undefined;
}

function plain({ row, args }: Chosen, place: Place, compress: boolean): InstructionItem {
  // GNU as leaves what a linker would fill in alone.
  const modified = args.some((a) => typeof a.value !== 'number' && hasModifier(a.value));
  const options = { compress: compress && !modified };
  return {
    kind: 'instruction',
    place,
    pcrelHigh: modifierTarget(args),
    encode: (environment, least) => {
      const values = args.map((argument) => value(argument, environment));
      const known = values.filter((v) => v !== null);
      if (known.length < values.length) return [{ encoding: row.match, length: row.length }];
      return encodeInstruction(row, known, options, environment, least);
    },
  };
}

/** Whether `name` is an instruction or pseudo-instruction. */
export const isMnemonic = (name: string): boolean =>
  instructionsNamed(name).length > 0 || expansionNames().includes(name);

/** Reads the operands of `name` and makes its item; throws what is wrong. */
export function parseInstruction(
  name: string,
  cursor: Cursor,
  place: Place,
  compress: boolean,
  macroNames: Iterable<string>,
): InstructionItem {
  if (!isMnemonic(name)) {
    const lower = name.toLowerCase();
    const hint = isMnemonic(lower)
      ? `instructions are written in small letters: \`${lower}\``
      : (foreignHint(lower) ??
        (() => didYouMean(name, [...instructionNames(), ...expansionNames(), ...macroNames])));
    throw new SyntaxProblem(place, `\`${name}\` is no instruction`, hint);
  }
  const written = parseOperands(cursor);
  const encode = expand(name, written, compress);
  if (encode !== null) return { kind: 'instruction', place, pcrelHigh: undefined, encode };
  if (name !== 'li' && instructionsNamed(name).length > 0)
    return plain(chooseForm(name, written, place), place, compress);
  return refuseExpansion(name, place);
}
