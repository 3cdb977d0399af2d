/** Bridges: learning, flooding, ageing, VLANs. */
import { expect, test } from 'vitest';
import { SECOND } from '../../../src/base/index.ts';
import {
  announcement,
  BROADCAST_MAC,
  type BridgeDevice,
  buildEthernet,
  type NetworkDevice,
  tagged,
  VethDevice,
} from '../../../src/network/index.ts';
import { NetworkWorld } from '../../support/networkHosts.ts';

/** A bridge with `count` ports; behind port i is a station that hears, and sends what it is told. */
function bridged(count: number) {
  const world = new NetworkWorld();
  const host = world.host('switch');
  const bridge = world.bridge(host, 'br0');
  const ports: VethDevice[] = [];
  const stations: { device: VethDevice; heard: Uint8Array[] }[] = [];
  for (let i = 0; i < count; i++) {
    const [port, device] = VethDevice.pair(world.context, `p${i}`, 'eth0');
    host.add(port);
    world.host(`h${i}`).add(device);
    port.setUp(true);
    device.setUp(true);
    bridge.addPort(port);
    const heard: Uint8Array[] = [];
    device.listeners.add((frame, direction) => {
      if (direction === 'in') heard.push(frame);
    });
    ports.push(port);
    stations.push({ device, heard });
  }
  const send = (from: number, to: number | 'all' | string, vlan: number | null = null) => {
    for (const each of stations) each.heard.length = 0;
    const mac = to === 'all' ? BROADCAST_MAC : typeof to === 'string' ? to : stations[to]!.device.mac;
    const frame = buildEthernet(mac, stations[from]!.device.mac, 0x88b5, Uint8Array.of(1, 2, 3));
    stations[from]!.device.send(vlan === null ? frame : tagged(frame, vlan));
    world.run(SECOND / 100);
    return stations.flatMap((each, index) => (each.heard.length > 0 ? [index] : []));
  };
  return { world, host, bridge, ports, stations, send };
}

test('floods what it does not know, and learns where answers go', () => {
  const { world, bridge, send, stations } = bridged(4);
  expect(send(0, 1)).toEqual([1, 2, 3]);
  expect(send(1, 0)).toEqual([0]);
  expect(send(0, 1)).toEqual([1]);
  expect(send(2, 'all')).toEqual([0, 1, 3]);
  expect(world.trace.since(0, 'bridge.learn').map((event) => event.detail.port)).toEqual(['p0', 'p1', 'p2']);
  expect(
    bridge
      .knownAddresses()
      .filter((each) => each.kind === 'learned')
      .map((each) => each.mac),
  ).toEqual([0, 1, 2].map((index) => stations[index]!.device.mac));
});

test('forgets after 300 seconds of silence', () => {
  const { world, send } = bridged(3);
  send(0, 1);
  send(1, 0);
  world.run(299 * SECOND);
  expect(send(0, 1)).toEqual([1]);
  world.run(299 * SECOND);
  expect(send(0, 1)).toEqual([1, 2]);
  expect(world.trace.since(0, 'bridge.age').map((event) => event.detail.port)).toEqual(['p1']);
});

test('follows an address to another port, as after a migration', () => {
  const { send, stations, bridge } = bridged(3);
  send(1, 0);
  expect(send(0, 1)).toEqual([1]);
  stations[2]!.device.setMac(stations[1]!.device.mac);
  expect(send(2, 'all')).toEqual([0, 1]);
  expect(send(0, 1)).toEqual([2]);
  expect(bridge.fdb.get(stations[2]!.device.mac, 0)!.port.name).toBe('p2');
});

test('an announcement shows all bridges on the way where a VM is now', () => {
  const { bridge, send, stations, world } = bridged(3);
  send(1, 0);
  const { mac } = stations[1]!.device;
  stations[2]!.device.send(announcement(mac));
  world.run(SECOND / 100);
  expect(bridge.fdb.get(mac, 0)!.port.name).toBe('p2');
  expect(send(0, mac)).toEqual([2]);
});

test('a port that is down gets nothing; flags and states hold', () => {
  const { bridge, ports, send } = bridged(4);
  ports[3]!.setUp(false);
  expect(send(0, 'all')).toEqual([1, 2]);
  ports[3]!.setUp(true);
  const port = (index: number) => bridge.port(ports[index]!)!;
  port(1).state = 'blocking';
  expect(send(0, 'all')).toEqual([2, 3]);
  expect(send(1, 'all')).toEqual([]);
  port(1).state = 'forwarding';
  port(2).flood = false;
  expect(send(0, '02:00:00:00:00:99')).toEqual([1, 3]);
  port(0).isolated = port(1).isolated = true;
  expect(send(0, 'all')).toEqual([2, 3]);
  expect(send(2, 'all')).toEqual([0, 1, 3]);
});

test('VLANs: untagged access ports and a tagged trunk', () => {
  const { bridge, ports, stations, send } = bridged(4);
  bridge.setVlanFiltering(true);
  const access = (index: number, id: number) => {
    const port = bridge.port(ports[index]!)!;
    bridge.deleteVlan(port, 1);
    bridge.addVlan(port, id, { pvid: true, untagged: true });
  };
  access(0, 10);
  access(1, 10);
  access(2, 20);
  const trunk = bridge.port(ports[3]!)!;
  bridge.deleteVlan(trunk, 1);
  for (const id of [10, 20]) bridge.addVlan(trunk, id, { pvid: false, untagged: false });
  expect(send(0, 'all')).toEqual([1, 3]);
  expect(stations[3]!.heard[0]!.slice(12, 18)).toEqual(Uint8Array.of(0x81, 0, 0, 10, 0x88, 0xb5));
  expect(send(2, 'all')).toEqual([3]);
  expect(send(3, 'all', 20)).toEqual([2]);
  expect(stations[2]!.heard[0]!.length).toBe(17);
  // The same address may be at different ports in different VLANs.
  expect(bridge.fdb.get(stations[3]!.device.mac, 20)!.port.name).toBe('p3');
  expect(bridge.fdb.get(stations[3]!.device.mac, 10)).toBeNull();
  expect(send(3, 'all')).toEqual([]);
  expect(send(3, 'all', 30)).toEqual([]);
  expect(send(0, 'all', 20)).toEqual([]);
});

test('has the lowest address and the smallest MTU of its ports, until it is told', () => {
  const { bridge, ports } = bridged(3);
  const lowest = () =>
    ports
      .filter((port) => port.master !== null)
      .map((port) => port.mac)
      .sort()[0];
  expect(bridge.mac).toBe(lowest());
  bridge.removePort(ports.find((port) => port.mac === lowest())!);
  expect(bridge.mac).toBe(lowest());
  ports[1]!.setMtu(1400);
  expect(bridge.mtu).toBe(ports[1]!.master === null ? 1500 : 1400);
  bridge.setMac('02:00:00:00:00:01');
  bridge.addPort(ports.find((port) => port.master === null)!);
  expect(bridge.mac).toBe('02:00:00:00:00:01');
});

test('two cables between two bridges are a storm, but the world goes on', () => {
  const world = new NetworkWorld();
  const host = world.host('switch');
  const [a, b] = [world.bridge(host, 'br0'), world.bridge(host, 'br1')];
  const join = (left: BridgeDevice, right: BridgeDevice, name: string): NetworkDevice => {
    const pair = VethDevice.pair(world.context, `${name}a`, `${name}b`);
    for (const end of pair) {
      host.add(end);
      end.setUp(true);
    }
    left.addPort(pair[0]);
    right.addPort(pair[1]);
    return pair[0];
  };
  const first = join(a, b, 'x');
  join(a, b, 'y');
  a.send(buildEthernet(BROADCAST_MAC, a.mac, 0x88b5, new Uint8Array(50)));
  world.run(SECOND / 100);
  expect(first.statistics.txPackets).toBeGreaterThan(400);
  const before = world.queue.scheduled;
  world.run(SECOND / 100);
  expect(world.queue.scheduled - before).toBeLessThan(10_000);
});
