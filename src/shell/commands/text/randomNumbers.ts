/** Random numbers below a bound from random bytes, as gnulib's randint.c draws them: equal bytes give what GNU's programs make of them. */
import { O_RDONLY, type Sys, sys } from '../../../linux/index.ts';
import { Refusal } from './lineTools.ts';

const BYTES = 256n;
/** Bytes that are fetched at once. */
const PORTION = 1024;

export class RandomNumbers {
  readonly #file: string | null;
  #fd: number | null = null;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  /** What is left of the bytes so far: a number from 0 to `#most`. */
  #number = 0n;
  #most = 0n;

  /** From a file's bytes, or for null from the kernel's. */
  constructor(file: string | null) {
    this.#file = file;
  }

  /** Throws OsError for a file that cannot be read. */
  *open(): Sys<void> {
    if (this.#file !== null) this.#fd = yield* sys.open(this.#file, O_RDONLY);
  }

  *#byte(): Sys<bigint> {
    if (this.#at === this.#bytes.length) {
      this.#bytes = this.#fd === null ? yield* sys.getrandom(PORTION) : yield* sys.read(this.#fd, PORTION);
      this.#at = 0;
      if (this.#bytes.length === 0) throw new Refusal(`‘${this.#file}’: end of file`);
    }
    return BigInt(this.#bytes[this.#at++]!);
  }

  /** 0 … `choices` − 1. Throws Refusal when the file has no more bytes. */
  *below(choices: bigint): Sys<bigint> {
    const wanted = choices - 1n;
    for (;;) {
      while (this.#most < wanted) {
        this.#number = this.#number * BYTES + (yield* this.#byte());
        this.#most = this.#most * BYTES + (BYTES - 1n);
      }
      const [number, most] = [this.#number, this.#most];
      if (most === wanted) {
        this.#number = this.#most = 0n;
        return number;
      }
      const excess = most - wanted;
      const unusable = excess % choices;
      const last = most - unusable;
      if (number <= last) {
        this.#number = number / choices;
        this.#most = excess / choices;
        return number % choices;
      }
      // The chance that it fell there is kept.
      this.#number = number - (last + 1n);
      this.#most = unusable - 1n;
    }
  }
}
