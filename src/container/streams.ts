/** Standard streams of the processes that the engine starts, and copying between descriptors whose other end may be gone. */
import { concatBytes, isOsError } from '../base/index.ts';
import {
  CLOSE_RANGE_CLOEXEC,
  type Fd,
  LAST_FD,
  O_NOCTTY,
  O_RDONLY,
  O_RDWR,
  type Sys,
  sys,
  writeAll,
} from '../linux/index.ts';

const NOTHING: Uint8Array = new Uint8Array(0);

/** Makes three descriptors the standard ones of a new session, and the only ones of the program to come; without an input it is /dev/null. */
export function* wireStandard(from: Fd | null, output: Fd, errors: Fd): Sys<void> {
  const streams = [from ?? (yield* sys.open('/dev/null', O_RDONLY)), output, errors];
  yield* sys.setsid();
  yield* usualSignals();
  // What another one would take the place of goes out of its way first, as in forkAndExecInChild of Go's syscall package.
  for (let to = 0; to < 3; to++) if (streams[to]! < to) streams[to] = yield* sys.dupfd(streams[to]!, 3);
  for (let to = 0; to < 3; to++) if (streams[to] !== to) yield* sys.dup2(streams[to]!, to);
  yield* passNoOthers();
}

/** A new session that gets its terminal later, by `takeTerminal`, and passes no other descriptors on. */
export function* awaitTerminal(): Sys<void> {
  yield* sys.setsid();
  yield* usualSignals();
  yield* passNoOthers();
}

/** As runc's CloseExecFrom of libcontainer/utils: whoever has made the process has more files open than the program is to see. */
const passNoOthers = (): Sys<void> => sys.close_range(3, LAST_FD, CLOSE_RANGE_CLOEXEC);

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

/** What is there; nothing at the end or when the terminal's other side is gone (EIO). */
export function* readOrNothing(fd: Fd): Sys<Uint8Array> {
  try {
    return yield* sys.read(fd, 65_536);
  } catch (error) {
    if (isOsError(error, 'EIO')) return NOTHING;
    throw error;
  }
}

/**
 * What is still to be written to somebody who does not read just now: whoever copies into it goes on with other things meanwhile, and takes
 * no more for it while `waiting`. To be flushed when poll(2) says that there is room, or that the other side is gone.
 */
export class Outbox {
  #bytes = NOTHING;

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
      this.#bytes = NOTHING;
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
