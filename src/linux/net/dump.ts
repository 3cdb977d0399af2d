/** The state of a network namespace as plain JSON, for the world's hash. What is under way is in the world's events. */
import { BridgeDevice, Netfilter, type NetworkNamespace } from '../../network/index.ts';

export function dumpNamespace(network: NetworkNamespace): object {
  const { filter } = network;
  return {
    settings: { ...network.settings },
    devices: network.devices.map((device) => ({
      index: device.index,
      name: device.name,
      mac: device.mac,
      mtu: device.mtu,
      up: device.up,
      carrier: device.carrier,
      master: device.master?.name ?? null,
      ...device.statistics,
      ...(device instanceof BridgeDevice && {
        fdb: device.fdb.entries.map(({ port, ...entry }) => ({ ...entry, port: port.name })),
      }),
    })),
    addresses: network.addresses.all.map(({ device, ...address }) => ({ ...address, device: device.name })),
    routes: network.routing.main.all.map(({ device, ...route }) => ({
      ...route,
      device: device?.name ?? null,
    })),
    sockets: {
      ...(network.ping.sockets.size > 0 && {
        ping: [...network.ping.sockets].map(({ local, remote }) => ({ local, remote })),
      }),
      udp: [...network.udp.sockets].map(({ local, remote }) => ({ local, remote })),
      tcp: network.tcp.connections.map(({ local, remote, state }) => ({ local, remote, state })),
    },
    rules:
      filter instanceof Netfilter
        ? filter.tables.map((table) => ({
            family: table.family,
            name: table.name,
            chains: [...table.chains.values()],
            ...(table.sets.size > 0 && {
              sets: [...table.sets.values()].map((set) => ({
                name: set.name,
                ...set.declaration,
                elements: set.elements(network.context.queue.now),
              })),
            }),
          }))
        : [],
    ...(filter instanceof Netfilter && {
      tracked: { max: filter.conntrack.max, drops: filter.conntrack.drops },
    }),
  };
}
