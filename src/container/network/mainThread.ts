/**
 * The daemon's main process for those that serve single requests: what must be its own (children, sockets that stay) they hand over to it,
 * and wait until it is done. Behind it stands an abstract socket that only wakes the main process.
 */
import { type Fd, type PollRequest, type Sys, sys } from '../../linux/index.ts';

const ADDRESS = '\0dockerd/main';

/** A task for the main process, and how it ended. */
interface Handed<T> {
  outcome: { readonly value: T } | { readonly error: unknown } | null;
}

function* perform<T>(task: Handed<T>, body: () => Sys<T>): Sys<void> {
  try {
    task.outcome = { value: yield* body() };
  } catch (error) {
    task.outcome = { error };
  }
}

export class MainThread {
  #listener: Fd = -1;
  readonly #tasks: (() => Sys<void>)[] = [];

  /** In the main process. */
  *open(): Sys<void> {
    this.#listener = yield* sys.socket();
    yield* sys.setcloexec(this.#listener, true);
    yield* sys.bind(this.#listener, ADDRESS);
    yield* sys.listen(this.#listener);
  }

  get waiting(): PollRequest {
    return { fd: this.#listener, events: 'in' };
  }

  /** In the process of a request: `body` runs in the main one; what it throws is thrown here. */
  *run<T>(body: () => Sys<T>): Sys<T> {
    const task: Handed<T> = { outcome: null };
    this.#tasks.push(() => perform(task, body));
    const fd = yield* sys.socket();
    yield* sys.connect(fd, ADDRESS);
    yield* sys.read(fd, 1);
    yield* sys.close(fd);
    const { outcome } = task;
    if (outcome === null) throw new Error('the main process did not do its task');
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /** In the main process, when somebody waits. */
  *serve(): Sys<void> {
    const fd = yield* sys.accept(this.#listener);
    yield* sys.setcloexec(fd, true);
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) yield* task();
    yield* sys.close(fd);
  }
}
