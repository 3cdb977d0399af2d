/** What a namespace's network tells to those who listen, as messages of rtnetlink(7). */
import type { NetworkDevice } from '../../../network/index.ts';
import type { HostNamespace } from '../socketFile.ts';
import { linkInfo } from './links.ts';
import type { RouteEventInfo } from './monitorRequests.ts';
import { routeInfo } from './routes.ts';

/** A device is told of again when something of it besides its numbers has changed. */
class Told {
  readonly #space: HostNamespace;
  readonly #last = new Map<NetworkDevice, string>();

  constructor(space: HostNamespace) {
    this.#space = space;
    for (const device of space.network.devices) this.changed(device);
  }

  #text(device: NetworkDevice): string {
    const { statistics: _, ...rest } = linkInfo(this.#space, device);
    // Whether somebody is at the other end is nothing to a device that is down.
    return JSON.stringify({ ...rest, carrier: rest.up && rest.carrier });
  }

  changed(device: NetworkDevice): boolean {
    const text = this.#text(device);
    const same = this.#last.get(device) === text;
    this.#last.set(device, text);
    return !same;
  }

  forget(device: NetworkDevice): void {
    this.#last.delete(device);
  }
}

/** Returns what ends it. */
export function listenToNetwork(space: HostNamespace, put: (event: RouteEventInfo) => void): () => void {
  const told = new Told(space);
  return space.network.events.listen((event) => {
    const { gone } = event;
    if (event.kind === 'link') {
      const { device } = event;
      if (!gone && !told.changed(device)) return;
      if (gone) told.forget(device);
      put({ kind: 'link', gone, link: linkInfo(space, device) });
    } else if (event.kind === 'address') {
      const { device, ...address } = event.address;
      put({ kind: 'address', gone, device: device.name, address: { index: device.index, ...address } });
    } else if (event.kind === 'route')
      put({
        kind: 'route',
        gone,
        table: event.table,
        device: event.route.device?.name ?? null,
        route: routeInfo(event.route),
      });
    else {
      const { device, ...neighbour } = event.neighbour;
      put({ kind: 'neighbour', gone, device: device.name, neighbour: { index: device.index, ...neighbour } });
    }
  });
}
