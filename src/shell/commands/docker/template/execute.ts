/** A template filled in: text/template's exec.go. */

import { goQuote } from '../../../../base/index.ts';
import { argumentFault, callFunction, countFault, isTrue, textFault } from './functions.ts';
import type { Command, Operand, Parsed, Part, Pipe, Placed } from './parse.ts';
import { CallFault, goType, LONGEST, NIL, show, sizeOf, sortedEntries } from './show.ts';

/** What cannot be filled in: why, and at what of the template. */
export class FillFault extends Error {
  readonly text: string;
  readonly at: number;
  /** The named template in which it is. */
  template = '';
  constructor(message: string, { text, at }: { readonly text: string; readonly at: number }) {
    super(message);
    this.text = text;
    this.at = at;
  }
}

/** The dot, and variables by their names; `$` is what the template is filled from. */
interface Scope {
  readonly dot: unknown;
  readonly variables: Map<string, { value: unknown }>;
}

/** Fields that hold maps of texts or of endpoints, where a key may be missing; and those that point to something or to nothing. */
const openMaps = /^(Labels|Attributes|Options|Annotations|Sysctls|Tmpfs|DriverOpts|Networks)$/;
const pointers =
  /^(Health|Healthcheck|SizeRw|SizeRootFs|StopTimeout|PidsLimit|OomKillDisable|MemorySwappiness|Init|IPAMConfig)$/;

/** Templates within templates: of Go's own limit, which is in its words, no more than the stack of JavaScript bears. */
const DEEPEST = 500;
/** Steps that a template may take to be filled: what takes more is taken for one without an end. */
const STEPS = 1e6;
/** Letters that are handled in one step. */
const STRIDE = 32;
/** So many variables are copied for an inner scope in one step. */
const COPIED = 2;

/** Lists have no fields, and what every object of JavaScript inherits is none. */
const hasField = (at: unknown, name: string): at is Readonly<Record<string, unknown>> =>
  typeof at === 'object' && at !== null && !Array.isArray(at) && Object.hasOwn(at, name);

const noMethod = (field: string, at: Operand) =>
  new FillFault(`${field} is not a method but has arguments`, at);

function* countedTo(end: number): Generator<readonly [number, number]> {
  for (let i = 0; i < end; i++) yield [i, i];
}

type Method = (argument: string) => string;

/** How text goes on after a part. */
type Flow = 'on' | 'break' | 'continue';

export class Filling {
  readonly #named: Parsed['named'];
  readonly #type: string | null;
  #out = '';
  #depth = 0;
  #steps = 0;
  /** What is told as the place where it is too much. */
  #place: Placed = { text: '', at: 0 };

  /** `type` is what fields are looked up in, as messages name it; null for a map. */
  constructor(named: Parsed['named'], type: string | null) {
    this.#named = named;
    this.#type = type;
  }

  /** Throws FillFault. */
  fill(parts: readonly Part[], data: unknown): string {
    this.#parts(parts, { dot: data, variables: new Map([['$', { value: data }]]) });
    return this.#out;
  }

  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > STEPS) throw new FillFault('so many steps are not simulated', this.#place);
  }

  #write(text: string): void {
    this.#spend(text.length / STRIDE);
    this.#out += text;
    if (this.#out.length > LONGEST) throw new FillFault('so much text is not simulated', this.#place);
  }

  /** A scope within another one, for what is declared in it. */
  #inner(dot: unknown, variables: Scope['variables']): Scope {
    this.#spend(variables.size / COPIED);
    return { dot, variables: new Map(variables) };
  }

  #parts(parts: readonly Part[], { dot, variables }: Scope): Flow {
    const scope = this.#inner(dot, variables);
    for (const part of parts) {
      const flow = this.#part(part, scope);
      if (flow !== 'on') return flow;
    }
    return 'on';
  }

  #part(part: Part, scope: Scope): Flow {
    if (part.kind === 'template') this.#place = part;
    else if ('pipe' in part) this.#place = part.pipe;
    this.#spend(1);
    switch (part.kind) {
      case 'text':
        this.#write(part.text);
        return 'on';
      case 'action': {
        const value = this.#pipe(part.pipe, scope);
        if (part.pipe.names.length === 0) this.#write(show(value, part.pipe.text));
        return 'on';
      }
      case 'template': {
        const parts = this.#named.get(part.name);
        if (parts === undefined) throw new FillFault(`template ${goQuote(part.name)} not defined`, part);
        const data = part.pipe === null ? NIL : this.#pipe(part.pipe, scope);
        if (++this.#depth > DEEPEST) throw new FillFault('exceeded maximum template depth (100000)', part);
        try {
          this.#parts(parts, { dot: data, variables: new Map([['$', { value: data }]]) });
        } catch (error) {
          if (error instanceof FillFault) error.template ||= part.name;
          throw error;
        }
        this.#depth--;
        return 'on';
      }
      case 'break':
      case 'continue':
        return part.kind;
      default: {
        const inner = this.#inner(scope.dot, scope.variables);
        if (part.kind === 'range') return this.#range(part, inner);
        const value = this.#pipe(part.pipe, inner);
        if (!isTrue(value)) return this.#parts(part.otherwise, inner);
        return this.#parts(part.body, part.kind === 'with' ? { ...inner, dot: value } : inner);
      }
    }
  }

  /** Maps are gone through by their keys in order, numbers from 0 on. */
  #range(
    { pipe, body, otherwise }: Extract<Part, { readonly pipe: Pipe; readonly body: unknown }>,
    scope: Scope,
  ): Flow {
    const { names } = pipe;
    const value = this.#pipe({ ...pipe, names: [] }, scope);
    const isIterable = typeof value === 'number' || value === null || typeof value === 'object';
    const isFraction = typeof value === 'number' && !Number.isInteger(value);
    if ((!isIterable || isFraction) && value !== undefined && value !== NIL)
      throw new FillFault(`range can't iterate over ${show(value)}`, pipe);
    if (!isTrue(value) || (typeof value === 'number' && value < 0)) return this.#parts(otherwise, scope);
    const entries: Iterable<readonly [string | number, unknown]> =
      typeof value === 'number'
        ? countedTo(value)
        : Array.isArray(value)
          ? value.entries()
          : sortedEntries(value as object);
    for (const [key, item] of entries) {
      this.#place = pipe;
      this.#spend(1);
      const given = names.length > 1 ? [key, item] : [item];
      const { variables } = this.#inner(item, scope.variables);
      for (const [i, name] of names.entries())
        if (pipe.assigns) variables.get(name)!.value = given[i];
        else variables.set(name, { value: given[i] });
      if (this.#parts(body, { dot: item, variables }) === 'break') break;
    }
    return 'on';
  }

  #pipe({ commands, names, assigns }: Pipe, scope: Scope): unknown {
    let value: unknown;
    for (const [i, command] of commands.entries())
      value = this.#command(command, i === 0 ? [] : [value], scope);
    for (const name of names) {
      const known = scope.variables.get(name);
      if (assigns && known === undefined)
        throw new FillFault(`undefined variable: ${name}`, commands.at(-1)!.operands.at(-1)!);
      if (assigns) known!.value = value;
      else scope.variables.set(name, { value });
    }
    return value;
  }

  /** `last` is what the command before has given, if there is one. */
  #command(command: Command, last: readonly unknown[], scope: Scope): unknown {
    const [first, ...operands] = command.operands as [Operand, ...Operand[]];
    if (first.kind === 'function') return this.#call(first.name, first, command, operands, last, scope);
    if (first.kind === 'nil') throw new FillFault('nil is not a command', first);
    const hasArguments = operands.length + last.length > 0;
    const value = this.#found(first, scope, hasArguments);
    if (typeof value === 'function') return this.#method(value as Method, first, operands, last, scope);
    if (!hasArguments) return value;
    const field = 'path' in first ? first.path.at(-1) : undefined;
    if (field === undefined) throw new FillFault(`can't give argument to non-function ${first.text}`, first);
    throw noMethod(field, first);
  }

  #call(
    name: string,
    first: Operand,
    command: Command,
    operands: readonly Operand[],
    last: readonly unknown[],
    scope: Scope,
  ): unknown {
    const wrong = countFault(name, operands.length + last.length);
    if (wrong !== null) throw new FillFault(wrong, first);
    const args: unknown[] = [];
    for (const [i, operand] of operands.entries()) {
      const value = this.#operand(operand, scope);
      const fault = argumentFault(name, i, value, operand.kind === 'literal' ? operand.text : null);
      if (fault !== null) throw new FillFault(fault, operand);
      args.push(value);
      // The rest is not asked for: a field that is not there may stand in it.
      if ((name === 'and' && !isTrue(value)) || (name === 'or' && isTrue(value))) return value;
    }
    for (const value of last) {
      const fault = argumentFault(name, operands.length, value, null);
      if (fault !== null) throw new FillFault(fault, command);
      args.push(value);
    }
    try {
      this.#spend(1 + args.reduce<number>((sum, arg) => sum + sizeOf(arg), 0) / STRIDE);
      const given = callFunction(name, args);
      if (typeof given === 'string') this.#spend(given.length / STRIDE);
      return given;
    } catch (error) {
      if (!(error instanceof CallFault)) throw error;
      throw new FillFault(`error calling ${name}: ${error.message}`, command);
    }
  }

  /** A method of what is shown: those that there are take one text. */
  #method(
    method: Method,
    first: Operand,
    operands: readonly Operand[],
    last: readonly unknown[],
    scope: Scope,
  ): string {
    const name = 'path' in first ? (first.path.at(-1) ?? '') : '';
    const count = operands.length + last.length;
    if (count !== 1) throw new FillFault(`wrong number of args for ${name}: want 1 got ${count}`, first);
    const [operand = first] = operands;
    const value = operands.length > 0 ? this.#operand(operand, scope) : last[0];
    const fault = textFault(value, operand.kind === 'literal' ? operand.text : null);
    if (fault !== null) throw new FillFault(fault, operand);
    return method(show(value));
  }

  /** An operand's value: a method is called, without arguments here. */
  #operand(operand: Operand, scope: Scope): unknown {
    const value = this.#found(operand, scope);
    return typeof value === 'function' ? this.#method(value as Method, operand, [], [], scope) : value;
  }

  /** A method itself, where an operand names one. */
  #found(operand: Operand, scope: Scope, hasArguments = false): unknown {
    switch (operand.kind) {
      case 'literal':
        return operand.value;
      case 'nil':
        return NIL;
      case 'function':
        return this.#call(
          operand.name,
          operand,
          { operands: [operand], text: operand.text, at: operand.at },
          [],
          [],
          scope,
        );
      case 'dot':
        return this.#fields(scope.dot, operand, null, hasArguments);
      case 'variable':
        return this.#fields(scope.variables.get(operand.name)?.value, operand, null, hasArguments);
      case 'pipe': {
        const value = this.#pipe(operand.pipe, scope);
        // A field that there is not is told at what was looked at last.
        const { text, at } = operand.pipe.commands.at(-1)!.operands.at(-1)!;
        return this.#fields(value, { ...operand, text, at }, goType(value), hasArguments);
      }
    }
  }

  /** Fields of fields. `type` is of what is known to be no map. */
  #fields(
    value: unknown,
    operand: Operand & { path: readonly string[] },
    type: string | null,
    hasArguments: boolean,
  ): unknown {
    let at = value;
    let last = '';
    for (const name of operand.path) {
      if (at === undefined && openMaps.test(last)) return undefined;
      if (hasField(at, name)) at = at[name];
      else if (openMaps.test(last)) return undefined;
      else if (pointers.test(name)) return NIL;
      else if (hasArguments && name === operand.path.at(-1) && this.#isMap(at)) throw noMethod(name, operand);
      else throw this.#noField(name, at, operand, type);
      if (at === null && pointers.test(name)) return NIL;
      last = name;
    }
    return at;
  }

  #isMap(value: unknown): boolean {
    return this.#type === null && typeof value === 'object' && value !== null && !Array.isArray(value);
  }

  #noField(name: string, at: unknown, operand: Operand, type: string | null): FillFault {
    if (this.#isMap(at)) return new FillFault(`map has no entry for key "${name}"`, operand);
    const named = this.#type ?? type ?? 'interface {}';
    return new FillFault(`can't evaluate field ${name} in type ${named}`, operand);
  }
}
