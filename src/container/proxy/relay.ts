/** A published TCP port: each client gets a connection to the container, and bytes go both ways as they come. */
import { isOsError } from '../../base/index.ts';
import {
  type Fd,
  type PollReply,
  type PollRequest,
  type SocketAddress,
  type Sys,
  sys,
} from '../../linux/index.ts';

const CHUNK = 32_768;

/** One way through a pair of sockets. */
interface Way {
  readonly from: Fd;
  readonly to: Fd;
  /** What was read and could not be written yet. */
  rest: Uint8Array;
  /** `from` has no more to say; told to `to` once the rest is written. */
  ended: boolean;
  closed: boolean;
}

interface Pair {
  readonly client: Fd;
  readonly backend: Fd;
  connected: boolean;
  readonly ways: readonly [Way, Way];
}

const way = (from: Fd, to: Fd): Way => ({
  from,
  to,
  rest: new Uint8Array(0),
  ended: false,
  closed: false,
});

/** Null: not now. */
function* attempt<T>(call: () => Sys<T>): Sys<T | null> {
  try {
    return yield* call();
  } catch (error) {
    if (isOsError(error, 'EAGAIN', 'EINPROGRESS', 'EALREADY')) return null;
    throw error;
  }
}

export class Relay {
  readonly #listener: Fd;
  readonly #target: SocketAddress;
  readonly #pairs = new Set<Pair>();

  constructor(listener: Fd, target: SocketAddress) {
    this.#listener = listener;
    this.#target = target;
  }

  *serve(): Sys<never> {
    for (;;) {
      const requests = [
        { fd: this.#listener, events: 'in' as const },
        ...[...this.#pairs].flatMap((pair) => this.#wishes(pair)),
      ];
      const replies = yield* sys.poll(requests, null);
      const ready = new Map(replies.map((reply) => [reply.fd, reply]));
      for (const pair of [...this.#pairs]) yield* this.#guard(pair, () => this.#advance(pair, ready));
      if (ready.get(this.#listener)?.in === true) yield* this.#accept();
    }
  }

  #wishes({ client, backend, connected, ways: [up, down] }: Pair): PollRequest[] {
    if (!connected) return [{ fd: backend, events: 'out' }];
    const wish = (fd: Fd, reading: Way, writing: Way): PollRequest[] => {
      const input = !reading.ended && reading.rest.length === 0;
      const output = writing.rest.length > 0;
      if (!input && !output) return [];
      return [{ fd, events: input && output ? 'inout' : input ? 'in' : 'out' }];
    };
    return [...wish(client, up, down), ...wish(backend, down, up)];
  }

  *#accept(): Sys<void> {
    const client = yield* sys.accept(this.#listener);
    const backend = yield* sys.socket({ family: 'inet', type: 'stream' });
    for (const fd of [client, backend]) yield* sys.setnonblock(fd, true);
    const pair: Pair = {
      client,
      backend,
      connected: false,
      ways: [way(client, backend), way(backend, client)],
    };
    this.#pairs.add(pair);
    const target = this.#target;
    yield* this.#guard(pair, function* () {
      const done = yield* attempt(function* () {
        yield* sys.connect(backend, target);
        return true;
      });
      pair.connected = done !== null;
    });
  }

  /** An error on either side ends both. */
  *#guard(pair: Pair, body: () => Sys<void>): Sys<void> {
    try {
      yield* body();
    } catch (error) {
      if (!isOsError(error)) throw error;
      yield* this.#close(pair);
    }
  }

  *#close(pair: Pair): Sys<void> {
    this.#pairs.delete(pair);
    yield* sys.close(pair.client);
    yield* sys.close(pair.backend);
  }

  *#advance(pair: Pair, ready: ReadonlyMap<Fd, PollReply>): Sys<void> {
    if (!pair.connected) {
      const reply = ready.get(pair.backend);
      if (reply === undefined || !(reply.out || reply.hup)) return;
      // Tells an error, if that is how it ended.
      yield* sys.connect(pair.backend, this.#target);
      pair.connected = true;
      return;
    }
    for (const each of pair.ways) {
      const source = ready.get(each.from);
      if (source !== undefined && (source.in || source.hup)) yield* this.#read(each);
      if (each.rest.length > 0) yield* this.#write(each);
      if (!each.ended || each.rest.length > 0 || each.closed) continue;
      each.closed = true;
      yield* sys.shutdown(each.to, 'wr');
    }
    if (pair.ways.every(({ closed }) => closed)) yield* this.#close(pair);
  }

  *#read(each: Way): Sys<void> {
    if (each.ended || each.rest.length > 0) return;
    const bytes = yield* attempt(() => sys.read(each.from, CHUNK));
    if (bytes === null) return;
    each.rest = bytes;
    each.ended = bytes.length === 0;
  }

  *#write(each: Way): Sys<void> {
    const sent = yield* attempt(() => sys.write(each.to, each.rest));
    if (sent !== null) each.rest = each.rest.subarray(sent);
  }
}
