/** UDP through the stack: sockets, ports, errors. */
import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, isOsError, SECOND } from '../../../src/base/index.ts';
import { gateway, ip, NetworkWorld } from '../../support/networkHosts.ts';

function pair() {
  const world = new NetworkWorld();
  const a = world.host('a');
  const b = world.host('b');
  world.join(a, 'eth0', '10.0.0.1/24', b, 'eth0', '10.0.0.2/24');
  return { world, a, b };
}

/** The error number of what `body` throws. */
function errorOf(body: () => unknown): string | null {
  try {
    body();
    return null;
  } catch (error) {
    if (!isOsError(error)) throw error;
    return error.code;
  }
}

test('a datagram arrives, and its answer', () => {
  const { world, a, b } = pair();
  const server = b.udp.open();
  server.bind(0, 53);
  const client = a.udp.open();
  client.send(encodeUtf8('question'), { address: ip('10.0.0.2'), port: 53 });
  world.run();
  const got = server.receive()!;
  expect(decodeUtf8(got.data)).toBe('question');
  expect(got.from).toEqual({ address: ip('10.0.0.1'), port: client.boundPort });
  server.send(encodeUtf8('answer'), got.from);
  world.run();
  expect(decodeUtf8(client.receive()!.data)).toBe('answer');
  expect(client.receive()).toBeNull();
});

test('a port without a socket refuses, and a connected socket hears of it', () => {
  const { world, a } = pair();
  const client = a.udp.open();
  client.connect(ip('10.0.0.2'), 9);
  client.send(Uint8Array.of(1));
  world.run();
  expect(errorOf(() => client.receive())).toBe('ECONNREFUSED');
  expect(client.receive()).toBeNull();
});

test('nobody answers ARP: EHOSTUNREACH after three seconds, for those who want to hear what may pass', () => {
  const { world, a } = pair();
  const deaf = a.udp.open();
  deaf.connect(ip('10.0.0.77'), 9);
  deaf.send(Uint8Array.of(1));
  const client = a.udp.open();
  client.receiveErrors = true;
  client.connect(ip('10.0.0.77'), 9);
  client.send(Uint8Array.of(1));
  world.run(2.9 * SECOND);
  expect(client.error).toBeNull();
  world.run(0.2 * SECOND);
  expect([client.error, deaf.error]).toEqual(['EHOSTUNREACH', null]);
  expect(a.neighbours.all.map((each) => each.state)).toEqual(['FAILED']);
});

test('no route, no broadcast without asking, no message too long, no port twice', () => {
  const { a } = pair();
  const socket = a.udp.open();
  expect(errorOf(() => socket.send(Uint8Array.of(1), { address: ip('192.0.2.1'), port: 1 }))).toBe(
    'ENETUNREACH',
  );
  expect(errorOf(() => socket.send(Uint8Array.of(1), { address: ip('10.0.0.255'), port: 1 }))).toBe('EACCES');
  expect(errorOf(() => socket.send(new Uint8Array(65_508), { address: ip('10.0.0.2'), port: 1 }))).toBe(
    'EMSGSIZE',
  );
  expect(errorOf(() => socket.send(Uint8Array.of(1)))).toBe('EDESTADDRREQ');
  const server = a.udp.open();
  server.bind(ip('10.0.0.1'), 5000);
  expect(errorOf(() => a.udp.open().bind(0, 5000))).toBe('EADDRINUSE');
  expect(errorOf(() => a.udp.open().bind(ip('10.0.0.9'), 5000))).toBe('EADDRNOTAVAIL');
  a.udp.open().bind(ip('127.0.0.1'), 5000);
});

test('a datagram longer than the MTU goes in fragments and is made whole', () => {
  const { world, a, b } = pair();
  const server = b.udp.open();
  server.bind(0, 7);
  const data = world.context.random.bytes(5000);
  const before = b.device('eth0')!.statistics.rxPackets;
  a.udp.open().send(data, { address: ip('10.0.0.2'), port: 7 });
  world.run();
  expect(server.receive()!.data).toEqual(data);
  // One ARP request, and 5008 bytes in pieces of 1480.
  expect(b.device('eth0')!.statistics.rxPackets - before).toBe(1 + 4);
});

test('a router passes datagrams on, and says which it cannot', () => {
  const world = new NetworkWorld();
  const [a, r, b] = [world.host('a'), world.host('r'), world.host('b')];
  world.join(a, 'eth0', '10.0.1.2/24', r, 'eth0', '10.0.1.1/24');
  world.join(r, 'eth1', '10.0.2.1/24', b, 'eth0', '10.0.2.2/24');
  gateway(a, '10.0.1.1');
  gateway(b, '10.0.2.1');
  const server = b.udp.open();
  server.bind(0, 7);
  const client = a.udp.open();
  client.receiveErrors = true;
  client.connect(ip('10.0.2.2'), 7);
  client.send(Uint8Array.of(1));
  world.run();
  expect(server.receive()).toBeNull();
  r.settings.ipForward = true;
  client.send(Uint8Array.of(2));
  world.run();
  expect(server.receive()!.data).toEqual(Uint8Array.of(2));
  client.ttl = 1;
  client.send(Uint8Array.of(3));
  world.run();
  expect(client.takeError()).toBe('EHOSTUNREACH');
  const stray = a.udp.open();
  stray.receiveErrors = true;
  stray.connect(ip('172.16.0.1'), 7);
  stray.send(Uint8Array.of(4));
  world.run();
  expect(stray.takeError()).toBe('ENETUNREACH');
});

test('a host talks to itself by any of its addresses', () => {
  const { world, a } = pair();
  const server = a.udp.open();
  server.bind(0, 7);
  const client = a.udp.open();
  for (const each of ['127.0.0.1', '127.1.2.3', '10.0.0.1']) {
    client.send(encodeUtf8(each), { address: ip(each), port: 7 });
    world.run();
    expect(decodeUtf8(server.receive()!.data)).toBe(each);
  }
  expect(a.device('eth0')!.statistics.txPackets).toBe(0);
});
