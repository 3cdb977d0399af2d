/** DHCP messages (RFC 2131, 2) and their options (RFC 2132). */
import { concatBytes, decodeUtf8, encodeUtf8 } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';
import { type Mac, macBytes, readMac } from '../address/mac.ts';
import { read16, read32, write16, write32 } from '../packet/bytes.ts';

/** UDP ports. */
export const DHCP_SERVER_PORT = 67;
export const DHCP_CLIENT_PORT = 68;

/** Option codes (RFC 2132), by name. */
export const DHCP_OPTION = {
  subnetMask: 1,
  router: 3,
  domainNameServer: 6,
  hostName: 12,
  domainName: 15,
  interfaceMtu: 26,
  broadcastAddress: 28,
  requestedAddress: 50,
  leaseTime: 51,
  messageType: 53,
  serverIdentifier: 54,
  parameterRequestList: 55,
  message: 56,
  maxMessageSize: 57,
  renewalTime: 58,
  rebindingTime: 59,
  vendorClass: 60,
  clientIdentifier: 61,
  tftpServerName: 66,
  bootFileName: 67,
} as const;

/** Values of option 53. */
export const DHCP_TYPES = [
  'DISCOVER',
  'OFFER',
  'REQUEST',
  'DECLINE',
  'ACK',
  'NAK',
  'RELEASE',
  'INFORM',
] as const;
export type DhcpType = (typeof DHCP_TYPES)[number];

export interface DhcpMessage {
  /** op: BOOTREQUEST or BOOTREPLY. */
  readonly reply: boolean;
  /** xid: chosen by the client, repeated by the server. */
  readonly transaction: number;
  /** Seconds since the client began. */
  readonly seconds: number;
  /** The client cannot hear unicast before it has an address. */
  readonly broadcast: boolean;
  /** ciaddr, yiaddr, siaddr, giaddr. */
  readonly clientAddress: Ipv4;
  readonly yourAddress: Ipv4;
  readonly nextServer: Ipv4;
  readonly relay: Ipv4;
  /** chaddr. */
  readonly mac: Mac;
  /** sname and file. */
  readonly serverName: string;
  readonly bootFile: string;
  /** In the order in which they stand. */
  readonly options: ReadonlyMap<number, Uint8Array>;
}

const FIXED = 236;
/** BOOTP's shortest message (RFC 1542, 2.1). */
const SHORTEST = 300;
const MAGIC = 0x63825363;

/** Null for what is no BOOTP message of Ethernet, or is malformed. Without the magic cookie there are no options. */
export function parseDhcp(bytes: Uint8Array): DhcpMessage | null {
  if (bytes.length < FIXED || (bytes[0] !== 1 && bytes[0] !== 2)) return null;
  if (bytes[1] !== 1 || bytes[2] !== 6) return null;
  const options = new Map<number, Uint8Array>();
  if (bytes.length >= FIXED + 4 && read32(bytes, FIXED) === MAGIC) {
    if (!readOptions(bytes.subarray(FIXED + 4), options)) return null;
    // Option 52: the two fields hold options as well.
    const overload = options.get(52)?.[0] ?? 0;
    if ((overload & 1) !== 0 && !readOptions(bytes.subarray(108, 236), options)) return null;
    if ((overload & 2) !== 0 && !readOptions(bytes.subarray(44, 108), options)) return null;
  }
  return {
    reply: bytes[0] === 2,
    transaction: read32(bytes, 4),
    seconds: read16(bytes, 8),
    broadcast: (bytes[10]! & 0x80) !== 0,
    clientAddress: read32(bytes, 12),
    yourAddress: read32(bytes, 16),
    nextServer: read32(bytes, 20),
    relay: read32(bytes, 24),
    mac: readMac(bytes, 28),
    serverName: readText(bytes.subarray(44, 108)),
    bootFile: readText(bytes.subarray(108, 236)),
    options,
  };
}

/** Options of one code that stand in pieces are joined (RFC 3396). False when one goes beyond the end. */
function readOptions(bytes: Uint8Array, into: Map<number, Uint8Array>): boolean {
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at]!;
    if (code === 255) break;
    if (code === 0) {
      at++;
      continue;
    }
    const length = bytes[at + 1];
    if (length === undefined || at + 2 + length > bytes.length) return false;
    const value = bytes.slice(at + 2, at + 2 + length);
    const before = into.get(code);
    into.set(code, before === undefined ? value : concatBytes([before, value]));
    at += 2 + length;
  }
  return true;
}

function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeUtf8(end < 0 ? bytes : bytes.subarray(0, end));
}

export function buildDhcp(message: DhcpMessage): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [code, value] of message.options)
    for (let at = 0; at === 0 || at < value.length; at += 255) {
      const piece = value.subarray(at, at + 255);
      parts.push(Uint8Array.of(code, piece.length), piece);
    }
  const options = concatBytes(parts);
  const bytes = new Uint8Array(Math.max(SHORTEST, FIXED + 4 + options.length + 1));
  bytes.set([message.reply ? 2 : 1, 1, 6, 0]);
  write32(bytes, 4, message.transaction);
  write16(bytes, 8, message.seconds);
  write16(bytes, 10, message.broadcast ? 0x8000 : 0);
  write32(bytes, 12, message.clientAddress);
  write32(bytes, 16, message.yourAddress);
  write32(bytes, 20, message.nextServer);
  write32(bytes, 24, message.relay);
  bytes.set(macBytes(message.mac), 28);
  bytes.set(encodeUtf8(message.serverName).subarray(0, 63), 44);
  bytes.set(encodeUtf8(message.bootFile).subarray(0, 127), 108);
  write32(bytes, FIXED, MAGIC);
  bytes.set(options, FIXED + 4);
  bytes[FIXED + 4 + options.length] = 255;
  return bytes;
}

/** The message's type; null for plain BOOTP or one that is not known. */
export function dhcpType(message: DhcpMessage): DhcpType | null {
  const number = message.options.get(DHCP_OPTION.messageType)?.[0];
  return number === undefined ? null : (DHCP_TYPES[number - 1] ?? null);
}

/** An option that is one address or number of 32 bits, or a list of them. */
export function optionNumbers(message: DhcpMessage, code: number): readonly number[] {
  const value = message.options.get(code);
  if (value === undefined || value.length % 4 !== 0) return [];
  return Array.from({ length: value.length / 4 }, (_, i) => read32(value, 4 * i));
}

export function optionText(message: DhcpMessage, code: number): string | null {
  const value = message.options.get(code);
  return value === undefined ? null : readText(value);
}

/** Addresses or numbers of 32 bits as an option's value. */
export function numbersValue(...numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length);
  for (const [index, number] of numbers.entries()) write32(bytes, 4 * index, number);
  return bytes;
}

export function typeValue(type: DhcpType): Uint8Array {
  return Uint8Array.of(DHCP_TYPES.indexOf(type) + 1);
}
