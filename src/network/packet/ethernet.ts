/** Ethernet II frames (IEEE 802.3) and their VLAN tags (IEEE 802.1Q), without preamble and frame check sequence. */
import { type Mac, readMac, writeMac } from '../address/mac.ts';

/** EtherTypes, by their Linux names (if_ether.h). */
export const ETH_P_IP = 0x0800;
export const ETH_P_ARP = 0x0806;
export const ETH_P_RARP = 0x8035;
export const ETH_P_8021Q = 0x8100;

/** Destination, source, type. */
export const ETH_HLEN = 14;
export const VLAN_HLEN = 4;

export interface VlanTag {
  /** 0 … 4095; 0 says "priority only". */
  readonly id: number;
  /** PCP and DEI, the upper four bits of the tag. */
  readonly priority: number;
}

export interface EthernetFrame {
  readonly destination: Mac;
  readonly source: Mac;
  readonly vlan: VlanTag | null;
  /** The EtherType of the payload, behind the tag if there is one. */
  readonly type: number;
  /** A view of the frame's bytes. */
  readonly payload: Uint8Array;
}

/** What a frame holds; null when it is too short to be one. */
export function parseEthernet(bytes: Uint8Array): EthernetFrame | null {
  if (bytes.length < ETH_HLEN) return null;
  const vlan = vlanOf(bytes);
  const header = ETH_HLEN + (vlan === null ? 0 : VLAN_HLEN);
  return {
    destination: readMac(bytes, 0),
    source: readMac(bytes, 6),
    vlan,
    type: (bytes[header - 2]! << 8) | bytes[header - 1]!,
    payload: bytes.subarray(header),
  };
}

export function buildEthernet(
  destination: Mac,
  source: Mac,
  type: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ETH_HLEN + payload.length);
  writeMac(bytes, 0, destination);
  writeMac(bytes, 6, source);
  bytes[12] = type >> 8;
  bytes[13] = type & 255;
  bytes.set(payload, ETH_HLEN);
  return bytes;
}

/** The outermost tag of a frame, null for an untagged one. */
export function vlanOf(bytes: Uint8Array): VlanTag | null {
  if (bytes.length < ETH_HLEN + VLAN_HLEN || bytes[12] !== 0x81 || bytes[13] !== 0) return null;
  const control = (bytes[14]! << 8) | bytes[15]!;
  return { id: control & 0xfff, priority: control >> 12 };
}

/** The frame with a tag pushed in front of its type. */
export function tagged(bytes: Uint8Array, id: number, priority = 0): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length + VLAN_HLEN);
  out.set(bytes.subarray(0, 12));
  out[12] = ETH_P_8021Q >> 8;
  out[13] = ETH_P_8021Q & 255;
  out[14] = (priority << 4) | (id >> 8);
  out[15] = id & 255;
  out.set(bytes.subarray(12), 16);
  return out;
}

/** The frame without its outermost tag, which it must have. */
export function untagged(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length - VLAN_HLEN);
  out.set(bytes.subarray(0, 12));
  out.set(bytes.subarray(16), 12);
  return out;
}
