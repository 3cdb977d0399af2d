/** A published UDP port: each client gets a socket of its own to the container, so that answers find their way back. */
import { isOsError, SECOND } from '../../base/index.ts';
import { type Fd, type SocketAddress, type Sys, sys } from '../../linux/index.ts';

const LONGEST = 65_535;
/** How long a client is remembered that says nothing. */
const IDLE = 90 * SECOND;

interface Client {
  readonly address: SocketAddress;
  readonly backend: Fd;
  last: number;
}

function* now(): Sys<number> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * SECOND + nsec;
}

/** A datagram, or null for an error that the other side caused. */
function* receive(fd: Fd) {
  try {
    return yield* sys.recvmsg(fd, LONGEST);
  } catch (error) {
    if (isOsError(error)) return null;
    throw error;
  }
}

function* send(fd: Fd, data: Uint8Array, to: SocketAddress | null): Sys<void> {
  try {
    yield* sys.sendto(fd, data, to);
  } catch (error) {
    // Datagrams may be lost.
    if (!isOsError(error)) throw error;
  }
}

export function* relayDatagrams(listener: Fd, target: SocketAddress): Sys<never> {
  const clients = new Map<string, Client>();
  for (;;) {
    const fds = [listener, ...[...clients.values()].map(({ backend }) => backend)];
    const replies = yield* sys.poll(
      fds.map((fd) => ({ fd, events: 'in' })),
      clients.size === 0 ? null : IDLE,
    );
    const time = yield* now();
    for (const [key, client] of clients) {
      const reply = replies.find(({ fd }) => fd === client.backend);
      if (reply?.in === true) {
        const answer = yield* receive(client.backend);
        client.last = time;
        if (answer !== null) yield* send(listener, answer.data, client.address);
      } else if (time - client.last >= IDLE) {
        clients.delete(key);
        yield* sys.close(client.backend);
      }
    }
    if (replies[0]?.in !== true) continue;
    const datagram = yield* receive(listener);
    if (datagram === null) continue;
    const key = JSON.stringify(datagram.from);
    let client = clients.get(key);
    if (client === undefined) {
      const backend = yield* sys.socket({ family: 'inet', type: 'dgram' });
      yield* sys.connect(backend, target);
      client = { address: datagram.from, backend, last: time };
      clients.set(key, client);
    }
    client.last = time;
    yield* send(client.backend, datagram.data, null);
  }
}
