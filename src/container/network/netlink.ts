/** The daemon's netlink sockets: one for a namespace, kept while it is worked on (libnetwork's ns.NlHandle). */
import { type Errno, isOsError, OsError } from '../../base/index.ts';
import { CLONE_NEWNET, type Fd, O_RDONLY, type Sys, sys } from '../../linux/index.ts';
import type { FilterChange, FilterMessage, FilterMessages } from '../../linux/net/netlink/filterRequests.ts';
import type { LinkInfo, RouteMessage, RouteMessages } from '../../linux/net/netlink/requests.ts';

export class Netlink {
  readonly #fd: Fd;

  private constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** Of the caller's namespace. Throws EAFNOSUPPORT on a host without a network. */
  static *open(): Sys<Netlink> {
    return new Netlink(yield* sys.socket({ family: 'netlink', type: 'raw' }));
  }

  *request<M extends RouteMessage>(
    message: M,
    argument: RouteMessages[M]['argument'],
  ): Sys<RouteMessages[M]['answer']> {
    return (yield* sys.ioctl(this.#fd, message, argument)) as RouteMessages[M]['answer'];
  }

  *filter<M extends FilterMessage>(
    message: M,
    argument: FilterMessages[M]['argument'],
  ): Sys<FilterMessages[M]['answer']> {
    return (yield* sys.ioctl(this.#fd, message, argument)) as FilterMessages[M]['answer'];
  }

  /** All of them or none. Throws the first one's OsError. */
  *change(changes: readonly FilterChange[]): Sys<void> {
    const failure = yield* this.filter('NFT_BATCH', changes);
    if (failure !== null) throw failure.error;
  }

  /** Null when there is none of the name. */
  *link(name: string): Sys<LinkInfo | null> {
    try {
      return (yield* this.request('RTM_GETLINK', { name }))[0] ?? null;
    } catch (error) {
      if (isOsError(error, 'ENODEV')) return null;
      throw error;
    }
  }

  /** Its number. Throws ENODEV. */
  *indexOf(name: string): Sys<number> {
    const link = yield* this.link(name);
    if (link === null) throw new OsError('ENODEV');
    return link.index;
  }

  /** Takes the device away, if it is there. */
  *deleteLink(name: string): Sys<void> {
    const link = yield* this.link(name);
    if (link !== null) yield* this.request('RTM_DELLINK', { index: link.index });
  }

  *close(): Sys<void> {
    yield* sys.close(this.#fd);
  }
}

/** Runs `body` with a socket of the caller's namespace. */
export function* withNetlink<T>(body: (netlink: Netlink) => Sys<T>): Sys<T> {
  const netlink = yield* Netlink.open();
  try {
    return yield* body(netlink);
  } finally {
    yield* netlink.close();
  }
}

/** Runs `body` in the namespace at `path`, as a locked thread of the daemon's would, and comes back. */
export function* inNamespace<T>(path: string, body: () => Sys<T>): Sys<T> {
  const own = yield* sys.open('/proc/self/ns/net', O_RDONLY);
  const there = yield* sys.open(path, O_RDONLY);
  yield* sys.setnsfd(there, CLONE_NEWNET);
  yield* sys.close(there);
  try {
    return yield* body();
  } finally {
    yield* sys.setnsfd(own, CLONE_NEWNET);
    yield* sys.close(own);
  }
}

/** Runs `body`, in which an error of those is no matter. */
export function* unless(codes: readonly Errno[], body: () => Sys<void>): Sys<void> {
  try {
    yield* body();
  } catch (error) {
    if (!isOsError(error, ...codes)) throw error;
  }
}
