/** Values of expressions once addresses are known (or guessed, in a round of layout). */
import { type Diagnostics, didYouMean, type Hint, type Place } from './diagnostics.ts';
import type { Expression } from './expression.ts';
import { allCsrNames, csrNumber } from './isa/csrs.ts';
import { allRegisterNames } from './isa/registers.ts';
import { type Assignment, type Draft, displayName, type Environment, type Mark } from './program.ts';

/** A number; `address` says that it moves with the program, so that only some operators make sense. */
interface Value {
  readonly number: bigint;
  readonly address: boolean;
}

const wrap = (value: bigint) => BigInt.asIntN(64, value);
const truth = (value: boolean) => (value ? -1n : 0n);

const operators: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '<<': (a, b) => (b < 0n || b > 63n ? 0n : a << b),
  '>>': (a, b) => (b < 0n || b > 63n ? 0n : BigInt.asUintN(64, a) >> b),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '==': (a, b) => truth(a === b),
  '!=': (a, b) => truth(a !== b),
  '<>': (a, b) => truth(a !== b),
  '<': (a, b) => truth(a < b),
  '>': (a, b) => truth(a > b),
  '<=': (a, b) => truth(a <= b),
  '>=': (a, b) => truth(a >= b),
  '&&': (a, b) => (a !== 0n && b !== 0n ? 1n : 0n),
  '||': (a, b) => (a !== 0n || b !== 0n ? 1n : 0n),
};

/** The upper 20 bits that, with the sign-extended low 12 added, give `value`. */
export const high20 = (value: number): number => ((value + 0x800) >>> 12) & 0xf_ffff;

/** The low 12 bits as addi and loads take them. */
export const low12 = (value: number): number => (value << 20) >> 20;

/** Steps one expression may take: symbols that use symbols twice each would double without end. */
const MOST_STEPS = 20_000;

/** Evaluates in one draft; `diagnostics` null in rounds whose problems are not final. */
export class Evaluator {
  readonly #draft: Draft;
  readonly #diagnostics: Diagnostics | null;
  /** Assignments being evaluated: one that needs itself has no value. */
  readonly #open = new Set<Assignment>();
  #steps = 0;
  /** Address of the item being encoded. */
  #now = 0;

  constructor(draft: Draft, diagnostics: Diagnostics | null) {
    this.#draft = draft;
    this.#diagnostics = diagnostics;
  }

  report(place: Place, message: string, hint?: Hint): null {
    this.#diagnostics?.add(place, message, hint);
    return null;
  }

  /** In the first round of layout what follows has no place yet: it counts as near, so that instructions start short. */
  addressOf(mark: Mark): number {
    const offset = mark.section.offsets[mark.index];
    return offset === undefined ? this.#now : mark.section.address + offset;
  }

  /** What an item at `address` sees. */
  at(address: number): Environment {
    this.#now = address;
    return {
      address,
      report: (place, message, hint) => void this.report(place, message, hint),
      constant: (expression) => {
        const value = this.value(expression, address);
        return value === null ? null : Number(value.number);
      },
      absolute: (expression, hint) => {
        const value = this.value(expression, address);
        if (value === null) return null;
        if (value.address)
          return this.report(expression.place, 'expected a constant, found an address', hint);
        return Number(value.number);
      },
    };
  }

  /** null, and reported, if it has none. `address` is of the instruction it stands in, for `%pcrel_hi`. */
  value(expression: Expression, address: number): Value | null {
    this.#steps = 0;
    return this.#value(expression, address);
  }

  #value(expression: Expression, address: number): Value | null {
    if (++this.#steps > MOST_STEPS)
      return this.report(expression.place, 'this expression takes too long to evaluate');
    switch (expression.kind) {
      case 'number':
        return { number: wrap(expression.value), address: false };
      case 'mark':
        return { number: BigInt(this.addressOf(expression.mark)), address: true };
      case 'symbol':
        return this.#symbol(expression.name, expression.bound, expression.place);
      case 'unary': {
        const operand = this.#value(expression.operand, address);
        if (operand === null || expression.operator === '+') return operand;
        if (operand.address)
          return this.report(expression.place, `\`${expression.operator}\` of an address has no meaning`);
        const n = operand.number;
        if (expression.operator === '!') return { number: n === 0n ? 1n : 0n, address: false };
        return { number: wrap(expression.operator === '-' ? -n : ~n), address: false };
      }
      case 'binary':
        return this.#binary(expression, address);
      case 'modifier':
        return this.#modifier(expression, address);
    }
  }

  #symbol(name: string, bound: Assignment | undefined, place: Place): Value | null {
    const entry = this.#draft.symbols.get(name);
    const assignment = bound ?? entry?.assignment;
    if (assignment !== undefined) {
      if (this.#open.has(assignment)) return this.report(place, `\`${name}\` is defined by itself`);
      if (this.#open.size > 200) return this.report(place, `\`${name}\` depends on too many other symbols`);
      this.#open.add(assignment);
      const value = this.#value(assignment.value, 0);
      this.#open.delete(assignment);
      return value;
    }
    if (entry?.mark !== undefined) return { number: BigInt(this.addressOf(entry.mark)), address: true };
    const shown = displayName(name);
    if (shown !== name) return this.report(place, `there is no label \`${shown}:\` after this line`);
    const hint = () => {
      if (csrNumber(name) !== undefined) return 'this is a CSR: csrr reads it';
      const known = [...this.#draft.symbols.values()].filter((s) => s.mark ?? s.assignment);
      const symbol = didYouMean(
        name,
        known.map((s) => s.name),
      );
      return symbol ?? didYouMean(name, [...allRegisterNames(), ...allCsrNames()]);
    };
    return this.report(place, `no symbol is called \`${name}\``, hint);
  }

  #binary(expression: Extract<Expression, { kind: 'binary' }>, at: number): Value | null {
    const { operator, place } = expression;
    const left = this.#value(expression.left, at);
    const right = this.#value(expression.right, at);
    if (left === null || right === null) return null;
    if ((operator === '/' || operator === '%') && right.number === 0n)
      return this.report(expression.right.place, 'division by zero');
    let address = false;
    if (left.address || right.address) {
      const both = left.address && right.address;
      const comparison = /^[=!<>]+$/.test(operator) && operator !== '<<' && operator !== '>>';
      if (operator === '+' && !both) address = true;
      else if (operator === '-' && left.address) address = !both;
      else if (!(comparison && both))
        return this.report(
          place,
          `\`${operator}\` of ${both ? 'two addresses' : 'an address and a number'} has no meaning`,
          'an address takes + and − of a number; two addresses can be subtracted and compared',
        );
    }
    return { number: wrap(operators[operator]!(left.number, right.number)), address };
  }

  #modifier(expression: Extract<Expression, { kind: 'modifier' }>, address: number): Value | null {
    const { name, operand } = expression;
    if (name === 'pcrel_lo') return this.#pcrelLow(operand);
    const value = this.#value(operand, address);
    if (value === null) return null;
    const number = Number(BigInt.asIntN(32, value.number));
    const result =
      name === 'hi' ? high20(number) : name === 'lo' ? low12(number) : high20((number - address) | 0);
    return { number: BigInt(result), address: false };
  }

  /** `%pcrel_lo(label)`: the low part of what `%pcrel_hi` at that label computes. */
  #pcrelLow(operand: Expression): Value | null {
    const entry = operand.kind === 'symbol' ? this.#draft.symbols.get(operand.name) : undefined;
    const mark = operand.kind === 'mark' ? operand.mark : entry?.mark;
    const item = mark?.section.items[mark.index];
    if (mark === undefined || item?.kind !== 'instruction' || item.pcrelHigh === undefined)
      return this.report(
        operand.place,
        '%pcrel_lo takes the label of the auipc that has the %pcrel_hi',
        'write `1: auipc a0, %pcrel_hi(x)` and then `addi a0, a0, %pcrel_lo(1b)`',
      );
    const address = this.addressOf(mark);
    const target = this.#value(item.pcrelHigh, address);
    if (target === null) return null;
    return {
      number: BigInt(low12((Number(BigInt.asIntN(32, target.number)) - address) | 0)),
      address: false,
    };
  }
}
