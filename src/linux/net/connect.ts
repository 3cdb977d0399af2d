/** Connecting with a limit of time. */
import { isOsError, OsError } from '../../base/index.ts';
import type { Sys } from '../program.ts';
import { sys } from '../sys.ts';
import type { Fd, SocketAddress } from '../syscalls.ts';

/** Waits at most so many nanoseconds; null waits as long as the protocol does. Throws OsError, ETIMEDOUT when the time is over. */
export function* connectWithin(fd: Fd, to: SocketAddress, timeout: number | null): Sys<void> {
  if (timeout === null) return yield* sys.connect(fd, to);
  yield* sys.setnonblock(fd, true);
  try {
    yield* sys.connect(fd, to);
  } catch (error) {
    if (!isOsError(error, 'EINPROGRESS')) throw error;
    const [ready] = yield* sys.poll([{ fd, events: 'inout' }], Math.max(0, timeout));
    if (!ready!.out && !ready!.in && !ready!.hup) throw new OsError('ETIMEDOUT');
    // Tells how it ended.
    yield* sys.connect(fd, to);
  }
  yield* sys.setnonblock(fd, false);
}
