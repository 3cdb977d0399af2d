/** What is told of a namespace's devices, addresses, routes and neighbours to those who listen: the groups of rtnetlink(7). */
import { type EventQueue, type ScheduledEvent, SECOND } from '../../base/index.ts';
import type { NetworkDevice } from '../link/device.ts';
import type { InterfaceAddress } from './addresses.ts';
import type { Neighbour } from './neighbours.ts';
import type { Route } from './routes.ts';

export type NetworkEvent = {
  /** It is there no more. */
  readonly gone: boolean;
} & (
  | { readonly kind: 'link'; readonly device: NetworkDevice }
  | { readonly kind: 'address'; readonly address: InterfaceAddress }
  | { readonly kind: 'route'; readonly table: 'main' | 'local'; readonly route: Route }
  | { readonly kind: 'neighbour'; readonly neighbour: Neighbour }
);

/** How often it is looked, while somebody listens, which neighbours were silent for too long. */
const INTERVAL = SECOND;

export class NetworkEvents {
  readonly #queue: EventQueue;
  readonly #age: () => void;
  readonly #listeners = new Set<(event: NetworkEvent) => void>();
  #timer: ScheduledEvent | null = null;

  /** `age` makes neighbours stale that are. */
  constructor(queue: EventQueue, age: () => void) {
    this.#queue = queue;
    this.#age = age;
  }

  /** Tells `listener` of all that happens from now on; returns what ends that. */
  listen(listener: (event: NetworkEvent) => void): () => void {
    this.#listeners.add(listener);
    if (this.#timer === null) this.#schedule();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#timer?.cancel();
      this.#timer = null;
    };
  }

  tell(event: NetworkEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #schedule(): void {
    this.#timer = this.#queue.after(INTERVAL, () => {
      this.#age();
      this.#schedule();
    });
  }
}
