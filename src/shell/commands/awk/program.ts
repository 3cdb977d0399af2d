/** Runs a program: BEGIN, the rules on each record, END. */
import type { ProgramContext, Sys } from '../../../linux/index.ts';
import { toShell } from './bytes.ts';
import { withCalls } from './calls.ts';
import { type Code, run } from './code.ts';
import { Machine } from './machine.ts';
import { MainInput } from './mainInput.ts';
import { AwkError, ExitSignal, RunTimeError } from './problems.ts';
import { type Flow, StatementCompiler } from './statements.ts';
import type { AwkProgram, Rule } from './syntax.ts';
import { toNumber } from './values.ts';

export interface RunOptions {
  /** -v: name and text. */
  readonly assignments: readonly (readonly [string, string])[];
  readonly eager: boolean;
  readonly seed: number;
}

/** A rule that is ready to run; `selects` is for a range, which remembers whether it is open. */
interface ReadyRule {
  readonly selects: () => Sys<boolean>;
  readonly action: Code<Flow>;
}

function readyRule(compiler: StatementCompiler, { first, last, action }: Rule): ReadyRule {
  const begins = first === null ? null : compiler.test(first);
  const ends = last === null ? null : compiler.test(last);
  let open = false;
  return {
    *selects() {
      if (begins === null) return true;
      if (ends === null) return yield* run(begins, []);
      if (!open && !(yield* run(begins, []))) return false;
      open = !(yield* run(ends, []));
      return true;
    },
    action: compiler.block(action ?? [{ kind: 'print', args: [], to: null }]),
  };
}

function* readAll(machine: Machine, input: MainInput, rules: readonly ReadyRule[]): Sys<void> {
  for (let record = yield* input.next(); record !== null; record = yield* input.next()) {
    machine.record.read(record);
    for (const { selects, action } of rules) {
      if (!(yield* selects())) continue;
      const flow = yield* run(action, []);
      if (flow === 'nextfile') yield* input.skipFile();
      if (flow !== null) break;
    }
    yield* machine.tick();
  }
}

function* perform(program: AwkProgram, machine: Machine): Sys<void> {
  const input = new MainInput(machine);
  const compiler = new StatementCompiler(machine, input);
  const [begin, end] = [program.begin, program.end].map((actions) =>
    actions.map((body) => compiler.block(body)),
  );
  const rules = program.rules.map((rule) => readyRule(compiler, rule));
  try {
    for (const action of begin!) yield* run(action, []);
    if (rules.length === 0 && end!.length === 0) return;
    yield* readAll(machine, input, rules);
  } catch (error) {
    if (!(error instanceof ExitSignal)) throw error;
  }
  try {
    for (const action of end!) yield* run(action, []);
  } catch (error) {
    if (!(error instanceof ExitSignal)) throw error;
  }
}

/** The program's exit status. Throws AwkError; what was printed before has then been written. */
export function* runProgram(program: AwkProgram, context: ProgramContext, options: RunOptions): Sys<number> {
  const machine = new Machine(program.globals, context, options.eager, options.seed);
  try {
    for (const [name, text] of options.assignments) machine.assign(name, text);
    yield* withCalls(perform(program, machine));
  } catch (error) {
    if (!(error instanceof AwkError) && !(error instanceof RunTimeError)) throw error;
    yield* machine.streams.finish();
    if (error instanceof AwkError) throw error;
    const [fnr, nr] = ['FNR', 'NR'].map((name) => toNumber(machine.variable(name).value));
    const where = `FILENAME="${machine.textOf('FILENAME')}" FNR=${fnr} NR=${nr}`;
    throw new AwkError(toShell(`run time error: ${error.message}\n\t${where}`));
  }
  yield* machine.streams.finish();
  return machine.status;
}
