/** IPv4 packets (RFC 791). */
import type { Ipv4 } from '../address/ipv4.ts';
import { read16, read32, write16, write32 } from './bytes.ts';
import { checksum } from './checksum.ts';

/** Protocol numbers (assigned by IANA). */
export const IPPROTO_ICMP = 1;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;

export const DEFAULT_TTL = 64;

export interface Ipv4Header {
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly protocol: number;
  readonly ttl: number;
  /** DSCP and ECN. */
  readonly tos: number;
  readonly id: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** Where a fragment's data belongs, in bytes. */
  readonly fragmentOffset: number;
  /** Of the header with its options, in bytes. */
  readonly headerLength: number;
  /** Of the whole packet, in bytes. */
  readonly totalLength: number;
}

/** What a packet says; null for a malformed one: bad version, lengths or header checksum (RFC 1122, 3.2.1). */
export function parseIpv4Packet(bytes: Uint8Array): Ipv4Header | null {
  if (bytes.length < 20 || bytes[0]! >> 4 !== 4) return null;
  const headerLength = (bytes[0]! & 15) * 4;
  const totalLength = read16(bytes, 2);
  if (headerLength < 20 || totalLength < headerLength || totalLength > bytes.length) return null;
  if (checksum(bytes.subarray(0, headerLength)) !== 0) return null;
  return readIpv4Header(bytes);
}

/** As {@link parseIpv4Packet} for bytes that have been found good, or of which only the header is there. */
export function readIpv4Header(bytes: Uint8Array): Ipv4Header {
  const fragment = read16(bytes, 6);
  return {
    source: read32(bytes, 12),
    destination: read32(bytes, 16),
    protocol: bytes[9]!,
    ttl: bytes[8]!,
    tos: bytes[1]!,
    id: read16(bytes, 4),
    dontFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset: (fragment & 0x1fff) * 8,
    headerLength: (bytes[0]! & 15) * 4,
    totalLength: read16(bytes, 2),
  };
}

export interface Ipv4Fields {
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  readonly fragmentOffset?: number;
}

/** A packet without options. */
export function buildIpv4(fields: Ipv4Fields): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(20 + fields.payload.length);
  bytes[0] = 0x45;
  bytes[1] = fields.tos ?? 0;
  write16(bytes, 2, bytes.length);
  write16(bytes, 4, fields.id ?? 0);
  const flags = (fields.dontFragment ? 0x4000 : 0) | (fields.moreFragments ? 0x2000 : 0);
  write16(bytes, 6, flags | ((fields.fragmentOffset ?? 0) >> 3));
  bytes[8] = fields.ttl ?? DEFAULT_TTL;
  bytes[9] = fields.protocol;
  write32(bytes, 12, fields.source);
  write32(bytes, 16, fields.destination);
  bytes.set(fields.payload, 20);
  setIpv4Checksum(bytes);
  return bytes;
}

/** Writes the header checksum anew, after a change. */
export function setIpv4Checksum(bytes: Uint8Array): void {
  write16(bytes, 10, 0);
  write16(bytes, 10, checksum(bytes.subarray(0, (bytes[0]! & 15) * 4)));
}
