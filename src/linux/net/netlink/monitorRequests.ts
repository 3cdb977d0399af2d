/** What programs are told of their network as it changes: rtnetlink(7)'s groups, decoded. Anybody may listen. */
import type { Sys } from '../../program.ts';
import { sys } from '../../sys.ts';
import type { Fd } from '../../syscalls.ts';
import type { AddressInfo, LinkInfo, NeighbourInfo, RouteInfo } from './requests.ts';

export type RouteEventInfo = {
  /** It is there no more. */
  readonly gone: boolean;
} & (
  | { readonly kind: 'link'; readonly link: LinkInfo }
  | { readonly kind: 'address'; readonly device: string; readonly address: AddressInfo }
  | {
      readonly kind: 'route';
      readonly table: 'main' | 'local';
      readonly device: string | null;
      readonly route: RouteInfo;
    }
  | { readonly kind: 'neighbour'; readonly device: string; readonly neighbour: NeighbourInfo }
);

/** A socket that is told of each change. */
export class RouteEventsSocket {
  readonly #fd: Fd;

  private constructor(fd: Fd) {
    this.#fd = fd;
  }

  static *open(): Sys<RouteEventsSocket> {
    const fd = yield* sys.socket({ family: 'netlink', type: 'raw' });
    yield* sys.ioctl(fd, 'RTM_LISTEN', null);
    return new RouteEventsSocket(fd);
  }

  /** Waits for the next one. Throws EINTR, and ENOBUFS when some were lost. */
  *next(): Sys<RouteEventInfo> {
    return (yield* sys.ioctl(this.#fd, 'NL_RECEIVE', null)) as RouteEventInfo;
  }
}
