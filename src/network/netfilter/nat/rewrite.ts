/** Writing other addresses and ports into a packet, with the checksums that cover them. */
import { read16, write16, write32 } from '../../packet/bytes.ts';
import { checksum, transportChecksum } from '../../packet/checksum.ts';
import { isIcmpError } from '../../packet/icmp.ts';
import {
  IPPROTO_ICMP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  readIpv4Header,
  setIpv4Checksum,
} from '../../packet/ipv4.ts';
import type { Tuple } from '../conntrack/tuple.ts';

/** Which end of a packet is written. */
export type Side = 'source' | 'destination';

/** The packet with one side written as `target` has it. */
export function rewritten(bytes: Uint8Array, target: Tuple, side: Side): Uint8Array {
  const out = bytes.slice();
  write(out, target, side);
  const header = readIpv4Header(out);
  const segment = out.subarray(header.headerLength);
  const { source, destination, protocol } = header;
  if (protocol === IPPROTO_ICMP) sumIcmp(segment);
  const at = protocol === IPPROTO_TCP ? 16 : 6;
  const summed = protocol === IPPROTO_TCP || (protocol === IPPROTO_UDP && read16(segment, 6) !== 0);
  if (summed && segment.length >= at + 2) {
    write16(segment, at, 0);
    const sum = transportChecksum(source, destination, protocol, segment);
    write16(segment, at, protocol === IPPROTO_UDP ? sum || 0xffff : sum);
  }
  return out;
}

/**
 * An ICMP error with both written: the packet that it quotes, which went the other way, and its own addresses (RFC 5508, 4).
 * `quoted` is written on the opposite side.
 */
export function errorRewritten(bytes: Uint8Array, outer: Tuple, quoted: Tuple, side: Side): Uint8Array {
  const out = bytes.slice();
  const headerLength = (out[0]! & 15) * 4;
  write32(out, side === 'source' ? 12 : 16, side === 'source' ? outer.source : outer.destination);
  setIpv4Checksum(out);
  const message = out.subarray(headerLength);
  write(message.subarray(8), quoted, side === 'source' ? 'destination' : 'source');
  sumIcmp(message);
  return out;
}

/** Addresses and ports, and the header's checksum; the packet may be cut off behind its first eight bytes of payload. */
function write(bytes: Uint8Array, target: Tuple, side: Side): void {
  const headerLength = (bytes[0]! & 15) * 4;
  write32(bytes, side === 'source' ? 12 : 16, side === 'source' ? target.source : target.destination);
  setIpv4Checksum(bytes);
  const protocol = bytes[9];
  const payload = bytes.subarray(headerLength);
  if (protocol === IPPROTO_TCP || protocol === IPPROTO_UDP) {
    const port = side === 'source' ? target.sourcePort : target.destinationPort;
    write16(payload, side === 'source' ? 0 : 2, port);
  } else if (protocol === IPPROTO_ICMP && !isIcmpError(payload[0]!)) {
    const before = read16(payload, 4);
    write16(payload, 4, target.sourcePort);
    adjust(payload, before, target.sourcePort);
  }
}

/** The checksum after one word changed (RFC 1624), for quoted packets of which not all is there. */
function adjust(message: Uint8Array, before: number, after: number): void {
  let sum = (~read16(message, 2) & 0xffff) + (~before & 0xffff) + after;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  write16(message, 2, ~sum & 0xffff);
}

function sumIcmp(message: Uint8Array): void {
  write16(message, 2, 0);
  write16(message, 2, checksum(message));
}
