/**
 * Tells a worker that is stuck from one that is busy. Learner code is stopped by a counted budget inside the sandbox; a long native
 * loop (`new Array(1e9) + ''`) never reaches that counter, so from outside the worker is asked for a sign of life, again and again.
 */

/** One look every so many milliseconds. */
export const LOOK_INTERVAL = 250;

export interface WatchdogOptions {
  /** Asks for a sign of life; resolves when the worker has answered. */
  ping: () => Promise<unknown>;
  /** How many milliseconds without an answer are borne now (a check may take longer than a key). */
  limit: () => number;
  /** Called at every look while an answer is overdue by more than a second, with the milliseconds waited. */
  onSlow: (waited: number) => void;
  /** Called once when the limit is reached. */
  onStuck: (waited: number) => void;
}

/**
 * Waiting is counted in looks, not read from a clock: a tab that was frozen or a laptop that slept has not looked, so the worker is not blamed.
 */
export class Watchdog {
  #options: WatchdogOptions;
  #waited = 0;
  #asked = false;
  #generation = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** To be called every {@link LOOK_INTERVAL} while the worker is expected to be alive. */
  look(): void {
    if (!this.#asked) {
      this.#ask();
      return;
    }
    this.#waited += LOOK_INTERVAL;
    if (this.#waited >= this.#options.limit()) {
      const waited = this.#waited;
      this.reset();
      this.#options.onStuck(waited);
    } else if (this.#waited >= 1000) {
      this.#options.onSlow(this.#waited);
    }
  }

  /** There was another sign of life: what was asked may still take its time. */
  alive(): void {
    this.#waited = 0;
  }

  /** Forgets what was asked: there is a new worker, or watching has ended. */
  reset(): void {
    this.#generation += 1;
    this.#asked = false;
    this.#waited = 0;
  }

  #ask(): void {
    const generation = this.#generation;
    this.#asked = true;
    const settle = () => {
      if (generation !== this.#generation) return;
      this.#asked = false;
      this.#waited = 0;
    };
    this.#options.ping().then(settle, () => {});
  }
}
