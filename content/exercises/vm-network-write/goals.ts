/** The terminal goals: what really crossed the devices of `north`, and what was caught there. */
import type { Goal, World } from '../../../src/exercise/index.ts';
import {
  CaptureError,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  IPPROTO_ICMP,
  parseEthernet,
  parseIcmp,
  parseIpv4,
  parseIpv4Packet,
  readCapture,
} from '../../../src/exercise/virtualization.ts';
import { DB, NORTH_OUTSIDE, OUTSIDE, WEB, WEB_MAC } from './world.ts';

const HOST = 'north';

/** Whether a frame with such a packet crossed a device. */
const crossed = (world: World, device: string, direction: 'in' | 'out', packet: string): boolean =>
  world.trace
    .since(0)
    .some(
      ({ kind, subject, detail }) =>
        kind === 'net.frame' &&
        subject === HOST &&
        detail.direction === direction &&
        detail.device.startsWith(device) &&
        detail.summary.includes(packet),
    );

const reachesDb: Goal = {
  id: 'db',
  title: 'web reaches db, on the other host',
  points: 10,
  feedback:
    'No answer of db has come to web yet. Which devices of north does web’s frame cross, and which of them is it lost behind? bridge link lists the ports of br0.',
  holds: (world) => crossed(world, 'vnet', 'out', `${DB} > ${WEB}: ICMP echo reply`),
};

const reachesOutside: Goal = {
  id: 'outside',
  title: 'web reaches the outside, under north’s address',
  points: 10,
  feedback: `No answer of ${OUTSIDE} has come to web yet. web’s gateway is north itself: the frame goes to br0’s own address, and the packet on from there by eth1.`,
  holds: (world) =>
    crossed(world, 'eth1', 'out', `${NORTH_OUTSIDE} > ${OUTSIDE}: ICMP echo request`) &&
    crossed(world, 'vnet', 'out', `${OUTSIDE} > ${WEB}: ICMP echo reply`),
};

/** A file that is no capture, or not a whole one yet, has none. */
function framesIn(bytes: Uint8Array): ReturnType<typeof readCapture>['records'] {
  try {
    return readCapture(bytes).records;
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return [];
  }
}

/** Echo requests from web to db and the replies, in a capture file; those that it sent by its own card. */
function echoes(world: World, name: string): readonly string[] {
  const bytes = world.host(HOST).view.readFile(`/home/student/${name}`);
  if (bytes === null) return [];
  return framesIn(bytes).flatMap(({ frame }) => {
    const seen = parseEthernet(frame);
    const packet = seen === null ? null : parseIpv4Packet(seen.payload);
    if (seen === null || packet === null || packet.protocol !== IPPROTO_ICMP) return [];
    const message = parseIcmp(seen.payload.subarray(packet.headerLength, packet.totalLength));
    if (message === null) return [];
    const [web, db] = [parseIpv4(WEB), parseIpv4(DB)];
    const { source, destination } = packet;
    const id = `${message.id} ${message.sequence}`;
    if (message.type === ICMP_ECHO && source === web && destination === db && seen.source === WEB_MAC)
      return [`request ${id}`];
    if (
      message.type === ICMP_ECHOREPLY &&
      source === db &&
      destination === web &&
      seen.destination === WEB_MAC
    )
      return [`reply ${id}`];
    return [];
  });
}

const FILES = ['tap.pcap', 'bridge.pcap', 'nic.pcap'];

const captured: Goal = {
  id: 'capture',
  title: 'One frame from web to db and its answer, caught at tap, switch and card',
  points: 10,
  feedback:
    'The files tap.pcap, bridge.pcap and nic.pcap in your home directory on north have to have one and the same echo request from web to db, and its reply: start three tcpdumps, ping, and end them.',
  holds(world) {
    const [tap, ...others] = FILES.map((name) => echoes(world, name));
    return tap!.some((each) => {
      const reply = each.replace('request', 'reply');
      const both = [each, reply];
      return (
        each.startsWith('request') &&
        [tap!, ...others].every((list) => both.every((one) => list.includes(one)))
      );
    });
  },
};

export const goals: readonly Goal[] = [reachesDb, reachesOutside, captured];
