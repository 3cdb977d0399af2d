/** Random traffic through a masquerading router, held to a model of a few lines. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SECOND } from '../../../src/base/index.ts';
import { Netfilter, PolicyNat, PRIORITY, TrackingNat, type UdpSocket } from '../../../src/network/index.ts';
import { type End, NatModel } from '../../support/natModel.ts';
import { gateway, ip, NetworkWorld } from '../../support/networkHosts.ts';

const INSIDE = 3;
const OUTSIDE = 2;
const PORTS = [1000, 5000, 5001, 60_000];

/** Who translates: netfilter's MASQUERADE, or a function in its place. */
const TRANSLATORS = ['netfilter', 'policy'] as const;

function routed(seed: string, translator: (typeof TRANSLATORS)[number]) {
  const world = new NetworkWorld(seed);
  const router = world.host('router');
  const lan = world.bridge(router, 'lan');
  const wan = world.bridge(router, 'wan');
  router.addresses.add(lan, ip('192.168.0.1'), 24);
  router.addresses.add(wan, ip('203.0.113.1'), 24);
  router.settings.ipForward = true;
  if (translator === 'netfilter') {
    const table = Netfilter.of(router).addTable('ip', 'nat');
    table.addChain('post', { type: 'nat', hook: 'postrouting', priority: PRIORITY.srcnat, policy: 'accept' });
    table.addRule('post', [
      { kind: 'device', which: 'out', names: ['wan'], negate: false },
      { kind: 'masquerade', ports: null },
    ]);
  } else {
    const options = { address: '203.0.113.1', ports: [1024, 65_535] as const, published: [], capacity: 1000 };
    PolicyNat.install(router, wan, new TrackingNat(options), (fault) => {
      throw new Error(fault.message);
    });
  }
  const host = (name: string, bridge: typeof lan, address: string) => {
    const made = world.host(name);
    const [port] = world.join(router, name, null, made, 'eth0', `${address}/24`);
    bridge.addPort(port);
    return made;
  };
  const sockets = (made: ReturnType<typeof host>): UdpSocket[] =>
    PORTS.map((port) => {
      const socket = made.udp.open();
      socket.bind(0, port);
      return socket;
    });
  const inside = Array.from({ length: INSIDE }, (_, i) => {
    const made = host(`in${i}`, lan, `192.168.0.${10 + i}`);
    gateway(made, '192.168.0.1');
    return sockets(made);
  });
  const outside = Array.from({ length: OUTSIDE }, (_, i) =>
    sockets(host(`out${i}`, wan, `203.0.113.${10 + i}`)),
  );
  return { world, inside, outside };
}

type Step = { kind: 'out'; from: End; to: End } | { kind: 'back'; from: End; port: number | null };

const port = fc.integer({ min: 0, max: PORTS.length - 1 });
const insideEnd = fc.record({ host: fc.integer({ min: 0, max: INSIDE - 1 }), port });
const outsideEnd = fc.record({ host: fc.integer({ min: 0, max: OUTSIDE - 1 }), port });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('out' as const), from: insideEnd, to: outsideEnd }),
  fc.record({
    kind: fc.constant('back' as const),
    from: outsideEnd,
    port: fc.oneof(fc.constant(null), fc.constantFrom(...PORTS), fc.integer({ min: 1, max: 65_535 })),
  }),
);

test.each(TRANSLATORS)('%s: each inside end keeps its port, and only answers come in', (translator) => {
  let moved = 0;
  let answers = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), fc.string(), (steps, seed) => {
      const { world, inside, outside } = routed(seed, translator);
      const model = new NatModel();
      const lastPort = new Map<string, number>();
      let serial = 0;
      for (const each of steps) {
        const data = Uint8Array.of(++serial);
        if (each.kind === 'out') {
          const remote = outside[each.to.host]![each.to.port]!;
          const to = { address: ip(`203.0.113.${10 + each.to.host}`), port: PORTS[each.to.port]! };
          inside[each.from.host]![each.from.port]!.send(data, to);
          world.run(SECOND / 100);
          const got = remote.receive()!;
          expect(got.data).toEqual(data);
          expect(got.from.address).toBe(ip('203.0.113.1'));
          expect(model.sent(each.from, each.to, got.from.port)).toBeNull();
          if (got.from.port !== PORTS[each.from.port]) moved++;
          lastPort.set(`${each.to.host} ${each.to.port}`, got.from.port);
        } else {
          const to = each.port ?? lastPort.get(`${each.from.host} ${each.from.port}`) ?? 7;
          outside[each.from.host]![each.from.port]!.send(data, { address: ip('203.0.113.1'), port: to });
          world.run(SECOND / 100);
          const heard = inside.flatMap((ports, host) =>
            ports.flatMap((socket, at) => (socket.receive() === null ? [] : [{ host, port: at }])),
          );
          const expected = model.answered(each.from, to);
          if (expected !== null) answers++;
          expect(heard).toEqual(expected === null ? [] : [expected]);
        }
      }
    }),
    { numRuns: 60, seed: 20 },
  );
  expect(moved).toBeGreaterThan(10);
  expect(answers).toBeGreaterThan(10);
});
