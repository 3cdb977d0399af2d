/** The operands of an instruction as written, and which form of the instruction they fit. */
import { didYouMean, type Place } from './diagnostics.ts';
import { type Cursor, type Expression, SyntaxProblem } from './expression.ts';
import { csrNumber } from './isa/csrs.ts';
import type { FieldName } from './isa/fields.ts';
import { fieldOf } from './isa/fields.ts';
import { describeField, type Instruction, type Operand } from './isa/instruction.ts';
import { allRegisterNames, registerNames, registerNumber } from './isa/registers.ts';
import { instructionsNamed } from './isa/table.ts';
import { displayName } from './program.ts';

export type Written =
  | { readonly kind: 'register'; readonly number: number; readonly place: Place }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly place: Place }
  | {
      readonly kind: 'memory';
      readonly offset: Expression | null;
      readonly base: number;
      readonly basePlace: Place;
      readonly place: Place;
    };

/** A field of the chosen form and what was written for it. */
export interface Argument {
  readonly field: FieldName;
  readonly value: number | Expression;
  readonly place: Place;
}

function register(cursor: Cursor): number | undefined {
  const token = cursor.peek();
  const number = token?.kind === 'word' ? registerNumber(token.text) : undefined;
  if (number !== undefined) cursor.next();
  return number;
}

function base(cursor: Cursor): { base: number; basePlace: Place } {
  const basePlace = cursor.place;
  const number = register(cursor);
  if (number === undefined)
    throw new SyntaxProblem(
      basePlace,
      `expected a register in brackets, found ${cursor.found()}`,
      nearRegister(cursor.peek()?.text),
    );
  cursor.expect(')', 'after the register');
  return { base: number, basePlace };
}

const nearRegister = (text: string | undefined) =>
  text === undefined || !/^[a-z]/.test(text) ? undefined : didYouMean(text, allRegisterNames());

function operand(cursor: Cursor): Written {
  const { place } = cursor;
  const number = register(cursor);
  if (number !== undefined) return { kind: 'register', number, place };
  const inside = cursor.peek(1);
  const bare =
    cursor.peek()?.text === '(' &&
    inside?.kind === 'word' &&
    registerNumber(inside.text) !== undefined &&
    cursor.peek(2)?.text === ')';
  if (bare) {
    cursor.next();
    return { kind: 'memory', offset: null, ...base(cursor), place };
  }
  const expression = cursor.expression();
  if (cursor.take('(')) return { kind: 'memory', offset: expression, ...base(cursor), place };
  return { kind: 'expression', expression, place };
}

/** Reads all operands up to the end of the statement. */
export function parseOperands(cursor: Cursor): Written[] {
  const list: Written[] = [];
  if (cursor.done) return list;
  for (;;) {
    list.push(operand(cursor));
    if (cursor.done) return list;
    if (!cursor.take(','))
      throw new SyntaxProblem(cursor.place, `expected \`,\` between operands, found ${cursor.found()}`);
  }
}

/** A set of accesses for a fence: letters of iorw in order, or 0. */
function fenceSet(expression: Expression): number | null {
  if (expression.kind === 'number') return expression.value === 0n ? 0 : null;
  if (expression.kind !== 'symbol' || !/^i?o?r?w?$/.test(expression.name)) return null;
  return [...expression.name].reduce((set, letter) => set | (8 >> 'iorw'.indexOf(letter)), 0);
}

/** What `written` gives for one operand of a form, or null if it is of another kind. */
function fitOperand(operand: Operand, written: Written): Argument[] | null {
  const { place } = written;
  if (operand.kind === 'literal')
    return written.kind === 'register' && registerNames[written.number] === operand.register ? [] : null;
  if (operand.kind === 'memory') {
    if (written.kind !== 'memory') return null;
    const { offset, base: number, basePlace } = written;
    if (operand.base === 'sp' && number !== 2) return null;
    const out: Argument[] =
      operand.base === 'sp' ? [] : [{ field: operand.base, value: number, place: basePlace }];
    if (operand.offset !== null) out.push({ field: operand.offset, value: offset ?? 0, place });
    else if (offset !== null && !(offset.kind === 'number' && offset.value === 0n)) return null;
    return out;
  }
  const { field } = operand;
  const { kind } = fieldOf(field);
  if (kind === 'register')
    return written.kind === 'register' ? [{ field, value: written.number, place }] : null;
  if (written.kind !== 'expression') return null;
  const { expression } = written;
  if (kind === 'fence') {
    const set = fenceSet(expression);
    return set === null ? null : [{ field, value: set, place }];
  }
  const csr = kind === 'csr' && expression.kind === 'symbol' ? csrNumber(expression.name) : undefined;
  return [{ field, value: csr ?? expression, place }];
}

const shownFields: Partial<Record<FieldName, string>> = {
  rd: 'rd',
  rs1: 'rs1',
  rs2: 'rs2',
  csr: 'csr',
  imm: 'constant',
  storeImm: 'offset',
  upper: 'constant',
  shamt: 'shift',
  zimm: 'constant',
  pred: 'iorw',
  succ: 'iorw',
};

/** A form as a learner reads it: `lw rd, offset(rs1)`. */
export function formText(row: Instruction): string {
  const show = (name: FieldName) => {
    const { kind } = fieldOf(name);
    return (
      shownFields[name] ??
      (kind === 'target' ? 'label' : kind === 'register' ? (name.includes('Rs') ? 'rs' : 'rd') : 'constant')
    );
  };
  const operands = row.operands.map((operand) => {
    if (operand.kind === 'literal') return operand.register;
    if (operand.kind === 'field') return show(operand.field);
    const offset = operand.offset === null ? '' : 'offset';
    return `${offset}(${operand.base === 'sp' ? 'sp' : show(operand.base)})`;
  });
  return operands.length === 0 ? `${row.name} without operands` : `${row.name} ${operands.join(', ')}`;
}

function kindOf(operand: Operand): string {
  if (operand.kind === 'literal') return `\`${operand.register}\``;
  if (operand.kind === 'field') return `a ${describeField(operand.field)}`;
  return operand.offset === null ? 'an address in a register, `(rs1)`' : 'memory, `offset(register)`';
}

function inWords(written: Written): string {
  if (written.kind === 'register') return `the register \`${registerNames[written.number]}\``;
  if (written.kind === 'memory') return 'memory, `offset(register)`';
  return written.expression.kind === 'symbol' ? `\`${displayName(written.expression.name)}\`` : 'a constant';
}

/** A sister instruction that takes exactly these operands: `addi` for `add a0, a0, 1`. */
function sister(name: string, written: readonly Written[]): string | undefined {
  const candidates = [
    `${name}i`,
    name.replace(/i$/, ''),
    name.replace(/i(u?)$/, '$1'),
    name.replace(/u$/, 'iu'),
  ];
  const found = candidates.find(
    (other) => other !== name && instructionsNamed(other).some((row) => matchForm(row, written) !== null),
  );
  return found === undefined ? undefined : `\`${found}\` takes these operands`;
}

function matchForm(row: Instruction, written: readonly Written[]): Argument[] | null {
  if (row.operands.length !== written.length) return null;
  const parts = row.operands.map((operand, i) => fitOperand(operand, written[i]!));
  return parts.every((part) => part !== null) ? parts.flat() : null;
}

export interface Chosen {
  readonly row: Instruction;
  readonly args: readonly Argument[];
}

/** The first form of `name` that the operands fit; otherwise throws what was expected. */
export function chooseForm(name: string, written: readonly Written[], place: Place): Chosen {
  const rows = instructionsNamed(name);
  for (const row of rows) {
    const args = matchForm(row, written);
    if (args !== null) return { row, args };
  }
  const forms = [...rows]
    .sort((a, b) => Number(b.alias === undefined) - Number(a.alias === undefined))
    .map((row) => `\`${formText(row)}\``)
    .join(' or ');
  const hint = sister(name, written);
  const sameCount = rows.filter((row) => row.operands.length === written.length);
  if (sameCount.length === 0) {
    const count =
      written.length === 0
        ? 'no operands'
        : written.length === 1
          ? '1 operand'
          : `${written.length} operands`;
    throw new SyntaxProblem(place, `${name} is written ${forms}; found ${count}`, hint);
  }
  // The form that fits furthest is the one that was meant.
  const wrongAt = (row: Instruction) => row.operands.findIndex((o, i) => fitOperand(o, written[i]!) === null);
  const row = sameCount.reduce((best, r) => (wrongAt(r) > wrongAt(best) ? r : best));
  const index = wrongAt(row);
  const wrong = written[index]!;
  const symbol =
    wrong.kind === 'expression' && wrong.expression.kind === 'symbol' ? wrong.expression.name : undefined;
  const wantsRegister =
    row.operands[index]!.kind === 'field' && kindOf(row.operands[index]!).startsWith('a register');
  throw new SyntaxProblem(
    wrong.place,
    `operand ${index + 1} of ${name} must be ${kindOf(row.operands[index]!)}, found ${inWords(wrong)}; it is written ${forms}`,
    (wantsRegister && symbol !== undefined ? nearRegister(symbol) : undefined) ?? hint,
  );
}
