/** Standard streams of the processes that the engine starts, and copying between descriptors whose other end may be gone. */
import { concatBytes, isOsError } from '../base/index.ts';
import { type Fd, O_NOCTTY, O_RDONLY, O_RDWR, type Sys, sys, writeAll } from '../linux/index.ts';

/** Makes three descriptors the standard ones of a new session, and closes `others`; without an input it is /dev/null. */
export function* wireStandard(from: Fd | null, output: Fd, errors: Fd, others: readonly Fd[]): Sys<void> {
  const input = from ?? (yield* sys.open('/dev/null', O_RDONLY));
  yield* sys.setsid();
  yield* usualSignals();
  yield* closeAll(others);
  const kept = [yield* sys.dupfd(input, 50), yield* sys.dupfd(output, 50), yield* sys.dupfd(errors, 50)];
  for (const [to, fd] of kept.entries()) yield* sys.dup2(fd, to);
  yield* closeAll([...kept, ...[input, output, errors].filter((fd) => fd > 2)]);
}

/** A new session that gets its terminal later, by `takeTerminal`; closes `others`. */
export function* awaitTerminal(others: readonly Fd[]): Sys<void> {
  yield* sys.setsid();
  yield* usualSignals();
  yield* closeAll(others);
}

/** Makes the terminal at `path` the controlling one of the session that the caller leads, and its standard streams. */
export function* takeTerminal(path: string): Sys<void> {
  const tty = yield* sys.open(path, O_RDWR | O_NOCTTY);
  yield* sys.tcsetctty(tty);
  for (const to of [0, 1, 2]) yield* sys.dup2(tty, to);
  if (tty > 2) yield* sys.close(tty);
}

/** What the engine's processes ignore (a shell starts the daemon in the background), a container's does not. */
function* usualSignals(): Sys<void> {
  for (const signal of ['PIPE', 'CHLD', 'INT', 'QUIT', 'HUP', 'TERM'] as const)
    yield* sys.sigaction(signal, 'default');
}

function* closeAll(fds: readonly Fd[]): Sys<void> {
  for (const fd of new Set(fds)) {
    try {
      yield* sys.close(fd);
    } catch (error) {
      if (!isOsError(error, 'EBADF')) throw error;
    }
  }
}

/** What is there; nothing at the end or when the terminal's other side is gone (EIO). */
export function* readOrNothing(fd: Fd): Sys<Uint8Array> {
  try {
    return yield* sys.read(fd, 65_536);
  } catch (error) {
    if (isOsError(error, 'EIO')) return new Uint8Array(0);
    throw error;
  }
}

/**
 * What is still to be written to somebody who does not read just now: whoever copies into it goes on with other things meanwhile, and takes
 * no more for it while `waiting`. To be flushed when poll(2) says that there is room, or that the other side is gone.
 */
export class Outbox {
  #bytes: Uint8Array = new Uint8Array(0);

  get waiting(): boolean {
    return this.#bytes.length > 0;
  }

  put(bytes: Uint8Array): void {
    this.#bytes = this.waiting ? concatBytes([this.#bytes, bytes]) : bytes;
  }

  /** As much as goes without waiting; nothing to somebody who is gone. */
  *flush(fd: Fd): Sys<void> {
    try {
      this.#bytes = this.#bytes.subarray(yield* sys.write(fd, this.#bytes));
    } catch (error) {
      if (!isOsError(error, 'EPIPE', 'EIO')) throw error;
      this.#bytes = new Uint8Array(0);
    }
  }
}

/** Writes to somebody who may be gone. */
export function* writeOrDrop(fd: Fd, bytes: Uint8Array): Sys<void> {
  try {
    yield* writeAll(fd, bytes);
  } catch (error) {
    if (!isOsError(error, 'EPIPE', 'EIO')) throw error;
  }
}
