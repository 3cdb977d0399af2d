/** What tells one flow from another: addresses, protocol, and ports or, for ICMP, identifier, type and code. */
import { formatIpv4, type Ipv4 } from '../../address/ipv4.ts';
import { read16 } from '../../packet/bytes.ts';
import { ICMP_ECHO, ICMP_ECHOREPLY } from '../../packet/icmp.ts';
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, type Ipv4Header } from '../../packet/ipv4.ts';

export interface Tuple {
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly protocol: number;
  /** A port, or the identifier of an ICMP query. */
  readonly sourcePort: number;
  /** A port, or `type << 8 | code` of an ICMP query. */
  readonly destinationPort: number;
}

/** ICMP queries and their answers. */
const ICMP_ANSWERS: Readonly<Record<number, number>> = {
  8: 0,
  0: 8,
  13: 14,
  14: 13,
  15: 16,
  16: 15,
  17: 18,
  18: 17,
};

export function hasPorts(protocol: number): boolean {
  return protocol === IPPROTO_TCP || protocol === IPPROTO_UDP;
}

/** The tuple of a packet, of which at least eight bytes of payload are there; null for what cannot be tracked. */
export function tupleOf(header: Ipv4Header, payload: Uint8Array): Tuple | null {
  const { source, destination, protocol } = header;
  if (hasPorts(protocol)) {
    if (payload.length < 4) return null;
    const ports = { sourcePort: read16(payload, 0), destinationPort: read16(payload, 2) };
    return { source, destination, protocol, ...ports };
  }
  if (protocol === IPPROTO_ICMP) {
    if (payload.length < 8 || ICMP_ANSWERS[payload[0]!] === undefined) return null;
    return {
      source,
      destination,
      protocol,
      sourcePort: read16(payload, 4),
      destinationPort: (payload[0]! << 8) | payload[1]!,
    };
  }
  return { source, destination, protocol, sourcePort: 0, destinationPort: 0 };
}

/** The tuple of an answer; null for an ICMP message that has none. */
export function inverse(tuple: Tuple): Tuple {
  const { source, destination, protocol, sourcePort, destinationPort } = tuple;
  if (protocol === IPPROTO_ICMP) {
    const answer = ICMP_ANSWERS[destinationPort >> 8] ?? 0;
    return {
      source: destination,
      destination: source,
      protocol,
      sourcePort,
      destinationPort: (answer << 8) | (destinationPort & 255),
    };
  }
  return {
    source: destination,
    destination: source,
    protocol,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
  };
}

export function tupleKey(tuple: Tuple): string {
  return `${tuple.protocol}|${tuple.source}|${tuple.destination}|${tuple.sourcePort}|${tuple.destinationPort}`;
}

/** Whether an ICMP tuple begins a flow: an answer without its question does not. */
export function beginsFlow(tuple: Tuple): boolean {
  if (tuple.protocol !== IPPROTO_ICMP) return true;
  const type = tuple.destinationPort >> 8;
  return type === ICMP_ECHO || (type !== ICMP_ECHOREPLY && type % 2 === 1);
}

/** `10.0.0.2:4000`, or the address alone where there are no ports. */
export function endText(address: Ipv4, port: number, protocol: number): string {
  return hasPorts(protocol) ? `${formatIpv4(address)}:${port}` : formatIpv4(address);
}
