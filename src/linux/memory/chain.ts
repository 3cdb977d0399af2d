/** What can be in one {@link Chain} at a time: linked through itself (list_head). */
export interface Chained<T extends Chained<T>> {
  /** Null: in none. */
  chain: Chain<T> | null;
  before: T | null;
  after: T | null;
}

/** Elements in the order in which they came: they are hashed nowhere, and one of thousands comes and goes as fast as one of two. */
export class Chain<T extends Chained<T>> {
  #first: T | null = null;
  #last: T | null = null;

  /** Puts an element to the end, unless it is in a chain already. */
  add(one: T): void {
    if (one.chain !== null) return;
    one.chain = this;
    one.before = this.#last;
    if (this.#last === null) this.#first = one;
    else this.#last.after = one;
    this.#last = one;
  }

  /** Does nothing to what is not here. */
  remove(one: T): void {
    if (one.chain !== this) return;
    const { before, after } = one;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    one.chain = one.before = one.after = null;
  }

  /** Who looks at one may remove it, and no other. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let at = this.#first; at !== null; ) {
      const { after }: T = at;
      yield at;
      at = after;
    }
  }
}
