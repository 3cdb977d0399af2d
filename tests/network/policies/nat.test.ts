/** Translation by functions that can be replaced: the one by default, others, and those that are wrong. */
import { expect, test } from 'vitest';
import { isOsError, SECOND } from '../../../src/base/index.ts';
import {
  buildIcmp,
  formatIpv4,
  ICMP_ECHO,
  IPPROTO_ICMP,
  type NatFault,
  type NatPolicy,
  type NetworkNamespace,
  PolicyNat,
  parseIpv4Packet,
  TrackingNat,
  type TrackingNatOptions,
} from '../../../src/network/index.ts';
import { gateway, ip, NetworkWorld } from '../../support/networkHosts.ts';

const OPTIONS: TrackingNatOptions = {
  address: '198.51.100.1',
  ports: [1024, 65_535],
  published: [{ protocol: 'tcp', port: 8080, to: { address: '10.0.0.2', port: 80 } }],
  capacity: 100,
};

/** Two hosts behind a router that lets `policy` translate, and a server outside. */
function routed(policy: NatPolicy) {
  const world = new NetworkWorld();
  const router = world.host('router');
  const bridge = world.bridge(router, 'lan');
  router.addresses.add(bridge, ip('10.0.0.1'), 24);
  router.settings.ipForward = true;
  const inside = [2, 3].map((last) => {
    const host = world.host(`in${last}`);
    const [port] = world.join(router, `v${last}`, null, host, 'eth0', `10.0.0.${last}/24`);
    bridge.addPort(port);
    gateway(host, '10.0.0.1');
    return host;
  });
  const server = world.host('server');
  const [outside] = world.join(router, 'wan', '198.51.100.1/24', server, 'eth0', '198.51.100.2/24');
  const faults: NatFault[] = [];
  PolicyNat.install(router, outside, policy, (fault) => faults.push(fault));
  return { world, router, inside, server, faults };
}

/** A datagram from `host` to the server's port 7; what the server sees, and whether its answer comes back. */
function ask(world: NetworkWorld, host: NetworkNamespace, server: NetworkNamespace, port: number) {
  const listener = server.udp.open();
  listener.bind(0, 7);
  const client = host.udp.open();
  client.bind(0, port);
  client.send(Uint8Array.of(1), { address: ip('198.51.100.2'), port: 7 });
  world.run();
  const got = listener.receive();
  if (got !== null) listener.send(Uint8Array.of(2), got.from);
  world.run();
  const answered = client.receive() !== null;
  client.close();
  listener.close();
  return got === null
    ? null
    : `${formatIpv4(got.from.address)}:${got.from.port}${answered ? ' answered' : ''}`;
}

function drops(world: NetworkWorld): string[] {
  return world.trace.since(0, 'nat.drop').map((event) => event.detail.reason);
}

test('two hosts with the same port: two ports outside, and each its own answers', () => {
  const { world, inside, server } = routed(new TrackingNat(OPTIONS));
  expect(ask(world, inside[0]!, server, 5000)).toBe('198.51.100.1:5000 answered');
  expect(ask(world, inside[1]!, server, 5000)).toBe('198.51.100.1:1024 answered');
  expect(ask(world, inside[0]!, server, 5000)).toBe('198.51.100.1:5000 answered');
  // After 30 seconds of silence the port is free again.
  world.run(31 * SECOND);
  expect(ask(world, inside[1]!, server, 5000)).toBe('198.51.100.1:5000 answered');
});

test('unsolicited packets are dropped, published ports lead inside', () => {
  const { world, inside, server } = routed(new TrackingNat(OPTIONS));
  const listener = inside[0]!.tcp.open();
  listener.bind(0, 80);
  listener.listen(5);
  const connect = (port: number) => {
    const client = server.tcp.open();
    client.connect(ip('198.51.100.1'), port);
    world.run();
    try {
      return client.finishConnect();
    } catch (error) {
      if (!isOsError(error)) throw error;
      return error.code;
    }
  };
  expect(connect(8080)).toBe(true);
  expect(formatIpv4(listener.accept()!.remote!.address)).toBe('198.51.100.2');
  expect(connect(8081)).toBe(false);
  expect(drops(world)).toEqual(['unsolicited']);
});

test('a full table and used up ports are said', () => {
  const full = routed(new TrackingNat({ ...OPTIONS, capacity: 1 }));
  ask(full.world, full.inside[0]!, full.server, 5000);
  expect(ask(full.world, full.inside[1]!, full.server, 5001)).toBeNull();
  expect(drops(full.world)).toEqual(['table full']);
  const used = routed(new TrackingNat({ ...OPTIONS, ports: [6000, 6000] }));
  expect(ask(used.world, used.inside[0]!, used.server, 5000)).toBe('198.51.100.1:6000 answered');
  expect(ask(used.world, used.inside[1]!, used.server, 5000)).toBeNull();
  expect(drops(used.world)).toEqual(['no port left']);
});

test('echoes with one identifier from two hosts, and errors, find their way back', () => {
  const { world, router, inside, server } = routed(new TrackingNat(OPTIONS));
  const sockets = inside.map((host) => {
    const socket = host.raw.open(IPPROTO_ICMP);
    socket.ignoredIcmpTypes.add(ICMP_ECHO);
    return socket;
  });
  const all = (to: string, time = SECOND) => {
    for (const socket of sockets)
      socket.send(
        buildIcmp({ type: ICMP_ECHO, code: 0, id: 2000, sequence: 1, data: new Uint8Array(8) }),
        ip(to),
      );
    world.run(time);
    return sockets.map((socket) => {
      const got = socket.receive();
      if (got === null) return null;
      const { headerLength } = parseIpv4Packet(got.bytes)!;
      const message = got.bytes.subarray(headerLength);
      const inner = message[0] === 0 ? null : parseIpv4Packet(message.subarray(8));
      const id = message[0] === 0 ? (message[4]! << 8) | message[5]! : formatIpv4(inner!.source);
      return `${formatIpv4(got.from)} ${message[0]} ${id}`;
    });
  };
  expect(all('198.51.100.2')).toEqual(['198.51.100.2 0 2000', '198.51.100.2 0 2000']);
  const sources = world.trace.since(0, 'nat.rewrite').filter((event) => event.detail.side === 'source');
  expect(sources.map((event) => event.detail.to)).toEqual(['198.51.100.1:2000', '198.51.100.1:1024']);
  // The server tells of a packet that it cannot pass on: each host hears of its own.
  server.settings.ipForward = true;
  gateway(router, '198.51.100.2');
  expect(all('203.0.113.9')).toEqual(['198.51.100.2 3 10.0.0.2', '198.51.100.2 3 10.0.0.3']);
});

test('an error about a translated packet tells its sender of it', () => {
  const { world, router, inside, server } = routed(new TrackingNat(OPTIONS));
  gateway(router, '198.51.100.2');
  server.settings.ipForward = true;
  const socket = inside[1]!.udp.open();
  socket.receiveErrors = true;
  socket.connect(ip('203.0.113.9'), 7);
  socket.send(Uint8Array.of(1));
  world.run();
  expect(socket.takeError()).toBe('ENETUNREACH');
  socket.connect(ip('198.51.100.2'), 99);
  socket.send(Uint8Array.of(1));
  world.run();
  expect(socket.takeError()).toBe('ECONNREFUSED');
});

const WRONG: readonly (readonly [string, () => unknown, string])[] = [
  [
    'throws',
    () => {
      throw new Error('not written yet');
    },
    'not written yet',
  ],
  ['says nothing', () => undefined, 'the answer is undefined: expected { rewrite }, { drop } or null'],
  ['gives half an answer', () => ({ port: 7 }), 'the answer has neither drop nor rewrite: { address, port }'],
  ['gives no address', () => ({ rewrite: { address: 'router', port: 7 } }), '"router" is no IPv4 address'],
  ['gives no port', () => ({ rewrite: { address: '10.0.0.9', port: 65_536 } }), '65536 is no port'],
];

test.each(WRONG)('a function that %s loses its packet, and the fault is told', (_, outbound, message) => {
  const policy = { outbound, inbound: () => null } as unknown as NatPolicy;
  const { world, inside, server, faults } = routed(policy);
  expect(ask(world, inside[0]!, server, 5000)).toBeNull();
  expect(faults).toEqual([{ asked: 'outbound', message }]);
});

test('what it answers is done: a translator without a table sends answers to the wrong host', () => {
  const careless: NatPolicy = {
    outbound: (packet) => ({ rewrite: { address: '198.51.100.1', port: packet.source.port } }),
    inbound: (packet) => ({ rewrite: { address: '10.0.0.2', port: packet.destination.port } }),
  };
  const { world, inside, server } = routed(careless);
  expect(ask(world, inside[0]!, server, 5000)).toBe('198.51.100.1:5000 answered');
  expect(ask(world, inside[1]!, server, 5000)).toBe('198.51.100.1:5000');
});
