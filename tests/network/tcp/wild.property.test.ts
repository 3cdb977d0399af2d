/** TCP over a network that loses, delays, repeats and damages frames: what arrives is what was sent, in order, once. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, MILLISECOND, Random, SECOND } from '../../../src/base/index.ts';
import { type NetworkNamespace, TapDevice, type TcpSocket } from '../../../src/network/index.ts';
import { address, ip, NetworkWorld } from '../../support/networkHosts.ts';

interface Wildness {
  /** In a hundred frames. */
  readonly lost: number;
  readonly repeated: number;
  readonly damaged: number;
  /** Frames arrive after up to so many milliseconds, so that they overtake each other. */
  readonly delay: number;
}

/** Two hosts whose cable is in the hands of somebody wild. */
function wildPair(seed: string, wild: Wildness) {
  const world = new NetworkWorld(seed);
  const random = Random.fromSeed(`wild ${seed}`);
  const hosts = [world.host('a'), world.host('b')] as const;
  const taps = hosts.map((host, index) => {
    const tap = new TapDevice(world.context, 'eth0');
    host.add(tap);
    tap.setUp(true);
    address(host, tap, `10.0.0.${index + 1}/24`);
    return tap;
  });
  const carry = (frame: Uint8Array, to: TapDevice) => {
    if (random.chance(wild.lost, 100)) return;
    const copy = frame.slice();
    // Addresses and type stay, so that checksums have to find the damage.
    if (random.chance(wild.damaged, 100)) copy[random.between(14, copy.length - 1)]! ^= 1 << random.below(8);
    world.queue.after(random.between(1, wild.delay * 1000 + 1) * 1000, () => to.write(copy));
    if (random.chance(wild.repeated, 100)) carry(frame, to);
  };
  for (const [from, to] of [
    [taps[0]!, taps[1]!],
    [taps[1]!, taps[0]!],
  ] as const)
    from.open(() => {
      for (let frame = from.read(); frame !== null; frame = from.read()) carry(frame, to);
    });
  for (const [index, host] of hosts.entries())
    host.neighbours.set(taps[index]!, ip(`10.0.0.${2 - index}`), taps[1 - index]!.mac, 'PERMANENT');
  return { world, a: hosts[0], b: hosts[1] };
}

/** A program that sends `data` in pieces, ends, and reads until the other end. */
function program(socket: TcpSocket, data: Uint8Array, piece: number) {
  const got: Uint8Array[] = [];
  const state = { sent: 0, done: false, got, ended: false };
  const step = () => {
    if (socket.connection === null || socket.connecting) return;
    while (state.sent < data.length) {
      const count = socket.send(data.subarray(state.sent, state.sent + piece));
      if (count === null) break;
      state.sent += count;
    }
    if (state.sent === data.length && !state.done) {
      state.done = true;
      socket.shutdown('wr');
    }
    for (let part = state.ended ? null : socket.receive(piece); part !== null; part = socket.receive(piece)) {
      if (part.length === 0) {
        state.ended = true;
        break;
      }
      got.push(part);
    }
  };
  socket.onChange = step;
  step();
  return state;
}

function exchange(
  world: NetworkWorld,
  a: NetworkNamespace,
  b: NetworkNamespace,
  up: Uint8Array,
  down: Uint8Array,
  piece: number,
) {
  const listener = b.tcp.open();
  listener.bind(0, 80);
  listener.listen(5);
  let server: ReturnType<typeof program> | null = null;
  listener.onChange = () => {
    const socket = listener.accept();
    if (socket !== null) server = program(socket, down, piece);
  };
  const socket = a.tcp.open();
  socket.connect(ip('10.0.0.2'), 80);
  const client = program(socket, up, piece);
  const limit = world.queue.now + 1800 * SECOND;
  while (
    !(client.ended && server !== null && (server as { ended: boolean }).ended) &&
    world.queue.step(limit)
  );
  return {
    client: concatBytes(client.got),
    server: concatBytes(server === null ? [] : (server as { got: Uint8Array[] }).got),
  };
}

test('both ends get all bytes, in order and once', () => {
  const wildness = fc.record({
    lost: fc.nat(15),
    repeated: fc.nat(15),
    damaged: fc.nat(10),
    delay: fc.constantFrom(0, 1, 20),
  });
  fc.assert(
    fc.property(
      wildness,
      fc.nat(60_000),
      fc.nat(20_000),
      fc.constantFrom(1, 100, 5000, 70_000),
      fc.string(),
      (wild, up, down, piece, seed) => {
        const { world, a, b } = wildPair(seed, wild);
        const sizes = piece === 1 ? [up % 300, down % 300] : [up, down];
        const sent = sizes.map((size) => world.context.random.bytes(size!));
        const got = exchange(world, a, b, sent[0]!, sent[1]!, piece);
        expect(got.server).toEqual(sent[0]);
        expect(got.client).toEqual(sent[1]);
        // Then both forget each other.
        world.run(1000 * SECOND);
        expect([...a.tcp.connections, ...b.tcp.connections].map((each) => each.state)).toEqual([]);
      },
    ),
    { numRuns: 60, seed: 78 },
  );
});

test('the same seed gives the same run, to the nanosecond', () => {
  const run = () => {
    const { world, a, b } = wildPair('again', { lost: 10, repeated: 10, damaged: 5, delay: 5 });
    exchange(world, a, b, world.context.random.bytes(30_000), world.context.random.bytes(5000), 1000);
    return [world.queue.now, world.queue.scheduled, JSON.stringify(world.trace.since(0))];
  };
  expect(run()).toEqual(run());
  expect(run()[0]).toBeGreaterThan(MILLISECOND);
});
