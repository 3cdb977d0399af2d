/** Packets byte by byte: checksums and fragments. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  buildEthernet,
  buildIpv4,
  buildTcp,
  buildUdp,
  ETH_P_IP,
  formatIpv4,
  IPPROTO_UDP,
  parseIpv4,
  parseIpv4Packet,
  parseMac,
  parsePrefix,
  parseTcp,
  parseUdp,
  TapDevice,
} from '../../../src/network/index.ts';
import { address, ip, NetworkWorld } from '../../support/networkHosts.ts';

test('what is built is read back, and any one bit that is wrong is found', () => {
  const [source, destination] = [ip('10.0.0.1'), ip('10.0.0.2')];
  const port = fc.nat(0xffff);
  fc.assert(
    fc.property(
      port,
      port,
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(),
      (sourcePort, destinationPort, data, bit) => {
        const udp = buildUdp({ sourcePort, destinationPort, data }, source, destination);
        expect(parseUdp(udp, source, destination)).toEqual({ sourcePort, destinationPort, data });
        const tcp = {
          sourcePort,
          destinationPort,
          sequence: 0xfffffff0,
          acknowledgement: 7,
          flags: 0x12,
          window: 65_535,
          options: { mss: 1460, windowScale: 7 },
          data,
        };
        const segment = buildTcp(tcp, source, destination);
        expect(parseTcp(segment, source, destination)).toEqual(tcp);
        segment[(bit >> 3) % segment.length]! ^= 1 << (bit & 7);
        expect(parseTcp(segment, source, destination)).toBeNull();
        const packet = buildIpv4({ source, destination, protocol: IPPROTO_UDP, payload: udp });
        expect(parseIpv4Packet(packet)).toMatchObject({ source, destination, totalLength: packet.length });
        packet[(bit >> 3) % 20]! ^= 1 << (bit & 7);
        expect(parseIpv4Packet(packet)).toBeNull();
      },
    ),
    { numRuns: 300, seed: 7 },
  );
});

test('a UDP checksum that comes out as 0 is sent as its other form, since 0 means none', () => {
  const [source, destination] = [ip('0.0.0.0'), ip('0.0.0.0')];
  // 17 + 10 + 10 of pseudo header and length, and two bytes that make the sum all ones.
  const bytes = buildUdp(
    { sourcePort: 0, destinationPort: 0, data: Uint8Array.of(0xff, 0xda) },
    source,
    destination,
  );
  expect([...bytes.subarray(6, 8)]).toEqual([0xff, 0xff]);
  expect(parseUdp(bytes, source, destination)).not.toBeNull();
});

test('addresses in words', () => {
  for (const text of ['0.0.0.0', '255.255.255.255', '10.0.0.1'])
    expect(formatIpv4(parseIpv4(text)!)).toBe(text);
  for (const text of ['1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.x', ''])
    expect(parseIpv4(text)).toBeNull();
  expect(parsePrefix('10.1.2.3/8')).toEqual({ address: ip('10.1.2.3'), length: 8 });
  for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/9', '/8']) expect(parsePrefix(text)).toBeNull();
  expect(parseMac('2:A:0:0:0:fF')).toBe('02:0a:00:00:00:ff');
  for (const text of ['02:0a:00:00:00', '02:0a:00:00:00:gg', '02-0a-00-00-00-01'])
    expect(parseMac(text)).toBeNull();
});

/** Fragments of 8 bytes each of one datagram, by hand: their numbers in the order in which they arrive. */
function arrive(
  order: readonly number[],
  change: (fragment: { at: number; more: boolean; data: Uint8Array }) => void = () => {},
) {
  const world = new NetworkWorld();
  const host = world.host('host');
  const tap = new TapDevice(world.context, 'eth0');
  host.add(tap);
  tap.open(() => {});
  tap.setUp(true);
  address(host, tap, '10.0.0.1/24');
  const socket = host.udp.open();
  socket.bind(0, 7);
  const [source, destination] = [ip('10.0.0.2'), ip('10.0.0.1')];
  const data = Uint8Array.from({ length: 24 }, (_, i) => i);
  const udp = buildUdp({ sourcePort: 9, destinationPort: 7, data }, source, destination);
  for (const number of order) {
    const part = { at: 8 * number, more: number < 3, data: udp.slice(8 * number, 8 * number + 8) };
    change(part);
    const packet = buildIpv4({
      source,
      destination,
      protocol: IPPROTO_UDP,
      id: 5,
      payload: part.data,
      moreFragments: part.more,
      fragmentOffset: part.at,
    });
    tap.write(buildEthernet(tap.mac, '02:00:00:00:00:02', ETH_P_IP, packet));
  }
  const got = socket.receive();
  world.run(31e9);
  return { got: got === null ? null : [...got.data], told: tap.read() !== null };
}

test('fragments in any order make the packet; overlaps spoil it; what stays incomplete is told after 30 seconds', () => {
  const whole = Array.from({ length: 24 }, (_, i) => i);
  for (const order of [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [2, 0, 3, 1],
  ])
    expect(arrive(order).got).toEqual(whole);
  expect(arrive([0, 1, 2])).toEqual({ got: null, told: true });
  // Without the first fragment nobody knows what it was about.
  expect(arrive([1, 2, 3])).toEqual({ got: null, told: false });
  expect(arrive([0, 1, 1, 2, 3]).got).toBeNull();
  const overlapping = (part: { at: number; data: Uint8Array }) => {
    if (part.at === 8) part.data = new Uint8Array(16);
  };
  expect(arrive([0, 1, 2, 3], overlapping).got).toBeNull();
  const odd = (part: { at: number; more: boolean; data: Uint8Array }) => {
    if (part.at === 8) part.data = part.data.slice(0, 7);
  };
  expect(arrive([0, 1, 2, 3], odd).got).toBeNull();
});
