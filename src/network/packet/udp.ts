/** The User Datagram Protocol (RFC 768). */
import type { Ipv4 } from '../address/ipv4.ts';
import { read16, write16 } from './bytes.ts';
import { transportChecksum } from './checksum.ts';
import { IPPROTO_UDP } from './ipv4.ts';

export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data: Uint8Array;
}

/** Null for a wrong length or checksum; a checksum of 0 means that there is none. */
export function parseUdp(bytes: Uint8Array, source: Ipv4, destination: Ipv4): UdpDatagram | null {
  if (bytes.length < 8) return null;
  const length = read16(bytes, 4);
  if (length < 8 || length > bytes.length) return null;
  const whole = bytes.subarray(0, length);
  if (read16(bytes, 6) !== 0 && transportChecksum(source, destination, IPPROTO_UDP, whole) !== 0) return null;
  return { sourcePort: read16(bytes, 0), destinationPort: read16(bytes, 2), data: bytes.subarray(8, length) };
}

export function buildUdp(datagram: UdpDatagram, source: Ipv4, destination: Ipv4): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + datagram.data.length);
  write16(bytes, 0, datagram.sourcePort);
  write16(bytes, 2, datagram.destinationPort);
  write16(bytes, 4, bytes.length);
  bytes.set(datagram.data, 8);
  // 0 would say that there is no checksum; its other form says the same sum.
  write16(bytes, 6, transportChecksum(source, destination, IPPROTO_UDP, bytes) || 0xffff);
  return bytes;
}
