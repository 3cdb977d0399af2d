/** Where packets go: the local table, then the main one, and the routes that addresses and devices bring with them. */
import { OsError } from '../../base/index.ts';
import { broadcastOf, type Ipv4, isLoopback, LIMITED_BROADCAST, networkOf } from '../address/ipv4.ts';
import type { NetworkDevice } from '../link/device.ts';
import type { AddressTable, InterfaceAddress } from './addresses.ts';
import { type Route, RouteTable, type RouteType } from './routes.ts';

/** A way for packets of this host. */
export interface Way {
  readonly type: 'unicast' | 'local' | 'broadcast';
  readonly device: NetworkDevice;
  /** Whose MAC address is needed: the gateway, or the destination itself. */
  readonly nextHop: Ipv4;
  readonly source: Ipv4;
}

const defaults = { gateway: null, source: null, metric: 0, scope: 'global', onlink: false } as const;

export class Routing {
  /** Addresses of this host and broadcast addresses; filled by the kernel. */
  readonly local: RouteTable;
  /** What `ip route` shows. */
  readonly main: RouteTable;
  readonly #addresses: () => AddressTable;
  readonly #loopback: () => NetworkDevice;

  /** `tell` is told of routes that come and go, but for those that go with their device. */
  constructor(
    addresses: () => AddressTable,
    loopback: () => NetworkDevice,
    tell: (table: 'main' | 'local', route: Route, gone: boolean) => void,
  ) {
    this.local = new RouteTable((route, gone) => tell('local', route, gone));
    this.main = new RouteTable((route, gone) => tell('main', route, gone));
    this.#addresses = addresses;
    this.#loopback = loopback;
  }

  /**
   * Adds a route to the main table, as `ip route add` does. Throws ENETDOWN when its device is down, ENETUNREACH when the gateway
   * is not on a link, EINVAL when the gateway is this host, EEXIST, ENODEV. `prepend` takes a second one with another target.
   */
  add(
    route: Partial<Route> & Pick<Route, 'destination' | 'length'>,
    how: 'add' | 'replace' | 'prepend' = 'add',
  ): void {
    const full = this.#complete(route);
    if (how === 'replace') this.main.replace(full);
    else this.main.add(full, how === 'prepend');
  }

  #complete(route: Partial<Route> & Pick<Route, 'destination' | 'length'>): Route {
    const type: RouteType = route.type ?? 'unicast';
    const all = { ...defaults, protocol: 'boot' as const, ...route, type };
    if (networkOf(all.destination, all.length) !== all.destination) throw new OsError('EINVAL');
    if (type !== 'unicast') return { ...all, device: null, gateway: null };
    if (all.source !== null && !this.isLocal(all.source)) throw new OsError('EINVAL');
    let device = route.device ?? null;
    if (all.gateway !== null) {
      if (!all.onlink) {
        const local = this.local.lookup(all.gateway);
        const link = local?.type === 'local' ? local : this.main.lookup(all.gateway, device);
        if (link === null || link.device === null || link.gateway !== null) throw new OsError('ENETUNREACH');
        device = link.device;
      }
    }
    if (device === null) throw new OsError('ENODEV');
    if (!device.up) throw new OsError('ENETDOWN');
    const scope = route.scope ?? (all.gateway === null ? 'link' : 'global');
    return { ...all, device, scope };
  }

  /** Whether an address is this host's own, on whatever device. */
  isLocal(address: Ipv4): boolean {
    return this.local.lookup(address)?.type === 'local';
  }

  /** Whether frames for this address are for all on a link. */
  isBroadcast(address: Ipv4): boolean {
    return address === LIMITED_BROADCAST || this.local.lookup(address)?.type === 'broadcast';
  }

  /** The route for an address, whoever sends there. */
  lookup(destination: Ipv4, device: NetworkDevice | null = null): Route | null {
    return this.local.lookup(destination, device) ?? this.main.lookup(destination, device);
  }

  /**
   * The way for this host's own packets; `device` binds them to one. Throws ENETUNREACH without a route, and EHOSTUNREACH, EINVAL
   * or EACCES for routes of the types unreachable, blackhole and prohibit.
   */
  way(destination: Ipv4, source: Ipv4 = 0, device: NetworkDevice | null = null): Way {
    const local = this.local.lookup(destination);
    if (local?.type === 'local')
      return {
        type: 'local',
        device: this.#loopback(),
        nextHop: destination,
        source: source || (local.source ?? destination),
      };
    const route = destination === LIMITED_BROADCAST ? null : this.lookup(destination, device);
    if (route === null) return this.#withoutRoute(destination, source, device);
    refuse(route);
    return {
      type: route.type === 'broadcast' ? 'broadcast' : 'unicast',
      device: route.device!,
      nextHop: route.gateway ?? destination,
      source: source || (route.source ?? this.#sourceFor(route.device!, route.gateway ?? destination)),
    };
  }

  /** To all on a link, or out of a device that is named: that needs no route. */
  #withoutRoute(destination: Ipv4, source: Ipv4, device: NetworkDevice | null): Way {
    const type = destination === LIMITED_BROADCAST ? 'broadcast' : 'unicast';
    const out = device ?? (type === 'broadcast' ? (this.main.lookup(destination)?.device ?? null) : null);
    if (out === null) throw new OsError('ENETUNREACH');
    return {
      type,
      device: out,
      nextHop: destination,
      source: source || this.#sourceFor(out, destination),
    };
  }

  #sourceFor(device: NetworkDevice, destination: Ipv4): Ipv4 {
    return this.#addresses().sourceFor(device, destination) ?? 0;
  }

  /** The routes that an address brings with it; those of the link only while its device is up. */
  addressAdded(each: InterfaceAddress): void {
    this.#quietly(() =>
      this.local.add({
        ...defaults,
        type: 'local',
        destination: each.address,
        length: 32,
        device: each.device,
        source: each.address,
        scope: 'host',
        protocol: 'kernel',
      }),
    );
    if (each.device.up) this.#addLinkRoutes(each);
  }

  addressDeleted(each: InterfaceAddress): void {
    const others = this.#addresses().all;
    const { device, address, length } = each;
    const belongs = (route: Route) =>
      route.device === device && (route.source === address || route.destination === address);
    if (others.some((other) => other.address === address && other.device === device)) return;
    this.main.deleteWhere(
      (route) => belongs(route) && (route.protocol === 'kernel' || route.source === address),
    );
    this.local.deleteWhere((route) => belongs(route) && route.source === address);
    // Another address may stand on the same link.
    for (const other of this.#addresses().of(device))
      if (device.up && other.length === length) this.#addLinkRoutes(other);
  }

  deviceUp(device: NetworkDevice): void {
    for (const each of this.#addresses().of(device)) this.addressAdded(each);
  }

  /** Routes out of a device that is down go, whoever made them; its addresses stay reachable from this host. */
  deviceDown(device: NetworkDevice): void {
    this.main.deleteWhere((route) => route.device === device, true);
    this.local.deleteWhere((route) => route.device === device && route.type === 'broadcast', true);
    // A gateway that could be reached by this device only leads nowhere.
    this.main.deleteWhere((route) => route.device !== null && !route.device.up, true);
  }

  #addLinkRoutes(each: InterfaceAddress): void {
    const { device, address, length } = each;
    const network = networkOf(address, length);
    const common = { ...defaults, device, source: address, protocol: 'kernel' as const };
    if (isLoopback(address) && device.kind === 'loopback') {
      this.#quietly(() =>
        this.local.add({ ...common, type: 'local', destination: network, length, scope: 'host' }),
      );
    } else if (length < 32 && !each.secondary) {
      this.#quietly(() =>
        this.main.add({ ...common, type: 'unicast', destination: network, length, scope: 'link' }),
      );
    }
    const broadcasts = new Set<Ipv4>();
    if (each.broadcast !== null) broadcasts.add(each.broadcast);
    if (length < 31) broadcasts.add(broadcastOf(address, length));
    for (const broadcast of broadcasts)
      this.#quietly(() =>
        this.local.add({ ...common, type: 'broadcast', destination: broadcast, length: 32, scope: 'link' }),
      );
  }

  /** A route of the kernel's own may be there already. */
  #quietly(add: () => void): void {
    try {
      add();
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
    }
  }
}

/** Throws the error of a route that leads nowhere. */
function refuse(route: Route): void {
  if (route.type === 'unreachable') throw new OsError('EHOSTUNREACH');
  if (route.type === 'blackhole') throw new OsError('EINVAL');
  if (route.type === 'prohibit') throw new OsError('EACCES');
}
