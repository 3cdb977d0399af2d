/** Segments of the Transmission Control Protocol (RFC 9293, 3.1), with the options that are used here. */
import type { Ipv4 } from '../address/ipv4.ts';
import { read16, read32, write16, write32 } from './bytes.ts';
import { transportChecksum } from './checksum.ts';
import { IPPROTO_TCP } from './ipv4.ts';

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

export interface TcpOptions {
  /** Maximum segment size (RFC 9293, 3.7.1). */
  readonly mss: number | null;
  /** How far the peer's windows are to be shifted (RFC 7323, 2). */
  readonly windowScale: number | null;
}

export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
  readonly window: number;
  readonly options: TcpOptions;
  readonly data: Uint8Array;
}

export const NO_OPTIONS: TcpOptions = { mss: null, windowScale: null };

/** Null for a wrong length or checksum. */
export function parseTcp(bytes: Uint8Array, source: Ipv4, destination: Ipv4): TcpSegment | null {
  if (bytes.length < 20) return null;
  const header = (bytes[12]! >> 4) * 4;
  if (header < 20 || header > bytes.length) return null;
  if (transportChecksum(source, destination, IPPROTO_TCP, bytes) !== 0) return null;
  return {
    sourcePort: read16(bytes, 0),
    destinationPort: read16(bytes, 2),
    sequence: read32(bytes, 4),
    acknowledgement: read32(bytes, 8),
    flags: bytes[13]! & 0x3f,
    window: read16(bytes, 14),
    options: header === 20 ? NO_OPTIONS : parseOptions(bytes.subarray(20, header)),
    data: bytes.subarray(header),
  };
}

/** Options that are not known or malformed are passed over, as RFC 9293 asks (MUST-6, MUST-7). */
function parseOptions(bytes: Uint8Array): TcpOptions {
  let mss: number | null = null;
  let windowScale: number | null = null;
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at]!;
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > bytes.length) break;
    if (kind === 2 && length === 4) mss = read16(bytes, at + 2);
    if (kind === 3 && length === 3) windowScale = Math.min(bytes[at + 2]!, 14);
    at += length;
  }
  return { mss, windowScale };
}

export function buildTcp(segment: TcpSegment, source: Ipv4, destination: Ipv4): Uint8Array<ArrayBuffer> {
  const { mss, windowScale } = segment.options;
  const options = [
    ...(mss === null ? [] : [2, 4, mss >> 8, mss & 255]),
    ...(windowScale === null ? [] : [1, 3, 3, windowScale]),
  ];
  const header = 20 + options.length;
  const bytes = new Uint8Array(header + segment.data.length);
  write16(bytes, 0, segment.sourcePort);
  write16(bytes, 2, segment.destinationPort);
  write32(bytes, 4, segment.sequence);
  write32(bytes, 8, segment.acknowledgement);
  bytes[12] = (header / 4) << 4;
  bytes[13] = segment.flags;
  write16(bytes, 14, segment.window);
  bytes.set(options, 20);
  bytes.set(segment.data, header);
  write16(bytes, 16, transportChecksum(source, destination, IPPROTO_TCP, bytes));
  return bytes;
}
