/** Echoes and errors, and ARP's states. */
import { expect, test } from 'vitest';
import { SECOND } from '../../../src/base/index.ts';
import {
  buildIcmp,
  formatIpv4,
  ICMP_ECHO,
  IPPROTO_ICMP,
  type NetworkNamespace,
  parseIcmp,
  parseIpv4Packet,
} from '../../../src/network/index.ts';
import { gateway, ip, NetworkWorld } from '../../support/networkHosts.ts';

/** Sends one echo and tells what came: `address: type/code ttl`. */
function ping(
  world: NetworkWorld,
  host: NetworkNamespace,
  to: string,
  options: { ttl?: number; size?: number; dontFragment?: boolean; wait?: number } = {},
): string[] {
  const socket = host.raw.open(IPPROTO_ICMP);
  socket.ignoredIcmpTypes.add(ICMP_ECHO);
  socket.ttl = options.ttl ?? null;
  socket.dontFragment = options.dontFragment ?? false;
  const data = new Uint8Array(options.size ?? 56);
  socket.send(buildIcmp({ type: ICMP_ECHO, code: 0, id: 7, sequence: 1, data }), ip(to));
  world.run((options.wait ?? 4) * SECOND);
  const lines: string[] = [];
  for (let got = socket.receive(); got !== null; got = socket.receive()) {
    const header = parseIpv4Packet(got.bytes)!;
    const message = parseIcmp(got.bytes.subarray(header.headerLength))!;
    lines.push(`${formatIpv4(got.from)}: ${message.type}/${message.code} ttl ${header.ttl}`);
  }
  socket.close();
  return lines;
}

function routed() {
  const world = new NetworkWorld();
  const [a, r, b] = [world.host('a'), world.host('r'), world.host('b')];
  world.join(a, 'eth0', '10.0.1.2/24', r, 'eth0', '10.0.1.1/24');
  const middle = world.join(r, 'eth1', '10.0.2.1/24', b, 'eth0', '10.0.2.2/24');
  gateway(a, '10.0.1.1');
  gateway(b, '10.0.2.1');
  r.settings.ipForward = true;
  return { world, a, r, b, middle };
}

test('echoes are answered, from the address that was asked', () => {
  const { world, a, b } = routed();
  expect(ping(world, a, '10.0.1.1')).toEqual(['10.0.1.1: 0/0 ttl 64']);
  expect(ping(world, a, '10.0.2.2')).toEqual(['10.0.2.2: 0/0 ttl 63']);
  expect(ping(world, a, '10.0.2.1')).toEqual(['10.0.2.1: 0/0 ttl 64']);
  expect(ping(world, a, '10.0.2.2', { size: 4000 })).toEqual(['10.0.2.2: 0/0 ttl 63']);
  b.settings.icmpEchoIgnoreAll = true;
  expect(ping(world, a, '10.0.2.2')).toEqual([]);
});

test('routers tell of what they cannot pass on', () => {
  const { world, a, r, middle } = routed();
  expect(ping(world, a, '10.0.2.2', { ttl: 1 })).toEqual(['10.0.1.1: 11/0 ttl 64']);
  expect(ping(world, a, '192.0.2.1')).toEqual(['10.0.1.1: 3/0 ttl 64']);
  expect(ping(world, a, '10.0.2.9')).toEqual(['10.0.1.1: 3/1 ttl 64']);
  r.routing.add({ destination: ip('192.0.2.0'), length: 24, type: 'prohibit' });
  expect(ping(world, a, '192.0.2.1')).toEqual(['10.0.1.1: 3/13 ttl 64']);
  r.routing.add({ destination: ip('192.0.2.1'), length: 32, type: 'blackhole' });
  expect(ping(world, a, '192.0.2.1')).toEqual([]);
  middle[0].setMtu(1000);
  expect(ping(world, a, '10.0.2.2', { size: 1200, dontFragment: true })).toEqual(['10.0.1.1: 3/4 ttl 64']);
  expect(ping(world, a, '10.0.2.2', { size: 1200 })).toEqual(['10.0.2.2: 0/0 ttl 63']);
});

test('nobody answers on the own link: the host tells itself', () => {
  const { world, a } = routed();
  expect(ping(world, a, '10.0.1.77')).toEqual(['10.0.1.2: 3/1 ttl 64']);
});

test('a neighbour is reachable, stale, asked for again, and lost', () => {
  const { world, a, middle, r } = routed();
  const states = () => a.neighbours.all.map((each) => `${formatIpv4(each.address)} ${each.state}`);
  ping(world, a, '10.0.1.1', { wait: 1 });
  expect(states()).toEqual(['10.0.1.1 REACHABLE']);
  world.run(30 * SECOND);
  expect(states()).toEqual(['10.0.1.1 STALE']);
  ping(world, a, '10.0.1.1', { wait: 1 });
  expect(states()).toEqual(['10.0.1.1 DELAY']);
  world.run(5 * SECOND);
  expect(states()).toEqual(['10.0.1.1 REACHABLE']);
  world.run(30 * SECOND);
  r.device('eth0')!.setUp(false);
  a.device('eth0')!.setUp(true);
  expect(states()).toEqual([]);
  expect(middle[0].up).toBe(true);
});

test('gratuitous ARP moves a known address', () => {
  const world = new NetworkWorld();
  const [a, b] = [world.host('a'), world.host('b')];
  const [left, right] = world.join(a, 'eth0', '10.0.0.1/24', b, 'eth0', '10.0.0.2/24');
  ping(world, a, '10.0.0.2', { wait: 1 });
  right.setMac('02:00:00:00:00:42');
  b.neighbours.resolve(
    right,
    ip('10.0.0.2'),
    () => {},
    () => {},
  );
  world.run();
  expect(a.neighbours.all.map((each) => [each.mac, each.state])).toEqual([['02:00:00:00:00:42', 'STALE']]);
  expect(left.statistics.rxPackets).toBeGreaterThan(2);
});
