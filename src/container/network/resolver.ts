/**
 * The embedded name server of user-defined networks: a socket of the daemon's main process at 127.0.0.11 in each container's namespace, to
 * which rules there lead port 53. What it does not know it asks the servers of the host, from within the container's network.
 */
import { isOsError, SECOND } from '../../base/index.ts';
import {
  type Fd,
  type PollReply,
  type PollRequest,
  type SocketAddress,
  type Sys,
  sys,
} from '../../linux/index.ts';
import type { FilterChange } from '../../linux/net/netlink/filterRequests.ts';
import {
  buildDns,
  type DnsMessage,
  IPPROTO_UDP,
  isLoopback,
  parseDns,
  parseIpv4,
} from '../../network/index.ts';
import { datagramOf, failed, type NamedEndpoint, ownAnswer, serverFailure } from './names.ts';
import { inNamespace, withNetlink } from './netlink.ts';
import { EMBEDDED_RESOLVER } from './resolvConf.ts';
import {
  addition,
  destination,
  host,
  jump,
  newChain,
  port,
  protocol,
  rule,
  source,
  tableChanges,
  translateTo,
} from './ruleText.ts';

const ADDRESS = parseIpv4(EMBEDDED_RESOLVER)!;
const DNS_PORT = 53;
/** How long a server is waited for. */
const PATIENCE = 4 * SECOND;

/** What the resolver asks about the containers that it serves. */
export interface Directory {
  /** Containers that the one may know by name. */
  known(container: string): readonly NamedEndpoint[];
  /** Servers to ask for other names, in this order. */
  upstream(container: string): Sys<readonly string[]>;
  /** The file of the container's namespace. */
  key(container: string): string;
}

/** A question that somebody else has to answer. */
interface Errand {
  readonly container: string;
  readonly query: DnsMessage;
  readonly from: SocketAddress;
  readonly rest: readonly string[];
  readonly until: number;
}

function* now(): Sys<number> {
  const { sec, nsec } = yield* sys.clock_gettime('monotonic');
  return sec * SECOND + nsec;
}

export class Resolver {
  readonly #directory: Directory;
  /** Sockets by container. */
  readonly #sockets = new Map<string, Fd>();
  readonly #errands = new Map<Fd, Errand>();
  /** Counts answers with several addresses: containers that share a name take turns. */
  #turn = 0;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  get owned(): Fd[] {
    return [...this.#sockets.values(), ...this.#errands.keys()];
  }

  get waiting(): PollRequest[] {
    return this.owned.map((fd) => ({ fd, events: 'in' }));
  }

  serves(container: string): boolean {
    return this.#sockets.has(container);
  }

  /** Begins to answer in the container's namespace. */
  *open(container: string): Sys<void> {
    if (this.serves(container)) return;
    const fd = yield* inNamespace(this.#directory.key(container), function* () {
      const socket = yield* sys.socket({ family: 'inet', type: 'dgram' });
      yield* sys.setcloexec(socket, true);
      yield* sys.bind(socket, { family: 'inet', address: ADDRESS, port: 0 });
      const local = yield* sys.getsockname(socket);
      const number = local.family === 'inet' ? local.port : 0;
      yield* withNetlink((netlink) => netlink.change(rulesFor(number)));
      return socket;
    });
    this.#sockets.set(container, fd);
  }

  *close(container: string): Sys<void> {
    const fd = this.#sockets.get(container);
    if (fd === undefined) return;
    this.#sockets.delete(container);
    yield* sys.close(fd);
    for (const [asked, errand] of [...this.#errands])
      if (errand.container === container) yield* this.#forget(asked);
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
    const [container] = [...this.#sockets].find(([, socket]) => socket === fd) ?? [];
    if (container === undefined) return;
    const datagram = yield* receive(fd);
    const query = datagram === null ? null : parseDns(datagram.data);
    if (datagram === null || query === null || query.response) return;
    const answer = ownAnswer(query, this.#directory.known(container), () => this.#turn++);
    if (answer !== null) return yield* send(fd, datagramOf(answer), datagram.from);
    const rest = yield* this.#directory.upstream(container);
    yield* this.#ask({ container, query, from: datagram.from, rest, until: 0 });
  }

  /** Asks the next server; when none is left, there is no answer. */
  *#ask(errand: Errand): Sys<void> {
    const [server, ...rest] = errand.rest;
    const address = parseIpv4(server ?? '');
    if (address === null) return yield* this.#give(errand, serverFailure(errand.query));
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
    else yield* this.#give(errand, message);
  }

  *#give({ container, from }: Errand, message: DnsMessage): Sys<void> {
    const fd = this.#sockets.get(container);
    if (fd !== undefined) yield* send(fd, datagramOf(message), from);
  }
}

/** In the container's namespace: port 53 of the resolver's address is its socket's, and answers come from there. */
function rulesFor(number: number): FilterChange[] {
  const resolver = host(ADDRESS);
  const udp = protocol(IPPROTO_UDP);
  return [
    ...tableChanges('nat', []),
    newChain('nat', 'DOCKER_OUTPUT'),
    newChain('nat', 'DOCKER_POSTROUTING'),
    ...[
      rule('nat', 'OUTPUT', [destination(resolver)], jump('DOCKER_OUTPUT')),
      rule('nat', 'POSTROUTING', [destination(resolver)], jump('DOCKER_POSTROUTING')),
      rule(
        'nat',
        'DOCKER_OUTPUT',
        [destination(resolver), udp, port('destination', DNS_PORT)],
        translateTo('dnat', ADDRESS, number),
      ),
      rule(
        'nat',
        'DOCKER_POSTROUTING',
        [source(resolver), udp, port('source', number)],
        translateTo('snat', null, DNS_PORT),
      ),
    ].map((each) => addition(each)),
  ];
}

function* receive(fd: Fd) {
  try {
    return yield* sys.recvmsg(fd, 65_535);
  } catch (error) {
    // Nobody is there, says an earlier packet's echo.
    if (isOsError(error)) return null;
    throw error;
  }
}

function* send(fd: Fd, data: Uint8Array, to: SocketAddress | null): Sys<void> {
  try {
    yield* sys.sendto(fd, data, to);
  } catch (error) {
    if (!isOsError(error)) throw error;
  }
}
