/** Messages about routes. */
import { isOsError, OsError } from '../../../base/index.ts';
import type { NetworkNamespace, Route } from '../../../network/index.ts';
import { NetlinkError, type NewRouteHow, type RouteChange, type RouteInfo } from './requests.ts';
import { deviceOf, type MessageHandlers } from './types.ts';

/** A route as messages have it. */
export const routeInfo = ({ device, ...route }: Route): RouteInfo => ({
  ...route,
  device: device?.index ?? 0,
  linkDown: device?.up === true && !device.carrier,
});

/** Names its device instead of numbering it. */
function described(network: NetworkNamespace, change: RouteChange) {
  const { device, ...rest } = change;
  return { ...rest, ...(device !== undefined && { device: deviceOf(network, device) }) };
}

function add(network: NetworkNamespace, change: RouteChange, how: NewRouteHow): void {
  const same = (route: Route) =>
    route.destination === change.destination &&
    route.length === change.length &&
    route.metric === (change.metric ?? 0);
  if (how === 'change' && !network.routing.main.all.some(same)) throw new OsError('ENOENT');
  try {
    network.routing.add(described(network, change), how === 'change' ? 'replace' : how);
  } catch (error) {
    if (isOsError(error, 'ENETUNREACH')) throw new NetlinkError('ENETUNREACH', 'Nexthop has invalid gateway');
    if (isOsError(error, 'ENETDOWN')) throw new NetlinkError('ENETDOWN', 'Device for nexthop is not up');
    throw error;
  }
}

/** Whether a route is one that `wanted` describes as far as it goes. */
function matches(route: Route, wanted: Partial<RouteChange>): boolean {
  const given = Object.entries({ ...wanted, device: undefined }).filter(([, value]) => value !== undefined);
  return (
    (wanted.device === undefined || route.device?.index === wanted.device) &&
    given.every(([key, value]) => route[key as keyof Route] === value)
  );
}

/** The route that a packet takes; throws what sending one would. */
function lookup(
  network: NetworkNamespace,
  asked: { destination: number; source?: number; device?: number },
): RouteInfo {
  const device = asked.device === undefined ? null : deviceOf(network, asked.device);
  if (asked.source !== undefined && !network.routing.isLocal(asked.source)) throw new OsError('EINVAL');
  const way = network.routing.way(asked.destination, asked.source ?? 0, device);
  return {
    type: way.type,
    destination: asked.destination,
    length: 32,
    gateway: way.nextHop === asked.destination ? null : way.nextHop,
    device: way.device.index,
    source: way.source,
    metric: 0,
    scope: 'global',
    protocol: 'kernel',
    onlink: false,
    linkDown: false,
  };
}

export const routeHandlers: MessageHandlers<'RTM_GETROUTE' | 'RTM_NEWROUTE' | 'RTM_DELROUTE' | 'RTM_LOOKUP'> =
  {
    RTM_GETROUTE: ({ network }, { table }) => network.routing[table].all.map(routeInfo),
    RTM_NEWROUTE({ network }, { how = 'add', ...change }) {
      add(network, change, how);
      return null;
    },
    RTM_DELROUTE({ network }, wanted) {
      network.routing.main.delete((route) => matches(route, wanted));
      return null;
    },
    RTM_LOOKUP: ({ network }, asked) => lookup(network, asked),
  };
