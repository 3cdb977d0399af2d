/**
 * Runs a jq program: each part gives any number of values for one input, and, where a path is asked for, the place of each. Steps are counted,
 * so that a program that never ends is stopped.
 */
import { OPERATIONS } from './arithmetic.ts';
import { formatted } from './formats.ts';
import type { Meter } from './meter.ts';
import { at, deletePaths, getPath, type Path, setPath } from './paths.ts';
import {
  children,
  defined,
  descend,
  find,
  type Item,
  pathOf,
  plain,
  type Scope,
  take,
  variable,
  within,
} from './scope.ts';
import type { Definition, Node, Pattern } from './tree.ts';
import { described, Exhausted, isArray, isMap, JqError, truthy, typeOf, type Value } from './values.ts';

class Break extends Error {
  readonly label: Scope;
  constructor(label: Scope) {
    super('break');
    this.label = label;
  }
}

/** A name that nothing defines: found before the program runs. */
export type Native = (run: Run, input: Item, args: readonly Node[], scope: Scope | null) => Iterable<Item>;

export interface Run {
  readonly meter: Meter;
  readonly eval: (node: Node, input: Item, scope: Scope | null) => Iterable<Item>;
  /** Values alone. */
  readonly values: (node: Node, input: Item, scope: Scope | null) => Iterable<Value>;
}

/** A level takes about 1 KB of a stack that may have 984 KB, of which the shell has had some. */
const DEEPEST = 450;

export class Evaluator implements Run {
  readonly #natives: ReadonlyMap<string, Native>;
  readonly meter: Meter;
  #depth = 0;

  constructor(natives: ReadonlyMap<string, Native>, meter: Meter) {
    this.#natives = natives;
    this.meter = meter;
  }

  /** Throws JqError. */
  *run(
    node: Node,
    value: Value,
    variables: ReadonlyMap<string, Value>,
    definitions: readonly Definition[],
  ): Iterable<Value> {
    let scope: Scope | null = null;
    for (const [name, bound] of variables) scope = { parent: scope, name: `$${name}`, value: bound };
    for (const each of definitions) scope = defined(each, scope);
    try {
      for (const item of this.eval(node, { value, path: null }, scope)) {
        this.meter.weigh(item.value);
        yield item.value;
      }
    } catch (error) {
      if (error instanceof Break) throw new JqError('break');
      throw error;
    }
  }

  values = (node: Node, input: Item, scope: Scope | null): Iterable<Value> =>
    this.#values(node, input, scope);

  *#values(node: Node, { value }: Item, scope: Scope | null): Iterable<Value> {
    for (const item of this.eval(node, { value, path: null }, scope)) yield item.value;
  }

  eval(node: Node, input: Item, scope: Scope | null): Iterable<Item> {
    this.meter.spend(1);
    return this.#deeper(this.#eval(node, input, scope));
  }

  /** What is suspended while its last value is looked at takes no room on the stack. */
  *#deeper<T>(items: Iterable<T>): Iterable<T> {
    const outside = this.#depth;
    if (outside >= DEEPEST) throw new Exhausted('the program calls itself too often');
    this.#depth++;
    try {
      for (const item of items) {
        this.meter.spend(1);
        this.#depth = outside;
        yield item;
        this.#depth = outside + 1;
      }
    } finally {
      this.#depth = outside;
    }
  }

  /** A part of an array or a string is made new, and an array is searched for another. */
  #at(value: Value, key: Value): Value {
    if (isMap(key)) this.meter.made(value);
    if (isArray(key)) this.meter.spend((this.meter.weigh(value) * key.length) >> 2);
    return at(value, key);
  }

  #operate(sign: string, a: Value, b: Value): Value {
    return this.meter.made(OPERATIONS.get(sign)!(a, b, this.meter));
  }

  #formatted(name: string, value: Value): string {
    this.meter.weigh(value);
    return formatted(name, value);
  }

  *#eval(node: Node, input: Item, scope: Scope | null): Iterable<Item> {
    switch (node.kind) {
      case 'identity':
        return yield input;
      case 'recurse':
        return yield* descend(input);
      case 'literal':
        return yield plain(node.value, input);
      case 'string':
        return yield* this.#interpolated(node.parts, node.format, input, scope);
      case 'format':
        return yield plain(this.#formatted(node.name, input.value), input);
      case 'index':
      case 'slice':
        return yield* this.#access(node, input, scope);
      case 'iterate':
        for (const item of this.eval(node.of!, input, scope)) yield* children(item);
        return;
      case 'negate':
        for (const value of this.values(node.of!, input, scope)) {
          if (typeof value !== 'number') throw new JqError(`${described(value)} cannot be negated`);
          yield plain(-value, input);
        }
        return;
      case 'list':
        return yield plain(node.of === null ? [] : [...this.values(node.of, input, scope)], input);
      case 'map':
        for (const map of this.#objects(node.entries, input, scope)) yield plain(map, input);
        return;
      case 'try':
        return yield* this.#attempt(node.body, node.handler, input, scope);
      case 'binary':
        return yield* this.#binary(node, input, scope);
      case 'call':
        return yield* this.#call(node.name, node.args, input, scope);
      case 'variable':
        return yield plain(variable(node.name, scope), input);
      case 'as':
        for (const value of this.values(node.of, input, scope))
          for (const bound of this.#bind(node.pattern, value, input, scope))
            yield* this.eval(node.body, input, bound);
        return;
      case 'reduce':
      case 'foreach':
        return yield* this.#fold(node, input, scope);
      case 'if':
        for (const test of this.values(node.test, input, scope))
          yield* this.eval(truthy(test) ? node.then : node.else, input, scope);
        return;
      case 'define':
        return yield* this.eval(node.body, input, defined(node.definition, scope));
      case 'label': {
        const label = { parent: scope, name: `*${node.name}` };
        try {
          yield* this.eval(node.body, input, label);
        } catch (error) {
          if (!(error instanceof Break) || error.label !== label) throw error;
        }
        return;
      }
      case 'break':
        throw new Break(find(`*${node.name}`, scope)!);
    }
  }

  *#attempt(body: Node, handler: Node | null, input: Item, scope: Scope | null): Iterable<Item> {
    try {
      yield* this.eval(body, input, scope);
    } catch (error) {
      if (!(error instanceof JqError)) throw error;
      if (handler !== null) yield* this.eval(handler, { value: error.value, path: null }, scope);
    }
  }

  *#access(node: Node & { kind: 'index' | 'slice' }, input: Item, scope: Scope | null): Iterable<Item> {
    for (const of of this.eval(node.of, input, scope))
      for (const key of node.kind === 'index'
        ? this.values(node.key, input, scope)
        : this.#slices(node, input, scope))
        yield within(of, key, this.#at(of.value, key));
  }

  *#slices(node: Node & { kind: 'slice' }, input: Item, scope: Scope | null): Iterable<Value> {
    const ends = node.to === null ? [null] : [...this.values(node.to, input, scope)];
    for (const end of ends)
      for (const start of node.from === null ? [null] : this.values(node.from, input, scope))
        yield new Map<string, Value>([
          ['start', start],
          ['end', end],
        ]);
  }

  *#interpolated(
    parts: readonly (string | Node)[],
    format: string,
    input: Item,
    scope: Scope | null,
  ): Iterable<Item> {
    const go = function* (this: Evaluator, from: number): Iterable<string> {
      const part = parts[from];
      if (part === undefined) return yield '';
      for (const rest of this.#deeper(go.call(this, from + 1)))
        if (typeof part === 'string') yield part + rest;
        else for (const value of this.values(part, input, scope)) yield this.#formatted(format, value) + rest;
    };
    for (const text of go.call(this, 0)) yield plain(this.meter.made(text), input);
  }

  *#objects(
    entries: readonly { key: Node; value: Node }[],
    input: Item,
    scope: Scope | null,
  ): Iterable<Map<string, Value>> {
    const [entry, ...rest] = entries;
    if (entry === undefined) return yield new Map();
    for (const key of this.values(entry.key, input, scope)) {
      if (typeof key !== 'string') throw new JqError(`Cannot use ${described(key)} as object key`);
      for (const value of this.values(entry.value, input, scope))
        for (const map of this.#deeper(this.#objects(rest, input, scope)))
          yield new Map([[key, value], ...map]);
    }
  }

  *#bind(pattern: Pattern, value: Value, input: Item, scope: Scope | null): Iterable<Scope | null> {
    if (pattern.kind === 'name') return yield { parent: scope, name: `$${pattern.name}`, value };
    if (pattern.kind === 'list') {
      if (value !== null && !isArray(value)) throw new JqError(`Cannot index ${typeOf(value)} with number`);
      return yield* this.#bindAll(
        pattern.items.map((item, i) => (inner) => this.#bind(item, at(value, i), input, inner)),
        scope,
      );
    }
    yield* this.#bindAll(
      pattern.entries.map(({ key, as, value: part }) =>
        function* (this: Evaluator, inner: Scope | null): Iterable<Scope | null> {
          for (const name of this.values(key, input, inner)) {
            const found = at(value, name);
            const named = as === null ? inner : { parent: inner, name: `$${as}`, value: found };
            if (part === null) yield named;
            else yield* this.#bind(part, found, input, named);
          }
        }.bind(this),
      ),
      scope,
    );
  }

  *#bindAll(
    steps: readonly ((scope: Scope | null) => Iterable<Scope | null>)[],
    scope: Scope | null,
  ): Iterable<Scope | null> {
    const [step, ...rest] = steps;
    if (step === undefined) return yield scope;
    for (const bound of step(scope)) yield* this.#deeper(this.#bindAll(rest, bound));
  }

  *#fold(node: Node & { kind: 'reduce' | 'foreach' }, input: Item, scope: Scope | null): Iterable<Item> {
    for (const start of this.eval(node.start, input, scope)) {
      let state: Item | null = start;
      for (const value of this.values(node.of, input, scope))
        for (const bound of this.#bind(node.pattern, value, input, scope)) {
          let last: Item | null = null;
          for (const next of this.eval(node.update, state ?? plain(null, input), bound)) {
            last = next;
            if (node.kind === 'reduce') continue;
            if (node.extract === null) yield next;
            else yield* this.eval(node.extract, next, bound);
          }
          state = last ?? (node.kind === 'reduce' ? null : state);
        }
      if (node.kind === 'reduce') yield state ?? plain(null, input);
    }
  }

  *#binary(node: Node & { kind: 'binary' }, input: Item, scope: Scope | null): Iterable<Item> {
    const { sign, left, right } = node;
    switch (sign) {
      case '|':
        for (const item of this.eval(left, input, scope)) yield* this.eval(right, item, scope);
        return;
      case ',':
        yield* this.eval(left, input, scope);
        return yield* this.eval(right, input, scope);
      case '//':
        return yield* this.#alternative(left, right, input, scope);
      case 'and':
      case 'or':
        for (const first of this.values(left, input, scope))
          if (truthy(first) === (sign === 'or')) yield plain(sign === 'or', input);
          else for (const second of this.values(right, input, scope)) yield plain(truthy(second), input);
        return;
    }
    if (!OPERATIONS.has(sign)) return yield* this.#assign(sign, left, right, input, scope);
    for (const second of this.values(right, input, scope))
      for (const first of this.values(left, input, scope))
        yield plain(this.#operate(sign, first, second), input);
  }

  *#alternative(left: Node, right: Node, input: Item, scope: Scope | null): Iterable<Item> {
    let any = false;
    try {
      for (const item of this.eval(left, input, scope))
        if (truthy(item.value)) {
          any = true;
          yield item;
        }
    } catch (error) {
      if (!(error instanceof JqError)) throw error;
    }
    if (!any) yield* this.eval(right, input, scope);
  }

  /** Places that a program names in a value. Throws JqError. */
  *paths(node: Node, value: Value, scope: Scope | null): Iterable<Path> {
    for (const item of this.eval(node, { value, path: [] }, scope)) yield pathOf(item);
  }

  *#assign(sign: string, left: Node, right: Node, input: Item, scope: Scope | null): Iterable<Item> {
    const { value } = input;
    if (sign === '|=') {
      let changed = value;
      const gone: Path[] = [];
      for (const path of this.paths(left, value, scope)) {
        const [first] = take(this.values(right, { value: getPath(changed, path), path: null }, scope), 1);
        if (first === undefined) gone.push(path);
        else changed = setPath(changed, path, () => first, this.meter);
      }
      return yield plain(gone.length === 0 ? changed : deletePaths(changed, gone, this.meter), input);
    }
    for (const given of this.values(right, input, scope)) {
      let changed = value;
      for (const path of this.paths(left, value, scope))
        changed = setPath(changed, path, (old) => this.#updated(sign, old, given), this.meter);
      yield plain(changed, input);
    }
  }

  #updated(sign: string, old: Value, given: Value): Value {
    if (sign === '=') return given;
    if (sign === '//=') return truthy(old) ? old : given;
    return this.#operate(sign.slice(0, -1), old, given);
  }

  *#call(name: string, args: readonly Node[], input: Item, scope: Scope | null): Iterable<Item> {
    const found = find(`${name}/${args.length}`, scope);
    if (found?.argument !== undefined)
      return yield* this.eval(found.argument.node, input, found.argument.scope);
    if (found?.definition !== undefined) return yield* this.#apply(found, args, input, scope);
    if (name === 'path' && args.length === 1) {
      for (const path of this.paths(args[0]!, input.value, scope)) yield plain(path, input);
      return;
    }
    if (typeof input.value === 'string') this.meter.made(input.value);
    for (const item of this.#natives.get(`${name}/${args.length}`)!(this, input, args, scope)) {
      this.meter.made(item.value);
      yield item;
    }
  }

  *#apply(found: Scope, args: readonly Node[], input: Item, scope: Scope | null): Iterable<Item> {
    const { parameters, body } = found.definition!;
    const go = function* (this: Evaluator, i: number, inner: Scope | null): Iterable<Item> {
      const parameter = parameters[i];
      if (parameter === undefined) return yield* this.eval(body, input, inner);
      const argument = { node: args[i]!, scope };
      if (!parameter.startsWith('$'))
        return yield* this.#deeper(go.call(this, i + 1, { parent: inner, name: `${parameter}/0`, argument }));
      for (const value of this.values(args[i]!, input, scope)) {
        const literal = { parent: inner, name: `${parameter.slice(1)}/0`, argument };
        yield* this.#deeper(go.call(this, i + 1, { parent: literal, name: parameter, value }));
      }
    };
    // A definition sees itself.
    yield* go.call(this, 0, found);
  }
}
