/**
 * The only randomness in a world: xoshiro128** (Blackman and Vigna, prng.di.unimi.it), seeded through SplitMix32 from
 * a string. Integers only, so every engine agrees; probabilities are ratios.
 */
import { assert } from './assert.ts';

export class Random {
  #s: Uint32Array;

  private constructor(state: Uint32Array) {
    this.#s = state;
  }

  /** A generator for `seed`; equal seeds give equal sequences everywhere. */
  static fromSeed(seed: string): Random {
    let h = 0x811c9dc5;
    for (let i = 0; i < seed.length; i++) h = Math.imul(h ^ seed.charCodeAt(i), 0x01000193);
    const state = new Uint32Array(4);
    for (let i = 0; i < 4; i++) {
      h = (h + 0x9e3779b9) | 0;
      let z = h;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      state[i] = z ^ (z >>> 16);
    }
    if (state.every((word) => word === 0)) state[0] = 1;
    return new Random(state);
  }

  /** The next 32 bits, 0 … 2^32 − 1. */
  uint32(): number {
    const s = this.#s;
    const s1 = s[1]!;
    const result = Math.imul(rotl(Math.imul(s1, 5), 7), 9) >>> 0;
    const t = s1 << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s1;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotl(s[3]!, 11);
    return result;
  }

  /** A whole number, 0 … `bound` − 1, all equally likely (rejection sampling). `bound` is 1 … 2^32. */
  below(bound: number): number {
    assert(Number.isInteger(bound) && bound > 0 && bound <= 2 ** 32, `bound ${bound}`);
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const n = this.uint32();
      if (n < limit) return n % bound;
    }
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True `numerator` times in `denominator`. */
  chance(numerator: number, denominator: number): boolean {
    return this.below(denominator) < numerator;
  }

  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, 'pick from nothing');
    return items[this.below(items.length)]!;
  }

  /** `items` in another order, all orders equally likely (Fisher and Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    for (let at = left.length - 1; at > 0; at--) {
      const other = this.below(at + 1);
      [left[at], left[other]] = [left[other]!, left[at]!];
    }
    return left;
  }

  /** `count` bytes. */
  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) out[i] = this.uint32() & 0xff;
    return out;
  }

  /** An independent generator named by `label`, so that one user's draws do not shift another's. */
  fork(label: string): Random {
    return Random.fromSeed(`${this.uint32()}:${label}`);
  }
}

function rotl(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}
