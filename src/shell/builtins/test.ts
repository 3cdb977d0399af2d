/** test and [: the number of arguments decides how they are read (POSIX `test`). */
import type { Sys } from '../../linux/index.ts';
import { fileComparison, integerComparison, unaryTest } from '../exec/fileTests.ts';
import type { Shell } from '../state/shell.ts';
import { compareText } from '../state/variables.ts';
import type { BuiltinTable } from './types.ts';

const unaryOperators = /^-[abcdefghknoprstuvwxzGLNORS]$/;
/** Without those about a shell's own state. */
const unaryOperatorsOfProgram = /^-[bcdefghknprstuwxzGLNOS]$/;
const binaryOperators = new Set('= == != < > -eq -ne -lt -le -gt -ge -nt -ot -ef'.split(' '));

/** Of parentheses in each other. */
const DEEPEST = 1000;

/** The expression is wrong: status 2. */
export class TestError extends Error {}

class Test {
  readonly #shell: Shell | null;
  readonly #args: readonly string[];
  #pos = 0;
  #depth = 0;

  constructor(shell: Shell | null, args: readonly string[]) {
    this.#shell = shell;
    this.#args = args;
  }

  #isUnary(operator: string): boolean {
    return (this.#shell === null ? unaryOperatorsOfProgram : unaryOperators).test(operator);
  }

  *run(): Sys<boolean> {
    const args = this.#args;
    switch (args.length) {
      case 0:
        return false;
      case 1:
        return args[0] !== '';
      case 2:
        return yield* this.#two(args[0]!, args[1]!);
      case 3:
        if (this.#isThree(args)) return yield* this.#three(args[0]!, args[1]!, args[2]!);
        break;
      case 4:
        if (args[0] === '!') return !(yield* new Test(this.#shell, args.slice(1)).run());
        if (args[0] === '(' && args[3] === ')') return yield* this.#two(args[1]!, args[2]!);
        break;
    }
    const result = yield* this.#or();
    if (this.#pos < args.length) throw new TestError('too many arguments');
    return result;
  }

  *#two(operator: string, operand: string): Sys<boolean> {
    if (operator === '!') return operand === '';
    if (!this.#isUnary(operator)) throw new TestError(`${operator}: unary operator expected`);
    return yield* unaryTest(this.#shell, operator, operand);
  }

  #isThree([first, second, third]: readonly string[]): boolean {
    if (binaryOperators.has(second!) || second === '-a' || second === '-o') return true;
    if (first === '!' || (first === '(' && third === ')')) return true;
    throw new TestError(`${second}: binary operator expected`);
  }

  *#three(first: string, second: string, third: string): Sys<boolean> {
    if (binaryOperators.has(second)) return yield* this.#binary(second, first, third);
    if (second === '-a') return first !== '' && third !== '';
    if (second === '-o') return first !== '' || third !== '';
    if (first === '!') return !(yield* this.#two(second, third));
    return second !== '';
  }

  *#or(): Sys<boolean> {
    let value = yield* this.#and();
    while (this.#args[this.#pos] === '-o') {
      this.#pos++;
      const right = yield* this.#and();
      value = value || right;
    }
    return value;
  }

  *#and(): Sys<boolean> {
    let value = yield* this.#primary();
    while (this.#args[this.#pos] === '-a') {
      this.#pos++;
      const right = yield* this.#primary();
      value = value && right;
    }
    return value;
  }

  *#primary(): Sys<boolean> {
    const args = this.#args;
    const first = args[this.#pos];
    if (first === undefined) throw new TestError('argument expected');
    if (first === '!') {
      let negated = false;
      for (; args[this.#pos] === '!'; this.#pos++) negated = !negated;
      return (yield* this.#primary()) !== negated;
    }
    const operator = args[this.#pos + 1];
    if (operator !== undefined && binaryOperators.has(operator) && this.#pos + 2 < args.length) {
      this.#pos += 3;
      return yield* this.#binary(operator, first, args[this.#pos - 1]!);
    }
    if (first === '(') {
      this.#pos++;
      if (++this.#depth > DEEPEST) throw new TestError('expression nested too deeply');
      const value = yield* this.#or();
      this.#depth--;
      if (args[this.#pos++] !== ')') throw new TestError("`)' expected");
      return value;
    }
    if (this.#isUnary(first) && operator !== undefined) {
      this.#pos += 2;
      return yield* unaryTest(this.#shell, first, operator);
    }
    this.#pos++;
    return first !== '';
  }

  *#binary(operator: string, left: string, right: string): Sys<boolean> {
    switch (operator) {
      case '=':
      case '==':
        return left === right;
      case '!=':
        return left !== right;
      case '<':
        return compareText(left, right) < 0;
      case '>':
        return compareText(left, right) > 0;
      case '-nt':
      case '-ot':
      case '-ef':
        return yield* fileComparison(operator, left, right);
      default:
        return integerComparison(operator, integer(left), integer(right));
    }
  }
}

function integer(text: string): bigint {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw new TestError(`${text}: integer expression expected`);
  return BigInt(text.trim().replace(/^\+/, ''));
}

/** Whether the expression holds; `shell` is null for the program test(1). Throws {@link TestError}. */
export function* evaluateTest(shell: Shell | null, args: readonly string[]): Sys<boolean> {
  return yield* new Test(shell, args).run();
}

function* test(shell: Shell, name: string, args: readonly string[]): Sys<number> {
  let operands = args;
  try {
    if (name === '[') {
      if (args.at(-1) !== ']') throw new TestError("missing `]'");
      operands = args.slice(0, -1);
    }
    return (yield* evaluateTest(shell, operands)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestError)) throw error;
    yield* shell.complain(`${name}: ${error.message}`);
    return 2;
  }
}

export const testBuiltins: BuiltinTable = {
  test: {
    synopsis: 'test [expr]',
    summary: 'Evaluates a conditional expression.',
    *run(shell, args) {
      return yield* test(shell, 'test', args);
    },
  },
  '[': {
    synopsis: '[ arg... ]',
    summary: 'Evaluates a conditional expression; the last argument is a closing bracket.',
    *run(shell, args) {
      return yield* test(shell, '[', args);
    },
  },
};
