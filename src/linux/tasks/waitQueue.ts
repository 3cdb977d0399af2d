/** Sleeping until something may have changed: the kernel's wait queues. A woken call is simply tried again. */
import type { Nanos } from '../../base/index.ts';

/** A task, or somebody outside of the host. */
export interface Sleeper {
  wake(): void;
}

export class WaitQueue {
  /** For most queues nobody ever waits. */
  #waiting: Set<Sleeper> | null = null;

  add(sleeper: Sleeper): void {
    this.#waiting ??= new Set();
    this.#waiting.add(sleeper);
  }

  remove(sleeper: Sleeper): void {
    this.#waiting?.delete(sleeper);
  }

  /** Makes all that wait runnable, in the order in which they came. */
  wake(): void {
    if (this.#waiting === null || this.#waiting.size === 0) return;
    for (const sleeper of [...this.#waiting]) sleeper.wake();
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
