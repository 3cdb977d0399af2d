/** What is told of connections to those who listen: the events of nf_conntrack_ecache. */
import { type EventQueue, type ScheduledEvent, SECOND } from '../../../base/index.ts';
import type { Flow } from './flow.ts';

export type FlowEventKind = 'new' | 'update' | 'destroy';

/** `by` is the process that made a connection be forgotten; null: nobody. */
export type FlowListener = (kind: FlowEventKind, flow: Flow, by: number | null) => void;

/** How often it is looked, while somebody listens, for what is over: the kernel's collector does between each second and each minute. */
const INTERVAL = SECOND;

export class FlowEvents {
  readonly #queue: EventQueue;
  readonly #collect: () => void;
  readonly #listeners = new Set<FlowListener>();
  #collector: ScheduledEvent | null = null;

  /** `collect` forgets what is over. */
  constructor(queue: EventQueue, collect: () => void) {
    this.#queue = queue;
    this.#collect = collect;
  }

  /** Tells `listener` of all that happens from now on; returns what ends that. */
  listen(listener: FlowListener): () => void {
    this.#listeners.add(listener);
    if (this.#collector === null) this.#schedule();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#collector?.cancel();
      this.#collector = null;
    };
  }

  tell(kind: FlowEventKind, flow: Flow, by: number | null = null): void {
    for (const listener of this.#listeners) listener(kind, flow, by);
  }

  #schedule(): void {
    this.#collector = this.#queue.after(INTERVAL, () => {
      this.#collect();
      this.#schedule();
    });
  }
}
