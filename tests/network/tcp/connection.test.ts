/** TCP connections between two hosts. */
import { expect, test } from 'vitest';
import {
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  isOsError,
  MILLISECOND,
  SECOND,
} from '../../../src/base/index.ts';
import type { NetworkNamespace, TcpSocket } from '../../../src/network/index.ts';
import { ip, NetworkWorld } from '../../support/networkHosts.ts';

function pair(seed = 'tcp') {
  const world = new NetworkWorld(seed);
  const a = world.host('a');
  const b = world.host('b');
  const cable = world.join(a, 'eth0', '10.0.0.1/24', b, 'eth0', '10.0.0.2/24');
  return { world, a, b, cable };
}

function listen(host: NetworkNamespace, port: number, backlog = 16): TcpSocket {
  const socket = host.tcp.open();
  socket.bind(0, port);
  socket.listen(backlog);
  return socket;
}

function connected(seed = 'tcp') {
  const net = pair(seed);
  const server = listen(net.b, 80);
  const client = net.a.tcp.open();
  expect(client.connect(ip('10.0.0.2'), 80)).toBe(false);
  net.world.run();
  expect(client.connect(ip('10.0.0.2'), 80)).toBe(true);
  const peer = server.accept()!;
  return { ...net, server, client, peer };
}

function errorOf(body: () => unknown): string | null {
  try {
    body();
    return null;
  } catch (error) {
    if (!isOsError(error)) throw error;
    return error.code;
  }
}

/** Sends all of `data` from one socket to the other, both programs working as fast as they are woken. */
function transfer(
  world: NetworkWorld,
  from: TcpSocket,
  to: TcpSocket,
  data: Uint8Array,
  limit = 3600 * SECOND,
) {
  let sent = 0;
  const got: Uint8Array[] = [];
  const write = () => {
    while (sent < data.length) {
      const count = from.send(data.subarray(sent, sent + 65_536));
      if (count === null) return;
      sent += count;
    }
    if (sent === data.length) {
      sent++;
      from.shutdown('wr');
    }
  };
  let ended: number | null = null;
  const read = () => {
    for (let part = to.receive(65_536); part !== null; part = to.receive(65_536)) {
      if (part.length === 0) {
        ended ??= world.queue.now;
        return;
      }
      got.push(part);
    }
  };
  from.onChange = write;
  to.onChange = read;
  const begun = world.queue.now;
  write();
  while (ended === null && world.queue.step(begun + limit));
  return { data: concatBytes(got), time: ended === null ? null : ended - begun };
}

test('three segments open, four close, and each end tells its states', () => {
  const { world, client, peer, a } = connected();
  expect(client.send(encodeUtf8('hello'))).toBe(5);
  world.run();
  expect(decodeUtf8(peer.receive(100)!)).toBe('hello');
  expect(peer.receive(100)).toBeNull();
  client.shutdown('wr');
  world.run();
  expect(peer.receive(100)).toEqual(new Uint8Array(0));
  expect([client.state, peer.state]).toEqual(['FIN-WAIT-2', 'CLOSE-WAIT']);
  peer.close();
  world.run();
  expect(client.state).toBe('TIME-WAIT');
  client.close();
  world.run(61 * SECOND);
  expect(a.tcp.connections).toEqual([]);
  const states = world.trace.since(0, 'tcp.state').filter((event) => event.subject === 'a');
  expect(states.map((event) => event.detail.to)).toEqual([
    'SYN-SENT',
    'ESTABLISHED',
    'FIN-WAIT-1',
    'FIN-WAIT-2',
    'TIME-WAIT',
    'CLOSED',
  ]);
});

test('a window that closed opens again where a segment is larger than the buffer: on the loopback device', () => {
  const { world, a } = pair();
  const server = listen(a, 80);
  const client = a.tcp.open();
  client.connect(ip('127.0.0.1'), 80);
  world.run();
  const peer = server.accept()!;
  // An odd number, so that what is left of the window at its end is smaller than its unit.
  client.send(new Uint8Array(122));
  world.run();
  expect(peer.receive(200)).toHaveLength(122);
  const data = Uint8Array.from({ length: 168_894 }, (_, i) => i % 251);
  const done = transfer(world, client, peer, data, SECOND);
  expect(done.data).toEqual(data);
});

test('a closed port refuses; an absent host is unreachable; a silent one times out', () => {
  const { world, a, cable } = pair();
  const socket = a.tcp.open();
  expect(socket.connect(ip('10.0.0.2'), 81)).toBe(false);
  world.run();
  expect(errorOf(() => socket.connect(ip('10.0.0.2'), 81))).toBe('ECONNREFUSED');
  expect(socket.connect(ip('10.0.0.99'), 80)).toBe(false);
  world.run(4 * SECOND);
  expect(errorOf(() => socket.finishConnect())).toBe('EHOSTUNREACH');
  // Somebody who answers no SYN but is there: the neighbour entry must not time out first.
  a.neighbours.set(a.device('eth0')!, ip('10.0.0.2'), cable[1].mac, 'PERMANENT');
  cable[0].wire.options = { ...cable[0].wire.options, loss: { numerator: 1, denominator: 1 } };
  expect(socket.connect(ip('10.0.0.2'), 80)).toBe(false);
  // 1 + 2 + 4 + 8 + 16 + 32 + 64 seconds.
  world.run(126 * SECOND);
  expect(socket.finishConnect()).toBe(false);
  world.run(2 * SECOND);
  expect(errorOf(() => socket.finishConnect())).toBe('ETIMEDOUT');
});

test('a megabyte arrives as it was sent', () => {
  const { world, client, peer } = connected();
  const data = world.context.random.bytes(1 << 20);
  expect(transfer(world, client, peer, data).data).toEqual(data);
});

test.each([1, 5, 20])('with %i frames of a hundred lost it arrives all the same', (percent) => {
  const { world, client, peer, cable } = connected(`loss ${percent}`);
  for (const end of cable)
    end.wire.options = {
      ...end.wire.options,
      delay: MILLISECOND,
      loss: { numerator: percent, denominator: 100 },
    };
  const data = world.context.random.bytes(300_000);
  expect(transfer(world, client, peer, data).data).toEqual(data);
  expect(world.trace.since(0, 'tcp.retransmit').length).toBeGreaterThan(0);
});

test('a link of ten megabits is filled', () => {
  const { world, client, peer, cable } = connected();
  for (const end of cable)
    end.wire.options = { ...end.wire.options, rate: 10_000_000, delay: 5 * MILLISECOND };
  const data = new Uint8Array(2_500_000);
  const { time } = transfer(world, client, peer, data);
  const seconds = time! / SECOND;
  // 20 megabits of data, and headers of 78 bytes to 1460.
  expect(seconds).toBeGreaterThan(2.1);
  expect(seconds).toBeLessThan(2.5);
});

test('a reader that sleeps closes the window, and opens it again', () => {
  const { world, client, peer } = connected();
  const data = world.context.random.bytes(400_000);
  expect(client.send(data)).toBe(data.length);
  world.run(30 * SECOND);
  expect(client.connection!.sendWindow).toBe(0);
  const got: Uint8Array[] = [];
  for (let total = 0; total < data.length; ) {
    const part = peer.receive(100_000);
    if (part !== null) {
      got.push(part);
      total += part.length;
    }
    world.run(10 * SECOND);
  }
  expect(concatBytes(got)).toEqual(data);
});

test('a peer that vanished: data is sent again until it is given up', () => {
  const { world, client, cable } = connected();
  cable[1].setUp(false);
  client.send(Uint8Array.of(1));
  world.run(2000 * SECOND);
  expect(errorOf(() => client.receive(1))).toBe('EHOSTUNREACH');
});

test('closing with unread data resets', () => {
  const { world, client, peer } = connected();
  client.send(encodeUtf8('nobody reads this'));
  world.run();
  peer.close();
  world.run();
  expect(errorOf(() => client.receive(1))).toBe('ECONNRESET');
  expect(errorOf(() => client.send(Uint8Array.of(1)))).toBe('EPIPE');
});

test('a full backlog turns away, until somebody accepts', () => {
  const { world, a, b } = pair();
  const server = listen(b, 80, 1);
  const clients = [1, 2, 3].map(() => {
    const client = a.tcp.open();
    client.connect(ip('10.0.0.2'), 80);
    return client;
  });
  world.run(SECOND / 2);
  expect(server.queue.waiting).toBe(2);
  expect(server.accept()).not.toBeNull();
  world.run(4 * SECOND);
  expect(server.queue.waiting).toBe(2);
  expect(clients.map((client) => client.state)).toEqual(['ESTABLISHED', 'ESTABLISHED', 'ESTABLISHED']);
});

test('a server that is started again finds its port taken, unless SO_REUSEADDR', () => {
  const { world, b, peer, client, server } = connected();
  peer.close();
  world.run();
  client.close();
  server.close();
  world.run();
  expect(b.tcp.connections.map((each) => each.state)).toEqual(['TIME-WAIT']);
  const again = b.tcp.open();
  expect(errorOf(() => again.bind(0, 80))).toBe('EADDRINUSE');
  again.reuseAddress = true;
  // Both must have asked for it.
  expect(errorOf(() => again.bind(0, 80))).toBe('EADDRINUSE');
  world.run(60 * SECOND);
  again.bind(0, 80);
});
