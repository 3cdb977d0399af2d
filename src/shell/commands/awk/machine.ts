/** A running awk program's state: variables, arrays, the record, streams, what rand() goes on from. */
import { MICROSECOND } from '../../../base/index.ts';
import { type ProgramContext, type Sys, sys } from '../../../linux/index.ts';
import { AwkArray, type Key } from './arrays.ts';
import { fromShell } from './bytes.ts';
import { INTEGER_LIMIT } from './format.ts';
import { unescaped } from './lexer.ts';
import { AwkError, RunTimeError } from './problems.ts';
import { AwkRandom } from './random.ts';
import { AwkRecord, FieldCount } from './record.ts';
import { Streams } from './streams.ts';
import type { Name } from './syntax.ts';
import { InputText, toNumber, toText, type Value } from './values.ts';

export interface Variable {
  value: Value;
}

/** CPU time of a statement, and after how many the kernel gets to see it: a loop can be interrupted there. */
const STATEMENT_COST = MICROSECOND;
const STATEMENTS_AT_ONCE = 50;

/** mawk's stack of values, which each call takes its parameters from. */
const STACK_SIZE = 1024;

export class Machine {
  readonly streams: Streams;
  readonly record: AwkRecord;
  /** What `exit` gave last. */
  status = 0;
  /** What `return` gave last. */
  returned: Value = null;
  /** A mistake in a printf format, told when what precedes it has been written. */
  pending: RunTimeError | null = null;
  readonly #names: ReadonlyMap<string, Name>;
  readonly #variables = new Map<string, Variable>();
  readonly #arrays = new Map<string, AwkArray>();
  readonly #separators: { readonly [name: string]: Variable };
  #random: AwkRandom;
  #seed: Value;
  #statements = 0;
  #stack = 0;

  /** `seed`: what rand() begins with, a number of 32 bits. */
  constructor(names: ReadonlyMap<string, Name>, { argv, env }: ProgramContext, eager: boolean, seed: number) {
    this.#names = names;
    this.streams = new Streams(env, eager);
    const machine = this;
    this.record = new AwkRecord({
      get fs() {
        return machine.text(machine.#separators.FS!.value);
      },
      get ofs() {
        return machine.text(machine.#separators.OFS!.value);
      },
      get convfmt() {
        return machine.convfmt;
      },
    });
    this.#variables.set('NF', new FieldCount(this.record));
    const initial: Record<string, Value> = { FS: ' ', OFS: ' ', RS: '\n', ORS: '\n', SUBSEP: '\x1c' };
    Object.assign(initial, { CONVFMT: '%.6g', OFMT: '%.6g', NR: 0, FNR: 0, RSTART: 0, RLENGTH: -1 });
    for (const [name, value] of Object.entries(initial)) this.variable(name).value = value;
    this.#separators = {
      FS: this.variable('FS'),
      OFS: this.variable('OFS'),
      CONVFMT: this.variable('CONVFMT'),
    };
    this.#random = new AwkRandom(seed);
    this.#seed = seed;
    const environ = this.array('ENVIRON');
    for (const [name, text] of env) environ.set(fromShell(name), new InputText(fromShell(text)));
    const args = this.array('ARGV');
    argv.forEach((arg, i) => {
      args.set(i, new InputText(fromShell(arg)));
    });
    this.variable('ARGC').value = argv.length;
  }

  /** A global variable. */
  variable(name: string): Variable {
    const known = this.#variables.get(name);
    if (known !== undefined) return known;
    const variable: Variable = { value: null };
    this.#variables.set(name, variable);
    return variable;
  }

  /** A global array. */
  array(name: string): AwkArray {
    const array = this.#arrays.get(name) ?? new AwkArray();
    this.#arrays.set(name, array);
    return array;
  }

  /** `name=text` of the command line; escapes count. Throws RunTimeError for an array. */
  assign(name: string, text: string): void {
    if (this.#names.get(name)?.kind === 'array')
      throw new RunTimeError(`cannot command line assign to ${name}\n\ttype clash or keyword`);
    this.variable(name).value = new InputText(unescaped(text));
  }

  get convfmt(): string {
    const { value } = this.#separators.CONVFMT!;
    return typeof value === 'string' ? value : toText(value, '%.6g');
  }

  text(value: Value): string {
    return typeof value === 'string' ? value : toText(value, this.convfmt);
  }

  /** A variable's value as text. */
  textOf(name: string): string {
    return this.text(this.variable(name).value);
  }

  /** Several subscripts are joined by SUBSEP. */
  key(subscripts: readonly Value[]): Key {
    const [first] = subscripts;
    if (subscripts.length > 1) {
      return subscripts.map((part) => this.text(part!)).join(this.textOf('SUBSEP'));
    }
    if (typeof first === 'number' && Number.isInteger(first) && Math.abs(first) <= INTEGER_LIMIT)
      return first;
    return this.text(first!);
  }

  /** Counts a record of the main input, and with FNR one of its file. */
  countRecord(): void {
    for (const name of ['NR', 'FNR']) {
      const variable = this.variable(name);
      variable.value = toNumber(variable.value) + 1;
    }
  }

  rand(): number {
    return this.#random.fraction();
  }

  /** Gives the seed that was in use. */
  seed(value: Value): Value {
    const before = this.#seed;
    this.#seed = value;
    const number = toNumber(value);
    this.#random = new AwkRandom(Number.isFinite(number) ? Math.trunc(number) % 2 ** 32 : 0);
    return before;
  }

  /** Called once a statement and once a turn of a loop. */
  *tick(): Sys<void> {
    if (++this.#statements < STATEMENTS_AT_ONCE) return;
    this.#statements = 0;
    yield* sys.compute(STATEMENT_COST * STATEMENTS_AT_ONCE);
  }

  /** A call with so many parameters begins. Throws AwkError when they nest too deep. */
  enter(parameters: number): void {
    this.#stack += Math.max(parameters, 1);
    if (this.#stack >= STACK_SIZE) {
      throw new AwkError(`program limit exceeded: eval stack size=${STACK_SIZE}`);
    }
  }

  leave(parameters: number): void {
    this.#stack -= Math.max(parameters, 1);
  }
}
