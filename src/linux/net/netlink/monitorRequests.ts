/** What programs are told of their network as it changes: rtnetlink(7)'s groups, decoded. Anybody may listen. */
import type { Sys } from '../../program.ts';
import { EventsSocket } from './eventsSocket.ts';
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
export const openRouteEvents = (): Sys<EventsSocket<RouteEventInfo>> => EventsSocket.open('RTM_LISTEN');
