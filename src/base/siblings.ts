/** Things with names below one thing, which mostly has few: linked through themselves, as Linux links directory entries, they need no table. */

/** From so many on a table finds them sooner. */
const MANY = 8;

export interface Sibling<T> {
  /** Stays while it is among its siblings. */
  readonly name: string;
  /** Kept by {@link Siblings}: whoever comes after it. */
  next: T | null;
}

/** In no order; each is among one thing's siblings at most. */
export class Siblings<T extends Sibling<T>> {
  #first: T | null = null;
  /** All of them, once they were many. */
  #table: Map<string, T> | null = null;
  /** The one that was found last in it: to compare two long names is much cheaper than to hash a new one. */
  #latest: T | null = null;

  get(name: string): T | null {
    if (this.#table !== null) {
      if (this.#latest === null || this.#latest.name !== name) this.#latest = this.#table.get(name) ?? null;
      return this.#latest;
    }
    for (let at = this.#first; at !== null; at = at.next) if (at.name === name) return at;
    return null;
  }

  /** In place of whoever had its name. */
  add(one: T): void {
    const replaced = this.get(one.name);
    if (replaced !== null) this.remove(replaced);
    if (this.#table === null && isMany(this.#first)) this.#table = tableOf(this.#first);
    if (this.#table !== null) {
      this.#first = null;
      this.#table.set(one.name, one);
      this.#latest = one;
    } else {
      one.next = this.#first;
      this.#first = one;
    }
  }

  /** Does nothing to what is not here. */
  remove(one: T): void {
    if (this.#table !== null) {
      if (this.#table.get(one.name) === one) this.#table.delete(one.name);
      this.#latest = null;
    } else if (this.#first === one) {
      this.#first = one.next;
      one.next = null;
    } else {
      let before = this.#first;
      while (before !== null && before.next !== one) before = before.next;
      if (before === null) return;
      before.next = one.next;
      one.next = null;
    }
  }
}

function isMany<T extends Sibling<T>>(first: T | null): boolean {
  let count = 0;
  for (let at = first; at !== null; at = at.next) count++;
  return count >= MANY;
}

/** They are linked no more. */
function tableOf<T extends Sibling<T>>(first: T | null): Map<string, T> {
  const table = new Map<string, T>();
  for (let at = first; at !== null; ) {
    const { next }: T = at;
    table.set(at.name, at);
    at.next = null;
    at = next;
  }
  return table;
}
