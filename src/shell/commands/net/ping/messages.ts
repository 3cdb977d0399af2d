/** What ping makes of what its socket gets: answers to its requests, and errors about them. */
import type { Received, ReceivedError } from '../../../../linux/index.ts';
import {
  ICMP_DEST_UNREACH,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_TIME_EXCEEDED,
  parseIcmp,
  parseIpv4Packet,
} from '../../../../network/index.ts';

const UNREACHABLE = new Map([
  [0, 'Destination Net Unreachable'],
  [1, 'Destination Host Unreachable'],
  [2, 'Destination Protocol Unreachable'],
  [3, 'Destination Port Unreachable'],
  [5, 'Source Route Failed'],
  [6, 'Destination Net Unknown'],
  [7, 'Destination Host Unknown'],
  [9, 'Destination Net Prohibited'],
  [10, 'Destination Host Prohibited'],
  [11, 'Destination Net Unreachable for Type of Service'],
  [12, 'Destination Host Unreachable for Type of Service'],
  [13, 'Packet filtered'],
  [14, 'Precedence Violation'],
  [15, 'Precedence Cutoff'],
]);

export type PingMessage =
  | {
      readonly kind: 'reply';
      readonly from: number;
      readonly sequence: number;
      readonly ttl: number;
      /** Of the ICMP message, in bytes. */
      readonly length: number;
    }
  | { readonly kind: 'error'; readonly from: number; readonly sequence: number; readonly text: string };

/** An answer by a socket that can only ping. */
export function readReply({ data, from, ttl }: Received): PingMessage | null {
  const message = parseIcmp(data);
  if (message?.type !== ICMP_ECHOREPLY || from.family !== 'inet') return null;
  return {
    kind: 'reply',
    from: from.address,
    sequence: message.sequence,
    ttl: ttl ?? 0,
    length: data.length,
  };
}

/** An error by the queue of such a socket. */
export function readQueued({ type, code, mtu, offender, data }: ReceivedError): PingMessage | null {
  const text = errorText(type, code, mtu);
  return text === null ? null : { kind: 'error', from: offender, sequence: (data[6]! << 8) | data[7]!, text };
}

/** A packet of a raw socket; null for what is not about requests with `id`. */
export function readMessage(packet: Uint8Array, id: number): PingMessage | null {
  const header = parseIpv4Packet(packet);
  if (header === null) return null;
  const payload = packet.subarray(header.headerLength, header.totalLength);
  const message = parseIcmp(payload);
  if (message === null) return null;
  const from = header.source;
  if (message.type === ICMP_ECHOREPLY)
    return message.id === id
      ? { kind: 'reply', from, sequence: message.sequence, ttl: header.ttl, length: payload.length }
      : null;
  const text = errorText(message.type, message.code, message.sequence);
  const sequence = quotedSequence(message.data, id);
  return text === null || sequence === null ? null : { kind: 'error', from, sequence, text };
}

function errorText(type: number, code: number, mtu: number): string | null {
  if (type === ICMP_TIME_EXCEEDED)
    return code === 0 ? 'Time to live exceeded' : 'Frag reassembly time exceeded';
  if (type !== ICMP_DEST_UNREACH) return null;
  if (code === 4) return `Frag needed and DF set (mtu = ${mtu})`;
  return UNREACHABLE.get(code) ?? `Dest Unreachable, Bad Code: ${code}`;
}

/** The number of the request that an error quotes; the quotation may end after the request's first eight bytes. */
function quotedSequence(quoted: Uint8Array, id: number): number | null {
  if (quoted.length < 28 || quoted[0]! >> 4 !== 4) return null;
  const at = (quoted[0]! & 15) * 4;
  if (quoted[9] !== 1 || quoted.length < at + 8 || quoted[at] !== ICMP_ECHO) return null;
  if (((quoted[at + 4]! << 8) | quoted[at + 5]!) !== id) return null;
  return (quoted[at + 6]! << 8) | quoted[at + 7]!;
}
