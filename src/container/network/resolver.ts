/**
 * The embedded name server of user-defined networks: a socket of the daemon's main process at 127.0.0.11 in each container's namespace, to
 * which rules there lead port 53. What it does not know it asks the servers of the host, from within the container's network.
 */
import { concatBytes, isOsError, SECOND } from '../../base/index.ts';
import {
  type Fd,
  type PollReply,
  type PollRequest,
  type SocketAddress,
  type Sys,
  sys,
} from '../../linux/index.ts';
import { buildDns, type DnsMessage, isLoopback, parseDns, parseIpv4 } from '../../network/index.ts';
import { datagramOf, failed, type NamedEndpoint, ownAnswer, serverFailure } from './names.ts';
import { inNamespace } from './netlink.ts';
import { DNS_PORT, openPlace, type Place } from './resolverSockets.ts';

/** How long a server is waited for. */
const PATIENCE = 4 * SECOND;
const LONGEST = 65_535;

/** What the resolver asks about the containers that it serves. */
export interface Directory {
  /** Containers that the one may know by name. */
  known(container: string): readonly NamedEndpoint[];
  /** Servers to ask for other names, in this order. */
  upstream(container: string): Sys<readonly string[]>;
  /** The file of the container's namespace. */
  key(container: string): string;
}

/** Where an answer goes. */
type Reply = (message: DnsMessage) => Sys<unknown>;

/** A client's connection, and what it has said so far. */
interface Conversation {
  readonly container: string;
  heard: Uint8Array;
}

/** A question that somebody else has to answer. */
interface Errand {
  readonly container: string;
  readonly query: DnsMessage;
  readonly reply: Reply;
  readonly rest: readonly string[];
  readonly until: number;
}

function* now(): Sys<number> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * SECOND + nsec;
}

export class Resolver {
  readonly #directory: Directory;
  /** By container. */
  readonly #places = new Map<string, Place>();
  readonly #conversations = new Map<Fd, Conversation>();
  readonly #errands = new Map<Fd, Errand>();
  /** Counts answers with several addresses: containers that share a name take turns. */
  #turn = 0;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  get owned(): Fd[] {
    const places = [...this.#places.values()].flatMap(({ datagrams, streams }) => [datagrams, streams]);
    return [...places, ...this.#conversations.keys(), ...this.#errands.keys()];
  }

  get waiting(): PollRequest[] {
    return this.owned.map((fd) => ({ fd, events: 'in' }));
  }

  serves(container: string): boolean {
    return this.#places.has(container);
  }

  /** Begins to answer in the container's namespace. */
  *open(container: string): Sys<void> {
    if (this.serves(container)) return;
    const place = yield* inNamespace(this.#directory.key(container), openPlace);
    this.#places.set(container, place);
  }

  *close(container: string): Sys<void> {
    const place = this.#places.get(container);
    if (place === undefined) return;
    this.#places.delete(container);
    for (const fd of [place.datagrams, place.streams]) yield* sys.close(fd);
    for (const [fd, conversation] of [...this.#conversations])
      if (conversation.container === container) yield* this.#hangUp(fd);
    for (const [fd, errand] of [...this.#errands])
      if (errand.container === container) yield* this.#forget(fd);
  }

  *#hangUp(fd: Fd): Sys<void> {
    if (this.#conversations.delete(fd)) yield* sys.close(fd);
  }

  *#forget(fd: Fd): Sys<void> {
    this.#errands.delete(fd);
    yield* sys.close(fd);
  }

  /** Virtual nanoseconds until a server has been waited for long enough. */
  *timeout(): Sys<number | null> {
    if (this.#errands.size === 0) return null;
    const first = Math.min(...[...this.#errands.values()].map(({ until }) => until));
    return Math.max(0, first - (yield* now()));
  }

  /** Goes on to the next server where one did not answer in time. */
  *expire(): Sys<void> {
    const time = yield* now();
    for (const [fd, errand] of [...this.#errands]) {
      if (errand.until > time) continue;
      yield* this.#forget(fd);
      yield* this.#ask(errand);
    }
  }

  *serve({ fd }: PollReply): Sys<void> {
    const errand = this.#errands.get(fd);
    if (errand !== undefined) return yield* this.#answered(fd, errand);
    const conversation = this.#conversations.get(fd);
    if (conversation !== undefined) return yield* this.#listen(fd, conversation);
    for (const [container, { datagrams, streams }] of this.#places) {
      if (fd === streams) return yield* this.#accept(container, streams);
      if (fd === datagrams) return yield* this.#datagram(container, datagrams);
    }
  }

  *#datagram(container: string, fd: Fd): Sys<void> {
    const datagram = yield* receive(fd);
    if (datagram === null) return;
    const { data, from } = datagram;
    yield* this.#question(container, data, (message) => send(fd, datagramOf(message), from));
  }

  *#accept(container: string, listener: Fd): Sys<void> {
    const fd = yield* sys.accept(listener);
    yield* sys.setcloexec(fd, true);
    // Who does not read its answers loses them.
    yield* sys.setnonblock(fd, true);
    this.#conversations.set(fd, { container, heard: new Uint8Array(0) });
  }

  /** Each message has its length before it. */
  *#listen(fd: Fd, conversation: Conversation): Sys<void> {
    const bytes = (yield* unlessError(() => sys.read(fd, LONGEST))) ?? new Uint8Array(0);
    if (bytes.length === 0) return yield* this.#hangUp(fd);
    conversation.heard = concatBytes([conversation.heard, bytes]);
    for (;;) {
      const { heard } = conversation;
      const length = heard.length < 2 ? 0 : heard[0]! * 256 + heard[1]!;
      if (heard.length < 2 || heard.length < 2 + length) return;
      conversation.heard = heard.slice(2 + length);
      const resolver = this;
      yield* this.#question(conversation.container, heard.slice(2, 2 + length), function* (message) {
        const answer = buildDns(message);
        const head = Uint8Array.of(answer.length >> 8, answer.length & 255);
        if (resolver.#conversations.has(fd))
          yield* unlessError(() => sys.write(fd, concatBytes([head, answer])));
      });
    }
  }

  *#question(container: string, data: Uint8Array, reply: Reply): Sys<void> {
    const query = parseDns(data);
    if (query === null || query.response) return;
    const answer = ownAnswer(query, this.#directory.known(container), () => this.#turn++);
    if (answer !== null) {
      yield* reply(answer);
      return;
    }
    const rest = yield* this.#directory.upstream(container);
    yield* this.#ask({ container, query, reply, rest, until: 0 });
  }

  /** Asks the next server; when none is left, there is no answer. */
  *#ask(errand: Errand): Sys<void> {
    const [server, ...rest] = errand.rest;
    const address = parseIpv4(server ?? '');
    if (address === null) {
      yield* errand.reply(serverFailure(errand.query));
      return;
    }
    const fd = yield* this.#openUpstream(errand.container, address);
    if (fd === null) return yield* this.#ask({ ...errand, rest });
    this.#errands.set(fd, { ...errand, rest, until: (yield* now()) + PATIENCE });
    yield* send(fd, buildDns(errand.query), null);
  }

  /** A socket to a server: one at a loopback address is the host's. Null when there is no way there. */
  *#openUpstream(container: string, address: number): Sys<Fd | null> {
    const open = function* (): Sys<Fd | null> {
      const fd = yield* sys.socket({ family: 'inet', type: 'dgram' });
      try {
        yield* sys.setcloexec(fd, true);
        yield* sys.connect(fd, { family: 'inet', address, port: DNS_PORT });
        return fd;
      } catch (error) {
        yield* sys.close(fd);
        if (isOsError(error)) return null;
        throw error;
      }
    };
    if (isLoopback(address)) return yield* open();
    return yield* inNamespace(this.#directory.key(container), open);
  }

  *#answered(fd: Fd, errand: Errand): Sys<void> {
    const datagram = yield* receive(fd);
    const message = datagram === null ? null : parseDns(datagram.data);
    if (message !== null && message.id !== errand.query.id) return;
    yield* this.#forget(fd);
    if (message === null || failed(message)) yield* this.#ask(errand);
    else yield* errand.reply(message);
  }
}

/** Null for an error: nobody is there any more, or it is not to be waited for. */
function* unlessError<T>(call: () => Sys<T>): Sys<T | null> {
  try {
    return yield* call();
  } catch (error) {
    if (isOsError(error)) return null;
    throw error;
  }
}

const receive = (fd: Fd) => unlessError(() => sys.recvmsg(fd, LONGEST));

const send = (fd: Fd, data: Uint8Array, to: SocketAddress | null) =>
  unlessError(() => sys.sendto(fd, data, to));
