/** A socket of netlink(7) that is told what happens, instead of asking. */
import type { Sys } from '../../program.ts';
import { sys } from '../../sys.ts';
import type { Fd } from '../../syscalls.ts';

export class EventsSocket<Event> {
  readonly #fd: Fd;

  private constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** `request` says which events, and with that what `Event` is. Throws EPERM. */
  static *open<Event>(request: 'CT_LISTEN' | 'RTM_LISTEN'): Sys<EventsSocket<Event>> {
    const fd = yield* sys.socket({ family: 'netlink', type: 'raw' });
    yield* sys.ioctl(fd, request, null);
    return new EventsSocket(fd);
  }

  /** Waits for the next one. Throws EINTR, and ENOBUFS when some were lost. */
  *next(): Sys<Event> {
    return (yield* sys.ioctl(this.#fd, 'NL_RECEIVE', null)) as Event;
  }
}
