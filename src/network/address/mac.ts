/** MAC addresses (IEEE 802, 48 bits), as lower-case text `02:42:ac:11:00:02`: good keys, and what tools print. */
import type { Random } from '../../base/index.ts';

export type Mac = string;

export const BROADCAST_MAC: Mac = 'ff:ff:ff:ff:ff:ff';
export const ZERO_MAC: Mac = '00:00:00:00:00:00';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The address in the six bytes at `at`. */
export function readMac(bytes: Uint8Array, at: number): Mac {
  let text = HEX[bytes[at]!]!;
  for (let i = 1; i < 6; i++) text += `:${HEX[bytes[at + i]!]!}`;
  return text;
}

/** Writes the six bytes of `mac` at `at`. */
export function writeMac(bytes: Uint8Array, at: number, mac: Mac): void {
  for (let i = 0; i < 6; i++) bytes[at + i] = Number.parseInt(mac.slice(3 * i, 3 * i + 2), 16);
}

/** The six bytes of `mac`. */
export function macBytes(mac: Mac): Uint8Array {
  const bytes = new Uint8Array(6);
  writeMac(bytes, 0, mac);
  return bytes;
}

/** `text` in the usual form, or null when it is no MAC address. Digits of either case; one digit may stand for two. */
export function parseMac(text: string): Mac | null {
  const parts = text.split(':');
  if (parts.length !== 6 || !parts.every((part) => /^[0-9a-fA-F]{1,2}$/.test(part))) return null;
  return parts.map((part) => part.toLowerCase().padStart(2, '0')).join(':');
}

/** True for group addresses: multicast and broadcast (the first byte's lowest bit). */
export function isGroupMac(mac: Mac): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

/** A unicast, locally administered address, as Linux gives one to a new virtual device. */
export function randomMac(random: Random): Mac {
  const bytes = random.bytes(6);
  bytes[0] = (bytes[0]! & 0xfe) | 0x02;
  return readMac(bytes, 0);
}
