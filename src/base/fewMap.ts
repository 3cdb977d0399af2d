/** A map for what mostly has one or two entries: a `Map` makes room for four, and a hash table for them, at once. */

/** With more entries than this a table takes less memory, and finds them sooner. */
const MANY = 16;
const NONE: readonly never[] = [];

/** Keys and values in the order in which the keys came, as in a `Map`; what changes in the course of a `forEach` may or may not be seen by it. Values are not `undefined`. */
export class FewMap<K, V> {
  /** Key, value, key, value; never changed in place, so that it has room for no more. */
  #pairs: readonly (K | V)[] = NONE;
  #table: Map<K, V> | null = null;

  get size(): number {
    return this.#table === null ? this.#pairs.length / 2 : this.#table.size;
  }

  get(key: K): V | undefined {
    if (this.#table !== null) return this.#table.get(key);
    const pairs = this.#pairs;
    for (let at = 0; at < pairs.length; at += 2) if (pairs[at] === key) return pairs[at + 1] as V;
    return undefined;
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  set(key: K, value: V): void {
    const pairs = this.#pairs;
    if (this.#table === null && pairs.length >= 2 * MANY) {
      this.#table = new Map();
      for (let at = 0; at < pairs.length; at += 2) this.#table.set(pairs[at] as K, pairs[at + 1] as V);
      this.#pairs = NONE;
    }
    if (this.#table !== null) this.#table.set(key, value);
    else this.#pairs = withPair(pairs, key, value);
  }

  /** Whether it was there. */
  delete(key: K): boolean {
    if (this.#table !== null) return this.#table.delete(key);
    const at = placeOf(this.#pairs, key);
    if (at < 0) return false;
    this.#pairs = this.#pairs.slice(0, at).concat(this.#pairs.slice(at + 2));
    return true;
  }

  keys(): K[] {
    if (this.#table !== null) return [...this.#table.keys()];
    return this.#pairs.filter((_, at) => at % 2 === 0) as K[];
  }

  forEach(told: (value: V, key: K) => void): void {
    if (this.#table !== null) this.#table.forEach(told);
    const pairs = this.#pairs;
    for (let at = 0; at < pairs.length; at += 2) told(pairs[at + 1] as V, pairs[at] as K);
  }
}

/** Where a key stands among pairs; -1: nowhere. */
function placeOf(pairs: readonly unknown[], key: unknown): number {
  for (let at = 0; at < pairs.length; at += 2) if (pairs[at] === key) return at;
  return -1;
}

function withPair<T>(pairs: readonly T[], key: T, value: T): readonly T[] {
  const at = placeOf(pairs, key);
  if (at < 0) return pairs.concat([key, value]);
  const copy = pairs.slice();
  copy[at + 1] = value;
  return copy;
}
