/** Those who are told what happens, and what has to be looked for meanwhile, since it is otherwise noticed only when somebody asks. */
import { type EventQueue, type ScheduledEvent, SECOND } from '../base/index.ts';

/** How often it is looked while somebody listens: the kernel does between each second and each minute. */
const INTERVAL = SECOND;

export class Listeners<Event> {
  readonly #queue: EventQueue;
  readonly #look: () => void;
  readonly #listeners = new Set<(event: Event) => void>();
  #timer: ScheduledEvent | null = null;

  /** `look` tells of what is over, or old, by then. */
  constructor(queue: EventQueue, look: () => void) {
    this.#queue = queue;
    this.#look = look;
  }

  /** Tells `listener` of all that happens from now on; returns what ends that. */
  listen(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    if (this.#timer === null) this.#schedule();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#timer?.cancel();
      this.#timer = null;
    };
  }

  tell(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }

  #schedule(): void {
    this.#timer = this.#queue.after(INTERVAL, () => {
      this.#look();
      this.#schedule();
    });
  }
}
