/**
 * How much virtual time to run: as much as real time has passed, never more than a frame's worth of work. A world that cannot
 * keep up runs slower than real time; it does not save up a debt that would freeze it later.
 */
import { MILLISECOND, type Nanos } from '../../base/index.ts';

/** Real milliseconds of work in one go; after it the worker looks at its messages again. */
const WORK_BUDGET = 12;
/** Real time that may be owed at most, in milliseconds; the rest is forgotten (a slow world, a laptop that slept). */
const LAG_LIMIT = 50;
/** Virtual time of one step. Small, so that the work budget is looked at often. */
const STEP: Nanos = MILLISECOND;

export class Pacer {
  #now: () => number;
  #last: number;
  #owed = 0;

  /** `now` is a monotonic real clock in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#last = now();
  }

  /** Runs `advance` for the real time that has passed since the last call, at least `atLeast` steps of a millisecond. */
  run(advance: (by: Nanos) => void, atLeast = 0): void {
    const start = this.#now();
    this.#owed = Math.min(this.#owed + Math.max(0, start - this.#last), LAG_LIMIT);
    this.#last = start;
    let steps = Math.max(Math.floor(this.#owed), atLeast);
    while (steps > 0) {
      advance(STEP);
      this.#owed -= 1;
      steps -= 1;
      if (this.#now() - start > WORK_BUDGET) break;
    }
    // Time borrowed by `atLeast` is paid back, but never so much that the world stands still for long.
    this.#owed = Math.max(this.#owed, -5);
  }

  /** Forgets the time that has passed: the world was not to run (paused, or busy with a check). */
  skip(): void {
    this.#last = this.#now();
    this.#owed = 0;
  }
}
