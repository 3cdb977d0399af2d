/** A set for what mostly has one element or none: a `Set` makes room for four, and a hash table for them, at once. */

const NONE: readonly never[] = [];

/** Elements in the order in which they came, as in a `Set`; what is added in the course of an iteration may or may not be seen by it. None is null. */
export class FewSet<T> {
  /** The only one. */
  #one: T | null = null;
  /** All, once there were more. */
  #many: Set<T> | null = null;

  get size(): number {
    if (this.#many !== null) return this.#many.size;
    return this.#one === null ? 0 : 1;
  }

  has(element: T): boolean {
    return this.#many === null ? this.#one === element : this.#many.has(element);
  }

  add(element: T): void {
    if (this.#many !== null) this.#many.add(element);
    else if (this.#one === null) this.#one = element;
    else if (this.#one !== element) {
      this.#many = new Set([this.#one, element]);
      this.#one = null;
    }
  }

  /** Whether it was there. */
  delete(element: T): boolean {
    if (this.#many !== null) return this.#many.delete(element);
    if (this.#one !== element) return false;
    this.#one = null;
    return true;
  }

  [Symbol.iterator](): IterableIterator<T> {
    if (this.#many !== null) return this.#many.values();
    return (this.#one === null ? NONE : [this.#one]).values();
  }
}

/** One that others only look at. */
export type ReadonlyFewSet<T> = Pick<FewSet<T>, 'size' | 'has' | typeof Symbol.iterator>;
