/** Compiles expressions; see code.ts for what a compiled piece is. */
import type { AwkArray, Key } from './arrays.ts';
import { actingBuiltins, plainBuiltins } from './builtins.ts';
import { acting, all, both, type Code, choose, type Frame, from, pure, run } from './code.ts';
import type { Machine } from './machine.ts';
import type { MainInput } from './mainInput.ts';
import { bounded } from './problems.ts';
import type { Regex } from './regex.ts';
import { dynamicRegex, splitFields } from './separators.ts';
import { substitute } from './substitution.ts';
import type { Arithmetic, Call, Expression, Name, Target } from './syntax.ts';
import { compare, InputText, isTrue, toNumber, type Value } from './values.ts';

/** A target whose subscripts are computed once, then read, set, or both. */
interface Access {
  readonly key: Code<Key>;
  get(frame: Frame, key: Key): Value;
  set(frame: Frame, key: Key, value: Value): void;
}

const always = <T>(value: T): Code<T> => pure(() => value);

function calculate(operator: Arithmetic, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '^':
      return a ** b;
  }
}

export abstract class ExpressionCompiler {
  readonly machine: Machine;
  readonly #input: MainInput;

  constructor(machine: Machine, input: MainInput) {
    this.machine = machine;
    this.#input = input;
  }

  expression(expression: Expression): Code {
    const { machine } = this;
    switch (expression.kind) {
      case 'number':
      case 'string':
        return always<Value>(expression.value);
      case 'regex': {
        const { regex } = expression;
        return pure(() => (regex.test(machine.text(machine.record.get(0))) ? 1 : 0));
      }
      case 'group':
        return this.expression(expression.items[0]!);
      case 'variable':
      case 'element':
      case 'field': {
        const access = this.access(expression);
        return from(access.key, (key, frame) => access.get(frame, key));
      }
      case 'assignment':
        return this.#assignment(expression.target, expression.operator, this.expression(expression.value));
      case 'step':
        return this.#step(expression.target, expression.by, expression.before);
      case 'conditional':
        return choose(
          this.test(expression.test),
          this.expression(expression.yes),
          this.expression(expression.no),
        );
      case 'and':
        return choose(this.test(expression.left), this.#truth(expression.right), always<Value>(0));
      case 'or':
        return choose(this.test(expression.left), always<Value>(1), this.#truth(expression.right));
      case 'not':
        return from(this.test(expression.operand), (value) => (value ? 0 : 1));
      case 'minus':
        return from(this.expression(expression.operand), (value) => -toNumber(value));
      case 'plus':
        return from(this.expression(expression.operand), toNumber);
      case 'arithmetic': {
        const { operator } = expression;
        return both(this.expression(expression.left), this.expression(expression.right), (a, b) =>
          calculate(operator, toNumber(a), toNumber(b)),
        );
      }
      case 'concatenation':
        return both(this.expression(expression.left), this.expression(expression.right), (a, b) =>
          bounded(machine.text(a) + machine.text(b)),
        );
      case 'comparison': {
        const { operator } = expression;
        return both(this.expression(expression.left), this.expression(expression.right), (a, b) =>
          compare(operator, a, b, machine.convfmt) ? 1 : 0,
        );
      }
      case 'match': {
        const { negated } = expression;
        return both(this.expression(expression.text), this.#pattern(expression.pattern), (text, regex) =>
          regex.test(machine.text(text)) !== negated ? 1 : 0,
        );
      }
      case 'in': {
        const array = this.array(expression.array);
        return from(this.key(expression.subscripts), (key, frame) => (array(frame).has(key) ? 1 : 0));
      }
      case 'builtin':
        return this.#builtin(expression.name, expression.args);
      case 'call':
        return this.call(expression);
      case 'getline':
        return this.#getline(expression);
    }
  }

  test(expression: Expression): Code<boolean> {
    return from(this.expression(expression), isTrue);
  }

  #truth(expression: Expression): Code {
    return from(this.test(expression), (value): Value => (value ? 1 : 0));
  }

  key(subscripts: readonly Expression[]): Code<Key> {
    const { machine } = this;
    const [only] = subscripts;
    if (subscripts.length === 1) return from(this.expression(only!), (value) => machine.key([value]));
    return from(all(subscripts.map((part) => this.expression(part))), (values) => machine.key(values));
  }

  array({ text, parameter }: Name): (frame: Frame) => AwkArray {
    if (parameter !== null) return (frame) => frame[parameter] as AwkArray;
    const array = this.machine.array(text);
    return () => array;
  }

  access(target: Target): Access {
    const { machine } = this;
    if (target.kind === 'element') {
      const array = this.array(target.array);
      return {
        key: this.key(target.subscripts),
        get: (frame, key) => array(frame).get(key),
        set: (frame, key, value) => array(frame).set(key, value),
      };
    }
    if (target.kind === 'field') {
      const { record } = machine;
      return {
        key: from(this.expression(target.index), toNumber),
        get: (_frame, index) => record.get(index as number),
        set: (_frame, index, value) => record.set(index as number, value),
      };
    }
    const { text, parameter } = target.name;
    if (parameter !== null) {
      return {
        key: always<Key>(0),
        get: (frame) => frame[parameter] as Value,
        set: (frame, _key, value) => {
          frame[parameter] = value;
        },
      };
    }
    const variable = machine.variable(text);
    return {
      key: always<Key>(0),
      get: () => variable.value,
      set: (_frame, _key, value) => {
        variable.value = value;
      },
    };
  }

  #assignment(target: Target, operator: Arithmetic | null, value: Code): Code {
    const access = this.access(target);
    return both(access.key, value, (key, given, frame) => {
      const result =
        operator === null ? given : calculate(operator, toNumber(access.get(frame, key)), toNumber(given));
      access.set(frame, key, result);
      return result;
    });
  }

  #step(target: Target, by: 1 | -1, before: boolean): Code {
    const access = this.access(target);
    return from(access.key, (key, frame) => {
      const old = toNumber(access.get(frame, key));
      access.set(frame, key, old + by);
      return before ? old + by : old;
    });
  }

  #pattern(expression: Expression): Code<Regex> {
    if (expression.kind === 'regex') return always(expression.regex);
    return from(this.expression(expression), (value) => dynamicRegex(this.machine.text(value)));
  }

  #builtin(name: string, args: readonly Expression[]): Code {
    const { machine } = this;
    switch (name) {
      case 'length':
        return this.#length(args[0]);
      case 'split':
        return this.#split(args);
      case 'sub':
      case 'gsub':
        return this.#substitution(args, name === 'gsub');
      case 'match':
        return both(this.expression(args[0]!), this.#pattern(args[1]!), (text, regex) => {
          const found = regex.find(machine.text(text));
          machine.variable('RLENGTH').value = found === null ? -1 : found.end - found.start;
          const start = found === null ? 0 : found.start + 1;
          machine.variable('RSTART').value = start;
          return start;
        });
      default: {
        const values = all(args.map((arg) => this.expression(arg)));
        const plain = plainBuiltins[name];
        if (plain !== undefined) return from(values, (given) => plain(machine, given));
        const acts = actingBuiltins[name]!;
        return acting(function* (frame) {
          return yield* acts(machine, yield* run(values, frame));
        });
      }
    }
  }

  #length(arg: Expression | undefined): Code {
    const { machine } = this;
    if (arg?.kind === 'variable' && arg.name.kind === 'array') {
      const array = this.array(arg.name);
      return pure((frame) => array(frame).size);
    }
    const text = this.expression(arg ?? { kind: 'field', index: { kind: 'number', value: 0 } });
    return from(text, (value) => machine.text(value).length);
  }

  #split([text, array, separator]: readonly Expression[]): Code {
    const { machine } = this;
    const parts = this.array((array as { name: Name }).name);
    const by: Code<string | Regex> =
      separator === undefined
        ? pure(() => machine.textOf('FS'))
        : separator.kind === 'regex'
          ? always(separator.regex)
          : from(this.expression(separator), (value) => machine.text(value));
    return both(this.expression(text!), by, (value, given, frame) => {
      const fields = splitFields(machine.text(value), given);
      const into = parts(frame);
      into.clear();
      fields.forEach((field, i) => {
        into.set(i + 1, new InputText(field));
      });
      return fields.length;
    });
  }

  #substitution([pattern, replacement, target]: readonly Expression[], every: boolean): Code {
    const { machine } = this;
    const access = this.access((target as Target) ?? { kind: 'field', index: { kind: 'number', value: 0 } });
    const found = both(this.#pattern(pattern!), this.expression(replacement!), (regex, text) => ({
      regex,
      text: machine.text(text),
    }));
    return both(found, access.key, ({ regex, text }, key, frame) => {
      const made = substitute(machine.text(access.get(frame, key)), regex, text, every);
      if (made.count > 0) access.set(frame, key, made.text);
      return made.count;
    });
  }

  /** A call of a function of the program; function bodies are statements. */
  protected abstract call(call: Call): Code;

  /** All forms of getline: 1 for a record, 0 at the end, -1 when it cannot be read. As in mawk only the main input's records count in NR. */
  #getline({ source, target }: Extract<Expression, { kind: 'getline' }>): Code {
    const { machine } = this;
    const input = this.#input;
    const access = target === null ? null : this.access(target);
    const name = source === null ? always<Value>(null) : this.expression(source.name);
    return acting(function* (frame) {
      const from = machine.text(yield* run(name, frame));
      const key = access === null ? 0 : yield* run(access.key, frame);
      let record: string | null;
      if (source === null) record = yield* input.next();
      else {
        const reader =
          source.kind === 'command'
            ? yield* machine.streams.inputCommand(from)
            : yield* machine.streams.inputFile(from);
        if (reader === null) return -1;
        record = yield* reader.next(machine.textOf('RS'));
      }
      if (record === null) return 0;
      if (access === null) machine.record.read(record);
      else access.set(frame, key, new InputText(record));
      return 1;
    });
  }
}
