/** The Internet checksum (RFC 1071): the ones' complement of the ones' complement sum of 16-bit words. */
import type { Ipv4 } from '../address/ipv4.ts';

/** The sum of the words of `bytes`, carried over, added to `sum`; an odd byte counts as a word's upper half. */
function sumWords(bytes: Uint8Array, sum: number): number {
  const even = bytes.length & ~1;
  for (let i = 0; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (even < bytes.length) sum += bytes[even]! << 8;
  return sum;
}

function fold(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65_536);
  return sum;
}

/** The checksum of `bytes`; over data that holds its right checksum it is 0. */
export function checksum(bytes: Uint8Array): number {
  return ~fold(sumWords(bytes, 0)) & 0xffff;
}

/** The checksum of a UDP or TCP segment with the pseudo header of RFC 768 and RFC 9293, 3.1. */
export function transportChecksum(
  source: Ipv4,
  destination: Ipv4,
  protocol: number,
  segment: Uint8Array,
): number {
  const pseudo =
    (source >>> 16) +
    (source & 0xffff) +
    (destination >>> 16) +
    (destination & 0xffff) +
    protocol +
    segment.length;
  return ~fold(sumWords(segment, pseudo)) & 0xffff;
}
