/**
 * rand(): the additive feedback generator of random(3), r[i] = r[i-3] + r[i-31] modulo 2^32, seeded by Lehmer's sequence
 * (16807 modulo 2^31 - 1). Debian's mawk uses random(3), so a given seed gives the same numbers there. Integers only.
 */

const DEGREE = 31;
const SEPARATION = 3;
const LEHMER_MODULUS = 2 ** 31 - 1;

export class AwkRandom {
  readonly #words = new Uint32Array(DEGREE);
  #at = SEPARATION;

  /** `seed`: a whole number of 32 bits. */
  constructor(seed: number) {
    let word = seed === 0 ? 1 : seed | 0;
    for (let i = 0; i < DEGREE; i++) {
      this.#words[i] = word;
      // 16807 times 2^31 stays below 2^53: the product is exact.
      word = (16807 * word) % LEHMER_MODULUS;
      if (word < 0) word += LEHMER_MODULUS;
    }
    for (let i = 0; i < 10 * DEGREE; i++) this.#next();
  }

  #next(): number {
    const at = this.#at;
    const sum = this.#words[at]! + this.#words[(at + DEGREE - SEPARATION) % DEGREE]!;
    this.#words[at] = sum;
    this.#at = (at + 1) % DEGREE;
    return this.#words[at]! >>> 1;
  }

  /** From 0 up to but not including 1. */
  fraction(): number {
    return this.#next() / LEHMER_MODULUS;
  }
}
