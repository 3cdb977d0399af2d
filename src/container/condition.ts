/** What processes of the daemon wait for others of them with, as goroutines do with a condition: sync.Cond. */
import { isOsError, type Nanos } from '../base/index.ts';
import { type Fd, type Sys, sys } from '../linux/index.ts';

interface Place {
  /** Woken and not yet looked. */
  pending: boolean;
}

export class Condition {
  readonly #waiting = new Map<string, Place>();
  readonly #nextAddress: () => string;

  /** `nextAddress` gives abstract names that nobody has. */
  constructor(nextAddress: () => string) {
    this.#nextAddress = nextAddress;
  }

  /** Wakes everybody who waits. */
  *notify(): Sys<void> {
    for (const [address, place] of [...this.#waiting]) {
      if (place.pending) continue;
      place.pending = true;
      const fd = yield* sys.socket();
      try {
        yield* sys.connect(fd, address);
      } catch (error) {
        if (!isOsError(error, 'ECONNREFUSED')) throw error;
        this.#waiting.delete(address);
      }
      yield* sys.close(fd);
    }
  }

  /** Waits until `done`, which is asked at first and after each notification; false when the time is over or one of `others` is ready before. */
  *until(done: () => boolean, timeout: Nanos | null = null, others: readonly Fd[] = []): Sys<boolean> {
    if (done()) return true;
    const address = this.#nextAddress();
    const place: Place = { pending: false };
    const listener = yield* sys.socket();
    yield* sys.bind(listener, address);
    yield* sys.listen(listener);
    this.#waiting.set(address, place);
    const deadline = timeout === null ? null : (yield* nanosNow()) + timeout;
    try {
      while (!done()) {
        const rest = deadline === null ? null : deadline - (yield* nanosNow());
        if (rest !== null && rest <= 0) return false;
        const fds = [listener, ...others];
        const replies = yield* sys.poll(
          fds.map((fd) => ({ fd, events: 'in' as const })),
          rest,
        );
        for (const reply of replies) {
          if (!reply.in && !reply.hup) continue;
          if (reply.fd !== listener) return false;
          yield* sys.close(yield* sys.accept(listener));
          place.pending = false;
        }
      }
      return true;
    } finally {
      this.#waiting.delete(address);
      yield* sys.close(listener);
    }
  }
}

function* nanosNow(): Sys<Nanos> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * 1e9 + nsec;
}
