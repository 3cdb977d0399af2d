/** Cables, taps, VLAN devices, and what a namespace does when devices come and go. */
import { expect, test } from 'vitest';
import { isOsError, MILLISECOND, SECOND } from '../../../src/base/index.ts';
import {
  BROADCAST_MAC,
  BridgeDevice,
  buildEthernet,
  type NetworkNamespace,
  PhysicalDevice,
  plugIntoTap,
  TapDevice,
  VethDevice,
  VlanDevice,
} from '../../../src/network/index.ts';
import { address, gateway, ip, NetworkWorld } from '../../support/networkHosts.ts';

const frame = (size: number, source = '02:00:00:00:00:01') =>
  buildEthernet(BROADCAST_MAC, source, 0x88b5, new Uint8Array(size - 14));

function cable(rate: number | null, limit = 1000) {
  const world = new NetworkWorld();
  const a = new PhysicalDevice(world.context, 'eth0');
  const b = new PhysicalDevice(world.context, 'eth0');
  world.host('a').add(a);
  world.host('b').add(b);
  PhysicalDevice.connect(a, b, { rate, delay: MILLISECOND, loss: { numerator: 0, denominator: 1 }, limit });
  a.setUp(true);
  b.setUp(true);
  const arrivals: number[] = [];
  b.listeners.add(() => arrivals.push(world.queue.now));
  return { world, a, b, arrivals };
}

test('a frame takes its bits at the rate, and then the delay', () => {
  const { world, a, arrivals } = cable(100_000_000);
  a.send(frame(1500));
  a.send(frame(1500));
  world.run();
  // (1500 + 24) bytes at 100 Mbit/s.
  expect(arrivals).toEqual([121_920 + MILLISECOND, 2 * 121_920 + MILLISECOND]);
});

test('a full queue drops, and both sides count', () => {
  const { world, a, b, arrivals } = cable(1_000_000, 10);
  for (let i = 0; i < 25; i++) a.send(frame(1000));
  world.run();
  expect(arrivals.length).toBe(10);
  expect([a.statistics.txPackets, a.statistics.txDropped, b.statistics.rxPackets]).toEqual([10, 15, 10]);
  expect(a.statistics.txBytes).toBe(10_000);
});

test('loss is drawn from the seed', () => {
  const lost = () => {
    const { world, a, arrivals } = cable(null);
    a.wire.options = { ...a.wire.options, loss: { numerator: 1, denominator: 4 } };
    for (let i = 0; i < 400; i++) {
      a.send(frame(100));
      world.run(MILLISECOND);
    }
    return arrivals.length;
  };
  expect(lost()).toBe(lost());
  expect(lost()).toBeGreaterThan(260);
  expect(lost()).toBeLessThan(340);
});

test('carrier and state follow the other end', () => {
  const { a, b } = cable(null);
  expect([a.operState, b.operState]).toEqual(['UP', 'UP']);
  b.setUp(false);
  expect([a.carrier, a.operState]).toEqual([false, 'DOWN']);
  b.setUp(true);
  a.disconnect();
  expect([a.carrier, b.carrier]).toEqual([false, false]);
});

/** Recorded from Linux 6.18: the other end is looked for by its number, in the namespace where one looks. */
test('what a veth without a carrier is called depends on what has its other end’s number here', () => {
  const world = new NetworkWorld();
  const [x, y] = VethDevice.pair(world.context, 'x', 'y');
  const [here, there] = [world.host('here'), world.host('there')];
  here.add(y);
  here.add(x);
  x.setUp(true);
  expect(x.operState).toBe('LOWERLAYERDOWN');
  y.setUp(true);
  expect(x.operState).toBe('UP');
  here.move(y, there);
  expect(x.operState).toBe('DOWN');
  const bridge = new BridgeDevice(world.context, 'br0');
  bridge.index = y.index;
  here.add(bridge);
  expect([bridge.carrier, x.operState]).toEqual([false, 'LOWERLAYERDOWN']);
  bridge.addPort(world.join(here, 'p', null, there, 'q', null)[0]);
  bridge.setUp(true);
  expect([bridge.carrier, x.operState]).toEqual([true, 'DOWN']);
});

test('a tap is a cable for whoever opens it', () => {
  const world = new NetworkWorld();
  const host = world.host('h');
  const bridge = world.bridge(host, 'br0');
  const taps = ['tap0', 'tap1'].map((name) => {
    const tap = new TapDevice(world.context, name, true);
    host.add(tap);
    bridge.addPort(tap);
    tap.setUp(true);
    return tap;
  });
  expect(taps.map((tap) => tap.operState)).toEqual(['DOWN', 'DOWN']);
  const heard: Uint8Array[] = [];
  const first = plugIntoTap(taps[0]!, () => ({ receive: () => {} }));
  plugIntoTap(taps[1]!, () => ({ receive: (bytes) => heard.push(bytes) }));
  expect(taps.map((tap) => tap.operState)).toEqual(['UP', 'UP']);
  first.transmit(frame(100));
  expect(heard).toEqual([frame(100)]);
  expect(() => taps[0]!.open(() => {})).toThrow('Device or resource busy');
  taps[1]!.close();
  first.transmit(frame(100));
  expect(heard.length).toBe(1);
});

test('VLAN devices share a cable and do not hear each other', () => {
  const world = new NetworkWorld();
  const [a, b] = [world.host('a'), world.host('b')];
  const [left, right] = world.join(a, 'eth0', null, b, 'eth0', null);
  const vlan = (host: NetworkNamespace, parent: VethDevice, id: number, text: string) => {
    const device = new VlanDevice(world.context, `eth0.${id}`, parent, id);
    host.add(device);
    device.setUp(true);
    address(host, device, text);
    return device;
  };
  const a10 = vlan(a, left, 10, '10.0.10.1/24');
  const a20 = vlan(a, left, 20, '10.0.20.1/24');
  vlan(b, right, 10, '10.0.10.2/24');
  const server = b.udp.open();
  server.bind(0, 7);
  a.udp.open().send(Uint8Array.of(1), { address: ip('10.0.10.2'), port: 7 });
  a.udp.open().send(Uint8Array.of(2), { address: ip('10.0.20.2'), port: 7 });
  world.run();
  expect([server.receive()?.data[0], server.receive()]).toEqual([1, null]);
  expect([a10.statistics.rxPackets, a20.statistics.rxPackets]).toEqual([1, 0]);
  left.setUp(false);
  expect([a10.up, a10.operState]).toEqual([false, 'DOWN']);
});

test('a device that goes down takes its routes along, and a veth its peer', () => {
  const world = new NetworkWorld();
  const [a, b] = [world.host('a'), world.host('b')];
  const [left] = world.join(a, 'eth0', '10.0.0.1/24', b, 'eth0', '10.0.0.2/24');
  gateway(a, '10.0.0.2');
  expect(a.routing.main.all.length).toBe(2);
  left.setUp(false);
  expect(a.routing.main.all).toEqual([]);
  expect(a.addresses.of(left).length).toBe(1);
  left.setUp(true);
  expect(a.routing.main.all.length).toBe(1);
  a.remove(left);
  expect(a.addresses.of(left)).toEqual([]);
  expect([a.device('eth0'), b.device('eth0')]).toEqual([null, null]);
});

test('a device that moves arrives down and bare; a destroyed namespace sends cards home', () => {
  const world = new NetworkWorld();
  const [home, box] = [world.host('home'), world.host('box')];
  const card = new PhysicalDevice(world.context, 'eth0');
  home.add(card);
  const [inside] = world.join(home, 'veth0', '10.0.0.1/24', home, 'veth1', null);
  home.move(inside, box, 'eth1');
  home.move(card, box);
  expect([inside.up, inside.name, inside.owner?.name, box.addresses.all.length]).toEqual([
    false,
    'eth1',
    'box',
    1,
  ]);
  expect(home.routing.isLocal(ip('10.0.0.1'))).toBe(false);
  box.destroy(home);
  expect(home.devices.map((each) => each.name)).toEqual(['lo', 'eth0']);
});

test('names and numbers', () => {
  const world = new NetworkWorld();
  const host = world.host('h');
  const error = (body: () => void) => {
    try {
      body();
      return null;
    } catch (caught) {
      if (!isOsError(caught)) throw caught;
      return caught.code;
    }
  };
  const [a, b] = VethDevice.pair(world.context, 'x', 'x');
  host.add(a);
  expect(error(() => host.add(b))).toBe('EEXIST');
  expect(error(() => host.rename(a, 'a name'))).toBe('EINVAL');
  expect(error(() => host.rename(a, '0123456789abcdef'))).toBe('EINVAL');
  host.rename(a, '0123456789abcde');
  host.add(b);
  expect(host.devices.map((each) => [each.index, each.name])).toEqual([
    [1, 'lo'],
    [2, '0123456789abcde'],
    [3, 'x'],
  ]);
  expect(error(() => a.setMtu(67))).toBe('EINVAL');
  expect(error(() => a.setMac(BROADCAST_MAC))).toBe('EADDRNOTAVAIL');
  a.setMtu(200);
  a.setUp(true);
  b.setUp(true);
  a.send(frame(219));
  world.run(SECOND);
  expect([a.statistics.txDropped, b.statistics.rxPackets]).toEqual([1, 0]);
  a.send(frame(218));
  world.run(SECOND);
  expect(b.statistics.rxPackets).toBe(1);
});
