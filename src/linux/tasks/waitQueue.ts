/** Sleeping until something may have changed: the kernel's wait queues. A woken call is simply tried again. */
import type { Nanos } from '../../base/index.ts';
import type { Task } from './task.ts';

export class WaitQueue {
  readonly #waiting = new Set<Task>();

  add(task: Task): void {
    this.#waiting.add(task);
  }

  remove(task: Task): void {
    this.#waiting.delete(task);
  }

  /** Makes all that wait runnable, in the order in which they came. */
  wake(): void {
    for (const task of [...this.#waiting]) task.wake();
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
