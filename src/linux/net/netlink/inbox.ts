/** What comes to a socket of netlink(7) by itself: messages that wait until somebody reads them. */
import { OsError } from '../../../base/index.ts';
import { Blocked, WaitQueue } from '../../tasks/waitQueue.ts';

/** How many may wait: a receive buffer of net.core.rmem_default has room for about as many messages of the kernel. */
const ROOM = 256;

export class Inbox {
  readonly #messages: unknown[] = [];
  readonly #arrived = new WaitQueue();
  #lost = false;

  put(message: unknown): void {
    if (this.#messages.length < ROOM) this.#messages.push(message);
    else this.#lost = true;
    this.#arrived.wake();
  }

  /** The oldest message; throws ENOBUFS once after some found no room, and EAGAIN instead of waiting when it must not. */
  take(nonblocking: boolean): unknown {
    if (this.#lost) {
      this.#lost = false;
      throw new OsError('ENOBUFS');
    }
    const message = this.#messages.shift();
    if (message !== undefined) return message;
    if (nonblocking) throw new OsError('EAGAIN');
    return new Blocked(this.queues);
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0 && !this.#lost;
  }

  get queues(): readonly WaitQueue[] {
    return [this.#arrived];
  }
}
