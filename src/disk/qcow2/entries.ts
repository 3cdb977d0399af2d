/** Entries of the L1 and L2 tables (qcow2.txt, "Cluster mapping"): 64 bits, big-endian, kept as two halves. */
import { be32, setBe32 } from '../numbers.ts';

/** Bit 63: the cluster has refcount 1, so that it may be written in place. */
const COPIED = 0x8000_0000;
const COMPRESSED = 0x4000_0000;
/** Bits 56 to 61 of what is no compressed cluster. */
const RESERVED_HIGH = 0x3f00_0000;

/** An entry of the L1 table: where an L2 table lies; offset 0 is none. */
export interface L1Entry {
  readonly offset: number;
  readonly copied: boolean;
  /** A reserved bit is set. */
  readonly reserved: boolean;
}

/** An entry of an L2 table: what a cluster of the virtual disk is. */
export type L2Entry =
  | { readonly kind: 'unallocated' }
  /** Reads as zeros; `offset` is a cluster kept for it, 0 for none. */
  | { readonly kind: 'zero'; readonly offset: number; readonly copied: boolean }
  | { readonly kind: 'data'; readonly offset: number; readonly copied: boolean }
  /** `length`: bytes up to the end of the last 512-byte sector that holds some of it. */
  | { readonly kind: 'compressed'; readonly offset: number; readonly length: number };

export const UNALLOCATED: L2Entry = { kind: 'unallocated' };

export function decodeL1(bytes: Uint8Array, at: number): L1Entry {
  const high = be32(bytes, at);
  const low = be32(bytes, at + 4);
  return {
    offset: (high & 0x00ff_ffff) * 2 ** 32 + (low - (low % 512)),
    copied: high >= COPIED,
    reserved: (high & (RESERVED_HIGH | COMPRESSED)) !== 0 || low % 512 !== 0,
  };
}

export function encodeL1(bytes: Uint8Array, at: number, offset: number, copied: boolean): void {
  setBe32(bytes, at, (Math.floor(offset / 2 ** 32) | (copied ? COPIED : 0)) >>> 0);
  setBe32(bytes, at + 4, offset % 2 ** 32);
}

/** Width of the sector count in a compressed cluster's entry. */
const countBits = (clusterBits: number) => clusterBits - 8;

/** `version` 2 knows no zero flag: bit 0 is reserved there. */
export function decodeL2(bytes: Uint8Array, at: number, clusterBits: number, version: number): L2Entry {
  const high = be32(bytes, at);
  const low = be32(bytes, at + 4);
  if ((high & COMPRESSED) !== 0) {
    const offsetBits = 30 - countBits(clusterBits);
    const offset = (high & (2 ** offsetBits - 1)) * 2 ** 32 + low;
    const sectors = (high >>> offsetBits) & (2 ** countBits(clusterBits) - 1);
    return { kind: 'compressed', offset, length: (sectors + 1) * 512 - (offset % 512) };
  }
  const offset = (high & 0x00ff_ffff) * 2 ** 32 + (low - (low % 512));
  const copied = high >= COPIED;
  if (version >= 3 && (low & 1) !== 0) return { kind: 'zero', offset, copied };
  return offset === 0 ? UNALLOCATED : { kind: 'data', offset, copied };
}

export function encodeL2(bytes: Uint8Array, at: number, clusterBits: number, entry: L2Entry): void {
  if (entry.kind === 'unallocated') {
    bytes.fill(0, at, at + 8);
    return;
  }
  if (entry.kind === 'compressed') {
    const offsetBits = 30 - countBits(clusterBits);
    const sectors = Math.ceil(((entry.offset % 512) + entry.length) / 512) - 1;
    const high = COMPRESSED | (sectors << offsetBits) | Math.floor(entry.offset / 2 ** 32);
    setBe32(bytes, at, high >>> 0);
    setBe32(bytes, at + 4, entry.offset % 2 ** 32);
    return;
  }
  encodeL1(bytes, at, entry.offset, entry.copied);
  if (entry.kind === 'zero') bytes[at + 7]! |= 1;
}
