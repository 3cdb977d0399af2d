/** Malformed frames: whatever arrives, nothing throws, nothing hangs, and the hosts still talk afterwards. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random, SECOND } from '../../src/base/index.ts';
import {
  checksum,
  FramePrinter,
  IPPROTO_TCP,
  IPPROTO_UDP,
  Netfilter,
  type NetworkDevice,
  PRIORITY,
  parseDhcp,
  parseDns,
  parseEthernet,
  readCapture,
  TapDevice,
  tagged,
  transportChecksum,
} from '../../src/network/index.ts';
import { conversation, dhcpFrames, dnsFrames, rareFrames } from '../support/networkFrames.ts';
import { gateway, ip, NetworkWorld } from '../support/networkHosts.ts';

/** A router that translates, behind a bridge with VLANs and a tap, with sockets of all kinds open. */
function victim() {
  const world = new NetworkWorld('fuzz');
  world.context.traceFrames = true;
  const [router, inside] = [world.host('router'), world.host('inside')];
  const bridge = world.bridge(router, 'br0');
  router.addresses.add(bridge, ip('10.0.1.1'), 24);
  router.addresses.add(bridge, ip('10.0.2.2'), 24);
  router.addresses.add(bridge, ip('1.2.3.1'), 24);
  const tap = new TapDevice(world.context, 'tap0');
  router.add(tap);
  tap.open(() => {});
  tap.setUp(true);
  bridge.addPort(tap);
  world.join(router, 'lan', '192.168.7.1/24', inside, 'eth0', '192.168.7.2/24');
  gateway(router, '10.0.1.9');
  gateway(inside, '192.168.7.1');
  router.settings.ipForward = true;
  const table = Netfilter.of(router).addTable('ip', 'nat');
  table.addChain('pre', { type: 'nat', hook: 'prerouting', priority: PRIORITY.dstnat, policy: 'accept' });
  table.addChain('post', { type: 'nat', hook: 'postrouting', priority: PRIORITY.srcnat, policy: 'accept' });
  table.addChain('forward', { type: 'filter', hook: 'forward', priority: PRIORITY.filter, policy: 'accept' });
  const to: readonly [number, number] = [ip('192.168.7.2'), ip('192.168.7.2')];
  table.addRule('pre', [
    { kind: 'address', which: 'destination', ranges: [[ip('1.2.3.1'), ip('1.2.3.255')]], negate: false },
    { kind: 'dnat', range: { addresses: to, ports: null } },
  ]);
  table.addRule('post', [{ kind: 'masquerade', ports: null }]);
  table.addRule('forward', [
    { kind: 'ctState', states: ['invalid'], negate: false },
    { kind: 'log', prefix: 'invalid ' },
    { kind: 'reject', with: 'tcp-reset' },
  ]);
  for (const host of [router, inside]) {
    const listener = host.tcp.open();
    listener.bind(0, 80);
    listener.listen(10);
    host.udp.open().bind(0, 53);
    host.raw.open(1);
  }
  router.tcp.open().connect(ip('10.0.1.9'), 80);
  return { world, router, inside, tap, bridge };
}

/** Makes the checksums of an IPv4 frame right, so that damage gets deeper. */
function repaired(frame: Uint8Array): Uint8Array {
  const out = frame.slice();
  const parsed = parseEthernet(out);
  if (parsed?.type !== 0x0800 || parsed.payload.length < 20) return out;
  const packet = parsed.payload;
  const header = Math.max(20, (packet[0]! & 15) * 4);
  if (header > packet.length) return out;
  const put = (bytes: Uint8Array, at: number, sum: () => number) => {
    if (at + 2 > bytes.length) return;
    bytes[at] = bytes[at + 1] = 0;
    const value = sum();
    bytes[at] = value >> 8;
    bytes[at + 1] = value & 255;
  };
  const length = Math.min(packet.length, (packet[2]! << 8) | packet[3]!);
  const payload = packet.subarray(header, Math.max(header, length));
  const protocol = packet[9]!;
  const address = (at: number) => new DataView(packet.buffer, packet.byteOffset + at, 4).getUint32(0);
  const whole = () => transportChecksum(address(12), address(16), protocol, payload);
  if (protocol === IPPROTO_TCP) put(payload, 16, whole);
  else if (protocol === IPPROTO_UDP) put(payload, 6, whole);
  else if (protocol === 1) put(payload, 2, () => checksum(payload));
  put(packet, 10, () => checksum(packet.subarray(0, header)));
  return out;
}

const talk = conversation().map(({ frame }) => frame);
/** Segments that open connections count more, since they are few. */
const opening = talk.filter((frame) => frame.length === 62);
const seeds = [
  ...talk,
  ...Array.from({ length: 20 }, () => opening).flat(),
  ...rareFrames(),
  ...dhcpFrames(),
  ...dnsFrames(),
];
const mutation = fc.record({
  seed: fc.nat(seeds.length - 1),
  changes: fc.array(
    fc.record({
      at: fc.nat(80),
      value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 4, 0x45, 0x7f, 0x80, 0xff)),
    }),
    { maxLength: 6 },
  ),
  cut: fc.option(fc.nat(100), { nil: null }),
  repair: fc.boolean(),
  tag: fc.option(fc.nat(4095), { nil: null }),
  ours: fc.boolean(),
});

function mutated(
  how: typeof mutation extends fc.Arbitrary<infer T> ? T : never,
  device: NetworkDevice,
): Uint8Array {
  let frame: Uint8Array = seeds[how.seed]!.slice();
  for (const { at, value } of how.changes) if (at < frame.length) frame[at] = value;
  if (how.cut !== null) frame = frame.slice(0, how.cut);
  if (how.repair) frame = repaired(frame);
  if (how.ours && frame.length >= 6)
    for (let i = 0; i < 6; i++) frame[i] = Number.parseInt(device.mac.slice(3 * i, 3 * i + 2), 16);
  return how.tag !== null && frame.length >= 14 ? tagged(frame, how.tag) : frame;
}

test('damaged frames break no host, and it still answers', () => {
  let handshakes = 0;
  let translated = 0;
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 20, maxLength: 60 }), fc.boolean(), (frames, filtering) => {
      const { world, router, tap, bridge } = victim();
      bridge.setVlanFiltering(filtering);
      for (const how of frames) {
        tap.write(mutated(how, bridge));
        world.run(SECOND / 1000);
      }
      const before = world.queue.scheduled;
      world.run(300 * SECOND);
      expect(world.queue.scheduled - before).toBeLessThan(5000);
      handshakes += world.trace
        .since(0, 'tcp.state')
        .filter((event) => event.detail.to === 'SYN-RECEIVED').length;
      translated += world.trace.since(0, 'nat.rewrite').length;
      const socket = router.udp.open();
      socket.bind(0, 9999);
      router.udp.open().send(Uint8Array.of(1), { address: ip('127.0.0.1'), port: 9999 });
      world.run();
      expect(socket.receive()?.data).toEqual(Uint8Array.of(1));
    }),
    { numRuns: 60, seed: 5 },
  );
  // They get that far.
  expect(handshakes).toBeGreaterThan(2);
  expect(translated).toBeGreaterThan(5);
});

test('random bytes print and parse as something', () => {
  const random = Random.fromSeed('bytes');
  const printers = [new FramePrinter(), new FramePrinter({ verbose: true, linkLevel: true })];
  for (let i = 0; i < 3000; i++) {
    const frame: Uint8Array = seeds[random.below(seeds.length)]!.slice(0, random.below(200));
    for (let n = random.below(8); n > 0; n--)
      if (frame.length > 0) frame[random.below(frame.length)] = random.below(256);
    for (const printer of printers) expect(typeof printer.line(frame)).toBe('string');
    parseDns(frame.subarray(42));
    parseDhcp(frame.subarray(42));
    try {
      readCapture(frame);
    } catch (error) {
      expect((error as Error).name).toBe('CaptureError');
    }
  }
});
