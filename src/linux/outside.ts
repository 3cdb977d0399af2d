/** A connection from outside of the world to a listening socket of a host, which sees a client like any other. */
import type { EventQueue } from '../base/index.ts';
import type { Socket } from './files/socket.ts';
import type { Sleeper } from './tasks/waitQueue.ts';

export interface OutsideHooks {
  /** What the host sends, in pieces as they come. */
  readonly onData: (bytes: Uint8Array) => void;
  /** The host sends no more. */
  readonly onEnd: () => void;
  /** There may be room again after `write` took less than it was given. */
  readonly onRoom: () => void;
}

const PIECE = 65_536;

/** Hooks are called while the world runs, from events of their own. */
export class OutsideConnection implements Sleeper {
  readonly #events: EventQueue;
  readonly #socket: Socket;
  readonly #hooks: OutsideHooks;
  #paused = false;
  #scheduled = false;
  #full = false;
  #ended = false;
  #closed = false;

  /** `socket` is connected, and nobody else's. */
  constructor(events: EventQueue, socket: Socket, hooks: OutsideHooks) {
    this.#events = events;
    this.#socket = socket;
    this.#hooks = hooks;
    for (const queue of socket.queues) queue.add(this);
  }

  /** How many of the bytes the host takes now. Throws EPIPE when it reads no more. */
  write(bytes: Uint8Array): number {
    let taken = 0;
    while (taken < bytes.length) {
      const written = this.#socket.put(bytes.subarray(taken));
      if (written === null) break;
      taken += written;
    }
    this.#full = taken < bytes.length;
    return taken;
  }

  /** The host reads end of file; it may still send. */
  end(): void {
    if (!this.#closed) this.#socket.shutdown('wr');
  }

  /** No data come until `resume`: the host waits when its buffer is full. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.wake();
  }

  /** Gone in both directions; no hook is called any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const queue of this.#socket.queues) queue.remove(this);
    this.#socket.release();
  }

  wake(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    this.#events.after(0, () => this.#look());
  }

  #look(): void {
    this.#scheduled = false;
    if (this.#full && !this.#closed) {
      this.#full = false;
      this.#hooks.onRoom();
    }
    while (!this.#paused && !this.#closed && !this.#ended) {
      const bytes = this.#socket.take(PIECE);
      if (bytes === null) return;
      this.#ended = bytes.length === 0;
      if (this.#ended) this.#hooks.onEnd();
      else this.#hooks.onData(bytes);
    }
  }
}
