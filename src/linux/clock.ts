/** The clock of a host's day. */
import type { EventQueue, Nanos } from '../base/index.ts';
import type { FsClock, Timespec } from './fs/index.ts';

/**
 * A class and no object literal with an accessor: V8 makes a hidden class for each such object, old from the start, and all that its
 * accessor knows, a whole world, would be kept until the next full collection.
 */
export class HostClock implements FsClock {
  /** By how much it was set since the scenario's time, in nanoseconds. */
  step = 0;
  readonly #events: EventQueue;
  readonly #epoch: number;
  /** What was told last, and of when. */
  #since = Number.NaN;
  #time: Timespec = { sec: 0, nsec: 0 };

  /** `epoch`: seconds since 1970 at virtual time 0. */
  constructor(events: EventQueue, epoch: number) {
    this.#events = events;
    this.#epoch = epoch;
  }

  get now(): Nanos {
    return this.#events.now;
  }

  /** Virtual time on the calendar. */
  realtime(): Timespec {
    const since = this.#events.now + this.step;
    // One call changes the times of several files, which are the same then.
    if (since !== this.#since) {
      const seconds = Math.floor(since / 1e9);
      this.#since = since;
      // As an integer of 32 bits V8 keeps it in the object itself, and each file has some of these.
      this.#time = { sec: this.#epoch + seconds, nsec: (since - seconds * 1e9) | 0 };
    }
    return this.#time;
  }
}
