/** nc's middle: what comes from standard input goes to the socket, what comes from there to standard output. */
import { isOsError } from '../../../../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../../../../linux/index.ts';

const CHUNK = 16_384;

export interface TransferSettings {
  /** A datagram is a message: an empty one is no end. */
  readonly datagrams: boolean;
  /** -N: what ends here ends there. */
  readonly shutdownAfterInput: boolean;
  /** -q: nanoseconds from the end of the input to leaving; null waits for the other side. */
  readonly lingering: number | null;
  /** -w: nanoseconds without anything; null waits for ever. */
  readonly idle: number | null;
  /** -d: standard input is left alone. */
  readonly withoutInput: boolean;
}

function* now(): Sys<number> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * 1_000_000_000 + nsec;
}

/** Until the other side has ended. Throws OsError ECONNRESET and others. */
export function* transfer(socket: Fd, settings: TransferSettings): Sys<void> {
  let input = !settings.withoutInput;
  let leaveAt: number | null = null;
  for (;;) {
    const wait = [settings.idle, leaveAt === null ? null : Math.max(0, leaveAt - (yield* now()))];
    const timeouts = wait.filter((each) => each !== null);
    const requests = [
      { fd: socket, events: 'in' as const },
      ...(input ? [{ fd: 0, events: 'in' as const }] : []),
    ];
    const [net, standard] = yield* sys.poll(requests, timeouts.length === 0 ? null : Math.min(...timeouts));
    if (!net!.in && standard?.in !== true) return;
    if (net!.in && !(yield* fromSocket(socket, settings.datagrams))) return;
    if (standard?.in !== true) continue;
    const data = yield* sys.read(0, CHUNK);
    if (data.length > 0) {
      yield* writeAll(socket, data);
      continue;
    }
    input = false;
    if (settings.shutdownAfterInput && !settings.datagrams) yield* sys.shutdown(socket, 'wr');
    if (settings.lingering !== null) leaveAt = (yield* now()) + settings.lingering;
  }
}

/** False when the other side has ended. */
function* fromSocket(socket: Fd, datagrams: boolean): Sys<boolean> {
  try {
    const { data } = yield* sys.recvmsg(socket, CHUNK);
    yield* writeAll(1, data);
    return data.length > 0 || datagrams;
  } catch (error) {
    if (isOsError(error, 'ECONNREFUSED', 'ECONNRESET')) return false;
    throw error;
  }
}
