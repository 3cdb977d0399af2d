/** An element's place in a {@link Chain}: one for each chain that it can be in. */
export class Link<T> {
  readonly item: T;
  /** Null: in none. */
  chain: Chain<T> | null = null;
  before: Link<T> | null = null;
  after: Link<T> | null = null;

  constructor(item: T) {
    this.item = item;
  }
}

/**
 * Elements in the order in which they came, linked through themselves (list_head): they are hashed nowhere, and one of thousands comes and
 * goes as fast as one of two.
 */
export class Chain<T> {
  #first: Link<T> | null = null;
  #last: Link<T> | null = null;

  /** Puts an element to the end, unless it is in a chain already. */
  add(link: Link<T>): void {
    if (link.chain !== null) return;
    link.chain = this;
    link.before = this.#last;
    if (this.#last === null) this.#first = link;
    else this.#last.after = link;
    this.#last = link;
  }

  /** Does nothing to what is not here. */
  remove(link: Link<T>): void {
    if (link.chain !== this) return;
    const { before, after } = link;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    link.chain = link.before = link.after = null;
  }

  /** Who looks at one may remove it, and no other. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let at = this.#first; at !== null; ) {
      const { item, after } = at;
      yield item;
      at = after;
    }
  }
}
