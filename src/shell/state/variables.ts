/** Shell variables: values, attributes, and the dynamic scopes of functions. */

export interface Variable {
  value: string | IndexedArray | AssociativeArray | null;
  exported: boolean;
  readonly: boolean;
  integer: boolean;
  /** declare -l, -u. */
  case: 'lower' | 'upper' | null;
  /** declare -n: the name it stands for is the value. */
  nameref: boolean;
}

/** Sparse; keys are kept in ascending order when they are listed. */
export class IndexedArray {
  readonly kind = 'indexed';
  /** Characters of all elements. */
  size = 0;
  #items = new Map<number, string>();
  /** Its indices in order; null: to be looked at anew. Loops grow an array at its end, and ask for that each time. */
  #order: number[] | null = [];
  /** As long as none has changed. */
  #values: readonly string[] | null = null;

  constructor(items: Iterable<readonly [number, string]> = []) {
    for (const [key, value] of items) this.set(String(key), value);
  }

  /** One of these elements, from 0 on. */
  static of(values: readonly string[]): IndexedArray {
    const array = new IndexedArray();
    for (let index = 0; index < values.length; index++) {
      array.#items.set(index, values[index]!);
      array.#order!.push(index);
      array.size += values[index]!.length;
    }
    return array;
  }

  get(key: string): string | undefined {
    return this.#items.get(Number(key));
  }
  set(key: string, value: string): void {
    const index = Number(key);
    const before = this.#items.get(index);
    this.size += value.length - (before?.length ?? 0);
    this.#items.set(index, value);
    this.#values = null;
    if (before !== undefined || this.#order === null) return;
    if (index >= this.end) this.#order.push(index);
    else this.#order = null;
  }
  delete(key: string): void {
    this.size -= this.get(key)?.length ?? 0;
    if (this.#items.delete(Number(key))) this.#order = this.#values = null;
  }
  keys(): string[] {
    return this.#indices().map(String);
  }
  values(): readonly string[] {
    this.#values ??= this.#indices().map((index) => this.#items.get(index)!);
    return this.#values;
  }
  /** One more than the largest index. */
  get end(): number {
    return (this.#indices().at(-1) ?? -1) + 1;
  }

  #indices(): readonly number[] {
    this.#order ??= [...this.#items.keys()].sort((a, b) => a - b);
    return this.#order;
  }

  clone(): IndexedArray {
    const copy = new IndexedArray();
    copy.size = this.size;
    copy.#items = new Map(this.#items);
    copy.#order = this.#order === null ? null : this.#order.slice();
    return copy;
  }
}

/** declare -A; keys are listed in the order in which they were first set (bash's own order is its hash table's). */
export class AssociativeArray {
  readonly kind = 'associative';
  /** Characters of all values. */
  size = 0;
  #items = new Map<string, string>();

  constructor(items: Iterable<readonly [string, string]> = []) {
    for (const [key, value] of items) this.set(key, value);
  }

  get(key: string): string | undefined {
    return this.#items.get(key);
  }
  set(key: string, value: string): void {
    this.size += value.length - (this.get(key)?.length ?? 0);
    this.#items.set(key, value);
  }
  delete(key: string): void {
    this.size -= this.get(key)?.length ?? 0;
    this.#items.delete(key);
  }
  keys(): string[] {
    return [...this.#items.keys()];
  }
  values(): string[] {
    return [...this.#items.values()];
  }
  clone(): AssociativeArray {
    return new AssociativeArray(this.#items);
  }
}

/** Assigning to a read-only variable, or another mistake with names; the message is bash's. */
export class VariableError extends Error {}

interface Scope {
  readonly variables: Map<string, Variable>;
  /** Assignments before a command, not a function's locals. */
  readonly temporary: boolean;
}

function blank(): Variable {
  return { value: null, exported: false, readonly: false, integer: false, case: null, nameref: false };
}

function cloneVariable({ value, exported, readonly, integer, case: letters, nameref }: Variable): Variable {
  const own = value === null || typeof value === 'string' ? value : value.clone();
  return { value: own, exported, readonly, integer, case: letters, nameref };
}

function cloneScope({ variables, temporary }: Scope): Scope {
  const copy = new Map<string, Variable>();
  variables.forEach((variable, name) => {
    copy.set(name, cloneVariable(variable));
  });
  return { variables: copy, temporary };
}

export class Variables {
  /** Innermost scope last. */
  #scopes: Scope[] = [{ variables: new Map(), temporary: false }];

  clone(): Variables {
    const copy = new Variables();
    copy.#scopes = this.#scopes.map(cloneScope);
    return copy;
  }

  /** Characters of all variables with more than `least` of them. */
  sizeAbove(least: number): number {
    let size = 0;
    for (const { variables } of this.#scopes)
      for (const { value } of variables.values()) {
        const own = typeof value === 'string' ? value.length : (value?.size ?? 0);
        if (own > least) size += own;
      }
    return size;
  }

  pushScope(temporary: boolean): void {
    this.#scopes.push({ variables: new Map(), temporary });
  }
  popScope(): void {
    this.#scopes.pop();
  }

  /** The variable as declared, namerefs not followed. */
  own(name: string): Variable | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const variable = this.#scopes[i]!.variables.get(name);
      if (variable !== undefined) return variable;
    }
    return undefined;
  }

  /** The name that `name` stands for once namerefs are followed. */
  resolve(name: string): string {
    let current = name;
    for (let i = 0; i < 8; i++) {
      const variable = this.own(current);
      if (!variable?.nameref || typeof variable.value !== 'string' || variable.value === '') return current;
      current = variable.value;
    }
    return current;
  }

  lookup(name: string): Variable | undefined {
    return this.own(this.resolve(name));
  }

  /** The scalar value (element 0 of an array); undefined when unset. */
  get(name: string): string | undefined {
    const value = this.lookup(name)?.value;
    if (value === undefined || value === null) return undefined;
    return typeof value === 'string' ? value : value.get('0');
  }

  /** The variable `name`, made in the outermost scope when there is none. */
  declare(name: string): Variable {
    const resolved = this.resolve(name);
    const found = this.own(resolved);
    if (found !== undefined) return found;
    const variable = blank();
    this.#scopes[0]!.variables.set(resolved, variable);
    return variable;
  }

  /** A fresh variable in the innermost scope: `local`. An existing local one is kept. */
  declareLocal(name: string, inherit: boolean): Variable {
    const scope = this.#scopes.findLast((one) => !one.temporary)!.variables;
    const existing = scope.get(name);
    if (existing !== undefined) return existing;
    const outer = this.own(name);
    if (outer?.readonly) throw new VariableError(`${name}: readonly variable`);
    const variable = blank();
    if (inherit && outer !== undefined) Object.assign(variable, cloneVariable(outer));
    scope.set(name, variable);
    return variable;
  }

  /** An assignment before a command: exported while the innermost scope lives. */
  setTemporary(name: string, value: string): void {
    if (this.own(name)?.readonly) throw new VariableError(`${name}: readonly variable`);
    this.#scopes.at(-1)!.variables.set(name, { ...blank(), value, exported: true });
  }

  set(name: string, value: string): void {
    const variable = this.declare(name);
    if (variable.readonly) throw new VariableError(`${name}: readonly variable`);
    storeScalar(variable, value);
  }

  setArray(name: string, values: readonly string[]): void {
    const variable = this.declare(name);
    if (variable.readonly) throw new VariableError(`${name}: readonly variable`);
    variable.value = IndexedArray.of(values);
  }

  unset(name: string): void {
    const resolved = this.resolve(name);
    if (this.own(resolved)?.readonly) {
      throw new VariableError(`${resolved}: cannot unset: readonly variable`);
    }
    this.unsetOwn(resolved);
  }

  /** Unsets without following a nameref. */
  unsetOwn(name: string): void {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const scope = this.#scopes[i]!.variables;
      if (!scope.has(name)) continue;
      // A local that is unset stays local: a later assignment in the function does not reach the caller's.
      if (i > 0) scope.set(name, blank());
      else scope.delete(name);
      return;
    }
  }

  /** All names that are visible, sorted. */
  names(): string[] {
    const names = new Set(this.#scopes.flatMap((scope) => [...scope.variables.keys()]));
    return [...names].filter((name) => this.own(name) !== undefined).sort(compareText);
  }

  /** Names of the innermost scope, sorted. */
  localNames(): string[] {
    return [...this.#scopes.findLast((one) => !one.temporary)!.variables.keys()].sort(compareText);
  }

  /** What a started program finds in its environment. */
  environment(): Map<string, string> {
    const texts = this.#exportedTexts();
    const environment = new Map<string, string>();
    for (const name of [...texts.keys()].sort(compareText)) environment.set(name, texts.get(name)!);
    return environment;
  }

  /** Of the exported variables, in no order; what is in an inner scope hides what is in an outer one, exported or not. */
  #exportedTexts(): Map<string, string> {
    const texts = new Map<string, string>();
    for (const { variables } of this.#scopes) {
      variables.forEach(({ exported, value }, name) => {
        if (exported && typeof value === 'string') texts.set(name, value);
        else texts.delete(name);
      });
    }
    return texts;
  }
}

/** Stores text in a scalar, or in element 0 of an array. */
export function storeScalar(variable: Variable, value: string): void {
  const text = applyCase(variable, value);
  if (variable.value === null || typeof variable.value === 'string') variable.value = text;
  else variable.value.set('0', text);
}

export function applyCase(variable: Variable, value: string): string {
  if (variable.case === 'lower') return value.toLowerCase();
  if (variable.case === 'upper') return value.toUpperCase();
  return value;
}

/** Order by code unit, as strcmp(3) in the C locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
