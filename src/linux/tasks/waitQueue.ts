/** Sleeping until something may have changed: the kernel's wait queues. A woken call is simply tried again. */
import type { Nanos } from '../../base/index.ts';

/** A task, or somebody outside of the host. */
export interface Sleeper {
  wake(): void;
}

export class WaitQueue {
  /** For most queues nobody ever waits, for most others only one. */
  #first: Sleeper | null = null;
  /** Who came after it, before it went. */
  #others: Set<Sleeper> | null = null;

  add(sleeper: Sleeper): void {
    if (this.#first === sleeper) return;
    if (this.#first === null && this.#others === null) {
      this.#first = sleeper;
      return;
    }
    this.#others ??= new Set();
    this.#others.add(sleeper);
  }

  remove(sleeper: Sleeper): void {
    if (this.#first === sleeper) this.#first = null;
    else if (this.#others?.delete(sleeper) && this.#others.size === 0) this.#others = null;
  }

  /** Makes all that wait runnable, in the order in which they came. */
  wake(): void {
    const others = this.#others === null ? null : [...this.#others];
    this.#first?.wake();
    if (others !== null) for (const sleeper of others) sleeper.wake();
  }
}

/** What a handler returns when its call cannot go on yet: try again when a queue is woken, or at virtual time `until`. */
export class Blocked {
  readonly queues: readonly WaitQueue[];
  readonly until: Nanos | null;

  constructor(queues: readonly WaitQueue[], until: Nanos | null = null) {
    this.queues = queues;
    this.until = until;
  }
}
