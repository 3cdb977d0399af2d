/** What a module keeps for the objects of another. */

/**
 * As a WeakMap of the module's own would be used, but kept in the objects themselves: V8's collector of young objects takes all values
 * of an old WeakMap for alive, so that through one of them a whole world that is over is kept, copied and made old until the next full
 * collection. Not seen by what goes through an object's properties, nor copied with them.
 */
export class Slot<K extends object, V> {
  readonly #name: symbol;

  /** `name` is for whoever looks at an object in a debugger. */
  constructor(name: string) {
    this.#name = Symbol(name);
  }

  get(object: K): V | undefined {
    return (object as { [name: symbol]: V })[this.#name];
  }

  set(object: K, value: V): void {
    Object.defineProperty(object, this.#name, { value, configurable: true });
  }
}
