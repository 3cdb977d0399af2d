/** The Internet Control Message Protocol (RFC 792). */
import { read16, write16 } from './bytes.ts';
import { checksum } from './checksum.ts';

/** Types. */
export const ICMP_ECHOREPLY = 0;
export const ICMP_DEST_UNREACH = 3;
export const ICMP_REDIRECT = 5;
export const ICMP_ECHO = 8;
export const ICMP_TIME_EXCEEDED = 11;
export const ICMP_PARAMETERPROB = 12;

/** Codes of "destination unreachable". */
export const ICMP_NET_UNREACH = 0;
export const ICMP_HOST_UNREACH = 1;
export const ICMP_PROT_UNREACH = 2;
export const ICMP_PORT_UNREACH = 3;
export const ICMP_FRAG_NEEDED = 4;
/** Communication administratively prohibited (RFC 1812). */
export const ICMP_PKT_FILTERED = 13;

/** Codes of "time exceeded". */
export const ICMP_EXC_TTL = 0;
export const ICMP_EXC_FRAGTIME = 1;

export interface IcmpMessage {
  readonly type: number;
  readonly code: number;
  /** The second word's halves: identifier and sequence number of an echo; unused and MTU of "fragmentation needed". */
  readonly id: number;
  readonly sequence: number;
  /** Behind the eight bytes of header: an echo's data, or the packet that an error is about. */
  readonly data: Uint8Array;
}

/** Null for what is too short or has a wrong checksum. */
export function parseIcmp(bytes: Uint8Array): IcmpMessage | null {
  if (bytes.length < 8 || checksum(bytes) !== 0) return null;
  return readIcmp(bytes);
}

/** As {@link parseIcmp}, with whatever checksum. */
export function readIcmp(bytes: Uint8Array): IcmpMessage {
  return {
    type: bytes[0]!,
    code: bytes[1]!,
    id: read16(bytes, 4),
    sequence: read16(bytes, 6),
    data: bytes.subarray(8),
  };
}

export function buildIcmp(message: IcmpMessage): Uint8Array {
  const bytes = new Uint8Array(8 + message.data.length);
  bytes[0] = message.type;
  bytes[1] = message.code;
  write16(bytes, 4, message.id);
  write16(bytes, 6, message.sequence);
  bytes.set(message.data, 8);
  write16(bytes, 2, checksum(bytes));
  return bytes;
}

/** Whether a message tells of an error of another packet, which it quotes. No error is ever answered by an error. */
export function isIcmpError(type: number): boolean {
  return (
    type === ICMP_DEST_UNREACH ||
    type === ICMP_TIME_EXCEEDED ||
    type === ICMP_PARAMETERPROB ||
    type === ICMP_REDIRECT ||
    type === 4
  );
}
