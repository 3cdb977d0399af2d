/** The Address Resolution Protocol (RFC 826) for IPv4 on Ethernet. */
import type { Ipv4 } from '../address/ipv4.ts';
import { BROADCAST_MAC, type Mac, readMac, writeMac } from '../address/mac.ts';
import { read16, read32, write16, write32 } from './bytes.ts';
import { buildEthernet, ETH_P_RARP } from './ethernet.ts';

export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;
/** "Who am I?" (RFC 903). */
export const RARP_REQUEST = 3;

export interface ArpPacket {
  readonly operation: number;
  readonly senderMac: Mac;
  readonly senderAddress: Ipv4;
  readonly targetMac: Mac;
  readonly targetAddress: Ipv4;
}

const LENGTH = 28;

/** Null for what is not ARP of IPv4 on Ethernet, or too short. */
export function parseArp(bytes: Uint8Array): ArpPacket | null {
  if (bytes.length < LENGTH) return null;
  // Hardware type 1 (Ethernet), protocol 0x0800 (IPv4), address lengths 6 and 4.
  if (read16(bytes, 0) !== 1 || read16(bytes, 2) !== 0x0800 || bytes[4] !== 6 || bytes[5] !== 4) return null;
  return {
    operation: read16(bytes, 6),
    senderMac: readMac(bytes, 8),
    senderAddress: read32(bytes, 14),
    targetMac: readMac(bytes, 18),
    targetAddress: read32(bytes, 24),
  };
}

export function buildArp(packet: ArpPacket): Uint8Array {
  const bytes = new Uint8Array(LENGTH);
  write16(bytes, 0, 1);
  write16(bytes, 2, 0x0800);
  bytes[4] = 6;
  bytes[5] = 4;
  write16(bytes, 6, packet.operation);
  writeMac(bytes, 8, packet.senderMac);
  write32(bytes, 14, packet.senderAddress);
  writeMac(bytes, 18, packet.targetMac);
  write32(bytes, 24, packet.targetAddress);
  return bytes;
}

/** The shortest payload of a frame. */
const SHORTEST_PAYLOAD = 46;

/**
 * The frame by which a VM that has moved shows itself, so that bridges learn where it is now: a RARP request that nobody answers, as
 * QEMU sends after a migration. It needs no address of the guest.
 */
export function announcement(mac: Mac): Uint8Array {
  const packet = {
    operation: RARP_REQUEST,
    senderMac: mac,
    senderAddress: 0,
    targetMac: mac,
    targetAddress: 0,
  };
  const payload = new Uint8Array(SHORTEST_PAYLOAD);
  payload.set(buildArp(packet));
  return buildEthernet(BROADCAST_MAC, mac, ETH_P_RARP, payload);
}
