/** Memory that a utility holds, so that the host knows: what it keeps of its input, or is told to take. */
import { isOsError } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import { complain } from './support.ts';

/** malloc(3) asks the kernel for no less at a time. */
const PIECE = 128 * 1024;

/** Sizes are bytes. The utility ends when the kernel gives no more. */
export class Heap {
  readonly #name: string;
  #size = 0;
  #used = 0;

  /** `name` is the utility's. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Takes and writes to so many bytes more. */
  *grow(bytes: number): Sys<void> {
    this.#used += bytes;
    const missing = Math.ceil((this.#used - this.#size) / PIECE) * PIECE;
    if (missing <= 0) return;
    yield* this.#extend(missing);
    this.#size += missing;
    for (let left = missing; left > 0; left -= PIECE) yield* sys.touch(PIECE);
  }

  *#extend(bytes: number): Sys<void> {
    try {
      yield* sys.brk(bytes);
    } catch (error) {
      if (!isOsError(error, 'ENOMEM')) throw error;
      yield* complain(this.#name, 'memory exhausted');
      yield* sys.exit(1);
    }
  }

  /** What is given back can be taken again without the kernel; only large parts are really returned. */
  *shrink(bytes: number): Sys<void> {
    this.#used -= bytes;
    const spare = Math.floor((this.#size - this.#used) / PIECE) * PIECE;
    if (spare < 2 * PIECE) return;
    yield* sys.brk(-spare);
    this.#size -= spare;
  }
}
