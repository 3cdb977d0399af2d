/** IPv4 addresses (RFC 791) and prefixes (RFC 4632). An address is a whole number, 0 … 2^32 − 1. */

export type Ipv4 = number;

/** A block of addresses: those whose first `length` bits are those of `address`. */
export interface Prefix {
  readonly address: Ipv4;
  /** 0 … 32. */
  readonly length: number;
}

/** 0.0.0.0, "this host" or "any". */
export const ANY: Ipv4 = 0;
/** 255.255.255.255, the broadcast that no router forwards. */
export const LIMITED_BROADCAST: Ipv4 = 0xffffffff;
export const LOOPBACK_ADDRESS: Ipv4 = 0x7f000001;

/** The address of dotted decimal text, four numbers of 0 to 255; null for anything else. */
export function parseIpv4(text: string): Ipv4 | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let address = 0;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null;
    address = address * 256 + Number(part);
  }
  return address;
}

/**
 * The address of text as inet_aton(3) takes it: one to four numbers, also octal (`0177`) and hexadecimal (`0x7f`), the last of which
 * fills what is left: `127.1`. Null for anything else.
 */
export function parseInetAton(text: string): Ipv4 | null {
  const parts = text.split('.');
  const last = parts.length - 1;
  if (parts.length > 4 || !parts.every((part) => /^(0[0-7]*|[1-9][0-9]*|0x[0-9a-f]+)$/i.test(part)))
    return null;
  const numbers = parts.map((part) => (/^0[0-7]/.test(part) ? Number.parseInt(part, 8) : Number(part)));
  if (numbers.slice(0, last).some((number) => number > 255) || numbers[last]! >= 256 ** (4 - last))
    return null;
  return numbers.slice(0, last).reduce((sum, number, i) => sum + number * 256 ** (3 - i), numbers[last]!);
}

/** Dotted decimal text. */
export function formatIpv4(address: Ipv4): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** `10.0.0.0/8`; an address alone is a /32. The bits behind the prefix are kept as written. Null for anything else. */
export function parsePrefix(text: string): Prefix | null {
  const [head, tail, ...rest] = text.split('/');
  const address = parseIpv4(head!);
  if (address === null || rest.length > 0) return null;
  if (tail === undefined) return { address, length: 32 };
  if (!/^[0-9]{1,2}$/.test(tail) || Number(tail) > 32) return null;
  return { address, length: Number(tail) };
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatIpv4(prefix.address)}/${prefix.length}`;
}

/** The mask of a prefix length: 24 is 255.255.255.0. */
export function netmask(length: number): Ipv4 {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}

/** The first address of the prefix that `address` lies in. */
export function networkOf(address: Ipv4, length: number): Ipv4 {
  return (address & netmask(length)) >>> 0;
}

/** The directed broadcast address: all bits behind the prefix are ones. */
export function broadcastOf(address: Ipv4, length: number): Ipv4 {
  return (address | ~netmask(length)) >>> 0;
}

export function inPrefix(address: Ipv4, prefix: Prefix): boolean {
  return networkOf(address, prefix.length) === networkOf(prefix.address, prefix.length);
}

/** 127.0.0.0/8. */
export function isLoopback(address: Ipv4): boolean {
  return address >>> 24 === 127;
}

/** 224.0.0.0/4. */
export function isMulticast(address: Ipv4): boolean {
  return address >>> 28 === 14;
}
