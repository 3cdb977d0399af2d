/**
 * What filters look at in a frame: loads as BPF has them, which end the whole program with "no" where they reach past the frame, and
 * protocols by their numbers. `shift` is the length of the VLAN tags before the type, as far as `vlan` has been named.
 */
import { ETH_P_IP, IPPROTO_TCP, IPPROTO_UDP } from '../../../../../network/index.ts';

export interface Seen {
  readonly bytes: Uint8Array;
  /** On the wire; of a capture file's frame not all may be there. */
  readonly length: number;
}

export type Test = (seen: Seen) => boolean;
export type Value = (seen: Seen) => number;

/** A load past the end of the frame. */
export class PastTheEnd extends Error {}

export function load({ bytes }: Seen, at: number, size: number): number {
  if (at + size > bytes.length) throw new PastTheEnd();
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + bytes[at + i]!;
  return value;
}

export const ETH_P_RARP = 0x8035;
export const ETH_P_IPV6 = 0x86dd;
export const IPPROTO_SCTP = 132;

/** Where what the frame carries begins. */
export const payloadAt = (shift: number) => 14 + shift;

export const all =
  (...tests: readonly Test[]): Test =>
  (seen) =>
    tests.every((test) => test(seen));

export const any =
  (...tests: readonly Test[]): Test =>
  (seen) =>
    tests.some((test) => test(seen));

export const hasType =
  (type: number, shift: number): Test =>
  (seen) =>
    load(seen, 12 + shift, 2) === type;

export const isIp = (shift: number) => hasType(ETH_P_IP, shift);

export const ipProtocol = (protocol: number, shift: number): Test =>
  all(isIp(shift), (seen) => load(seen, payloadAt(shift) + 9, 1) === protocol);

/** By the first header, or behind a fragment's. */
export function ip6Protocol(protocol: number, shift: number): Test {
  const at = payloadAt(shift);
  return all(hasType(ETH_P_IPV6, shift), (seen) => {
    const next = load(seen, at + 6, 1);
    return next === protocol || (next === 44 && load(seen, at + 40, 1) === protocol);
  });
}

/** No fragment but the first has the header of what IPv4 carries. */
export const isFirstFragment =
  (shift: number): Test =>
  (seen) =>
    (load(seen, payloadAt(shift) + 6, 2) & 0x1fff) === 0;

/** Where the header begins that follows IPv4's. */
export const transportAt = (seen: Seen, shift: number) =>
  payloadAt(shift) + (load(seen, payloadAt(shift), 1) & 15) * 4;

export type Direction = 'src' | 'dst' | 'or' | 'and';

/** One or both of what a packet says of its two ends. */
export function ends(direction: Direction, source: Test, destination: Test): Test {
  if (direction === 'src') return source;
  if (direction === 'dst') return destination;
  return direction === 'and' ? all(source, destination) : any(source, destination);
}

/** Ports of TCP, UDP and SCTP, or of one of them. */
export function portTest(
  [low, high]: readonly [number, number],
  protocol: number | null,
  direction: Direction,
  shift: number,
): Test {
  const protocols = protocol === null ? [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP] : [protocol];
  const within = (start: (seen: Seen) => number, offset: number): Test => {
    return (seen) => {
      const port = load(seen, start(seen) + offset, 2);
      return port >= low && port <= high;
    };
  };
  const ip = (seen: Seen) => transportAt(seen, shift);
  const ip6 = () => payloadAt(shift) + 40;
  return any(
    all(
      any(...protocols.map((each) => ipProtocol(each, shift))),
      isFirstFragment(shift),
      ends(direction, within(ip, 0), within(ip, 2)),
    ),
    all(
      any(...protocols.map((each) => ip6Protocol(each, shift))),
      ends(direction, within(ip6, 0), within(ip6, 2)),
    ),
  );
}
