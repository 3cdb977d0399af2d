/** What is told of a namespace's devices, addresses, routes and neighbours to those who listen: the groups of rtnetlink(7). */
import type { NetworkDevice } from '../link/device.ts';
import type { InterfaceAddress } from './addresses.ts';
import type { Neighbour } from './neighbours.ts';
import type { Route } from './routes.ts';

export type NetworkEvent = {
  /** It is there no more. */
  readonly gone: boolean;
} & (
  | { readonly kind: 'link'; readonly device: NetworkDevice }
  | { readonly kind: 'address'; readonly address: InterfaceAddress }
  | { readonly kind: 'route'; readonly table: 'main' | 'local'; readonly route: Route }
  | { readonly kind: 'neighbour'; readonly neighbour: Neighbour }
);
