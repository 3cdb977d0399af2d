/** Compiles statements, and runs the calls of a program's functions. */
import { AwkArray } from './arrays.ts';
import { nested } from './calls.ts';
import { acting, all, type Code, type Frame, from, pure, run } from './code.ts';
import { ExpressionCompiler } from './compile.ts';
import { formatValues } from './printf.ts';
import { ExitSignal } from './problems.ts';
import type { Call, Destination, Expression, FunctionDefinition, Statement } from './syntax.ts';
import { toNumber, toText, type Value } from './values.ts';

/** Where to go on after a statement: with the next one, or somewhere else. */
export type Flow = null | 'break' | 'continue' | 'next' | 'nextfile' | 'return';

type Step = Code<Flow>;

export class StatementCompiler extends ExpressionCompiler {
  readonly #bodies = new Map<FunctionDefinition, Step>();

  /** Statements one after the other. */
  block(statements: readonly Statement[]): Step {
    const steps = statements.map((statement) => this.statement(statement));
    const { machine } = this;
    return acting(function* (frame) {
      for (const step of steps) {
        yield* machine.tick();
        const flow = step.now !== null ? step.now(frame) : yield* step.acts(frame);
        if (flow !== null) return flow;
      }
      return null;
    });
  }

  statement(statement: Statement): Step {
    const { machine } = this;
    switch (statement.kind) {
      case 'expression':
        return from(this.expression(statement.expression), () => null);
      case 'print':
        return this.#print(statement.args, statement.to);
      case 'printf':
        return this.#printf(statement.args, statement.to);
      case 'if':
        return this.#if(statement);
      case 'while':
      case 'do':
        return this.#loop(
          this.test(statement.test),
          null,
          this.statement(statement.body),
          statement.kind === 'do',
        );
      case 'for':
        return this.#for(statement);
      case 'forIn':
        return this.#forIn(statement);
      case 'block':
        return this.block(statement.body);
      case 'break':
      case 'continue':
      case 'next':
      case 'nextfile':
        return pure(() => statement.kind);
      case 'exit':
        return from(this.#optional(statement.value), (value) => {
          if (statement.value !== null) machine.status = Math.trunc(toNumber(value)) & 255;
          throw new ExitSignal();
        });
      case 'return':
        return from(this.#optional(statement.value), (value) => {
          machine.returned = value;
          return 'return';
        });
      case 'delete': {
        const array = this.array(statement.array);
        if (statement.subscripts === null) {
          return pure((frame) => {
            array(frame).clear();
            return null;
          });
        }
        return from(this.key(statement.subscripts), (key, frame) => {
          array(frame).delete(key);
          return null;
        });
      }
    }
  }

  #optional(value: Expression | null): Code {
    return value === null ? pure(() => null) : this.expression(value);
  }

  #if({ test, yes, no }: Extract<Statement, { kind: 'if' }>): Step {
    const decides = this.test(test);
    const [first, second] = [this.statement(yes), no === null ? null : this.statement(no)];
    return acting(function* (frame) {
      const decided = decides.now !== null ? decides.now(frame) : yield* decides.acts(frame);
      const step = decided ? first : second;
      if (step === null) return null;
      return step.now !== null ? step.now(frame) : yield* step.acts(frame);
    });
  }

  /** `after`: what `for` does between two turns. `once`: the first turn is not tested. */
  #loop(test: Code<boolean>, after: Step | null, body: Step, once: boolean): Step {
    const { machine } = this;
    return acting(function* (frame) {
      for (let tested = !once; ; tested = true) {
        yield* machine.tick();
        if (tested && !(yield* run(test, frame))) return null;
        const flow = body.now !== null ? body.now(frame) : yield* body.acts(frame);
        if (flow === 'break') return null;
        if (flow !== null && flow !== 'continue') return flow;
        if (after !== null) yield* run(after, frame);
      }
    });
  }

  #for({ first, test, next, body }: Extract<Statement, { kind: 'for' }>): Step {
    const begin = first === null ? null : this.statement(first);
    const loop = this.#loop(
      test === null ? pure(() => true) : this.test(test),
      next === null ? null : this.statement(next),
      this.statement(body),
      false,
    );
    return acting(function* (frame) {
      if (begin !== null) yield* run(begin, frame);
      return yield* run(loop, frame);
    });
  }

  #forIn({ target, array: name, body }: Extract<Statement, { kind: 'forIn' }>): Step {
    const { machine } = this;
    const array = this.array(name);
    const access = this.access(target);
    const step = this.statement(body);
    return acting(function* (frame) {
      for (const key of array(frame).keys()) {
        yield* machine.tick();
        access.set(frame, yield* run(access.key, frame), key);
        const flow = step.now !== null ? step.now(frame) : yield* step.acts(frame);
        if (flow === 'break') return null;
        if (flow !== null && flow !== 'continue') return flow;
      }
      return null;
    });
  }

  #print(args: readonly Expression[], to: Destination | null): Step {
    const { machine } = this;
    const values =
      args.length === 0 ? pure(() => [machine.record.get(0)]) : all(args.map((arg) => this.expression(arg)));
    const text = from(values, (given) => {
      const ofmt = machine.textOf('OFMT');
      return given.map((value) => toText(value, ofmt)).join(machine.textOf('OFS')) + machine.textOf('ORS');
    });
    return this.#write(text, to);
  }

  #printf(args: readonly Expression[], to: Destination | null): Step {
    const { machine } = this;
    const made = from(all(args.map((arg) => this.expression(arg))), ([format, ...values]) =>
      formatValues('printf', machine.text(format!), values, machine.convfmt),
    );
    const write = this.#write(
      from(made, ({ text, problem }) => {
        machine.pending = problem;
        return text;
      }),
      to,
    );
    return acting(function* (frame) {
      yield* run(write, frame);
      // What came before the mistake in the format has been written.
      const { pending } = machine;
      machine.pending = null;
      if (pending !== null) throw pending;
      return null;
    });
  }

  #write(text: Code<string>, to: Destination | null): Step {
    const { machine } = this;
    const { streams } = machine;
    const name = to === null ? null : this.expression(to.name);
    return acting(function* (frame) {
      const written = yield* run(text, frame);
      const output =
        name === null
          ? streams.standardOutput
          : yield* streams.output(to!.kind, machine.text(yield* run(name, frame)));
      yield* output.write(written);
      return null;
    });
  }

  #body(callee: FunctionDefinition): Step {
    const body = this.#bodies.get(callee) ?? this.block(callee.body!);
    this.#bodies.set(callee, body);
    return body;
  }

  protected override call({ callee, args }: Call): Code {
    const { machine } = this;
    const { parameters } = callee;
    const given = parameters.map((parameter, i): Code<Value | AwkArray> => {
      const arg = args[i];
      if (parameter.kind !== 'array') return arg === undefined ? pure(() => null) : this.expression(arg);
      return arg?.kind === 'variable' ? pure(this.array(arg.name)) : pure(() => new AwkArray());
    });
    const values = all(given);
    let body: Step | null = null;
    const bodyOf = () => this.#body(callee);
    return acting(function* (frame) {
      const inner: Frame = yield* run(values, frame);
      body ??= bodyOf();
      machine.enter(parameters.length);
      machine.returned = null;
      const flow = yield* nested(run(body, inner));
      machine.leave(parameters.length);
      return flow === 'return' ? machine.returned : null;
    });
  }
}
