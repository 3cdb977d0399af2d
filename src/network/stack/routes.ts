/** Routing tables: longest prefix first, then the lowest metric (ip-route(8); RFC 1812, 5.2.4). */
import { OsError } from '../../base/index.ts';
import { type Ipv4, inPrefix, networkOf } from '../address/ipv4.ts';
import type { NetworkDevice } from '../link/device.ts';

/** What becomes of a packet; the words of ip-route(8). */
export type RouteType = 'unicast' | 'local' | 'broadcast' | 'unreachable' | 'blackhole' | 'prohibit';
export type RouteScope = 'global' | 'link' | 'host';
/** Who made the route. */
export type RouteProtocol = 'kernel' | 'boot' | 'static' | 'dhcp';

export interface Route {
  readonly type: RouteType;
  readonly destination: Ipv4;
  readonly length: number;
  /** The next router; null for what is on the link. */
  readonly gateway: Ipv4 | null;
  /** Null for routes that lead nowhere. */
  readonly device: NetworkDevice | null;
  /** The preferred source address. */
  readonly source: Ipv4 | null;
  readonly metric: number;
  readonly scope: RouteScope;
  readonly protocol: RouteProtocol;
  /** The gateway is taken to be on the link, whatever the addresses say. */
  readonly onlink: boolean;
}

export class RouteTable {
  /** The longest prefixes first, then the lowest metric, then age. */
  readonly #routes: Route[] = [];
  readonly #tell: (route: Route, gone: boolean) => void;

  /** `tell` is told of each change. */
  constructor(tell: (route: Route, gone: boolean) => void = () => {}) {
    this.#tell = tell;
  }

  /** As the kernel lists them: by address, the longer prefix first, then by metric. */
  get all(): readonly Route[] {
    return this.#routes.toSorted(
      (a, b) => a.destination - b.destination || b.length - a.length || a.metric - b.metric,
    );
  }

  /** Throws EEXIST for a second route with equal prefix and metric; one that is put `before` others may have another target. */
  add(route: Route, before = false): void {
    const { length, metric } = route;
    const key = { ...route, destination: networkOf(route.destination, length) };
    const twin = (each: Route) => (before || each.type === 'local' ? sameTarget(each, key) : true);
    if (this.#routes.some((each) => sameKey(each, key) && twin(each))) throw new OsError('EEXIST');
    const first = before ? this.#routes.findIndex((each) => sameKey(each, key)) : -1;
    if (first >= 0) {
      this.#routes.splice(first, 0, key);
      this.#tell(key, false);
      return;
    }
    let at = this.#routes.findIndex(
      (each) => each.length < length || (each.length === length && each.metric > metric),
    );
    if (at < 0) at = this.#routes.length;
    this.#routes.splice(at, 0, key);
    this.#tell(key, false);
  }

  /** Puts a route in the place of the one with equal prefix and metric, or adds it. */
  replace(route: Route): void {
    const old = this.#routes.find((each) => sameKey(each, route));
    if (old !== undefined) this.#routes.splice(this.#routes.indexOf(old), 1);
    this.add(route);
  }

  /** Deletes the first route that `which` is true of. Throws ESRCH when there is none. */
  delete(which: (route: Route) => boolean): void {
    const at = this.#routes.findIndex(which);
    if (at < 0) throw new OsError('ESRCH');
    this.#take(at, false);
  }

  /** `quietly`: nobody is told. */
  deleteWhere(which: (route: Route) => boolean, quietly = false): void {
    for (let at = this.#routes.length - 1; at >= 0; at--)
      if (which(this.#routes[at]!)) this.#take(at, quietly);
  }

  #take(at: number, quietly: boolean): void {
    const [route] = this.#routes.splice(at, 1);
    if (!quietly) this.#tell(route!, true);
  }

  /** The route for `destination`, out of `device` if one is given; null when there is none. */
  lookup(destination: Ipv4, device: NetworkDevice | null = null): Route | null {
    for (const route of this.#routes) {
      if (!inPrefix(destination, { address: route.destination, length: route.length })) continue;
      if (device !== null && route.device !== device) continue;
      if (route.device !== null && !route.device.up && route.type !== 'local') continue;
      return route;
    }
    return null;
  }
}

function sameKey(a: Route, b: Route): boolean {
  return (
    a.destination === networkOf(b.destination, b.length) && a.length === b.length && a.metric === b.metric
  );
}

function sameTarget(a: Route, b: Route): boolean {
  return a.device === b.device && a.type === b.type && a.gateway === b.gateway;
}
