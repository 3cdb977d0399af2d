/** UDP datagrams in tcpdump(1)'s words. */
import { formatIpv4 } from '../address/ipv4.ts';
import { read16 } from '../packet/bytes.ts';
import type { Ipv4Header } from '../packet/ipv4.ts';

export function udpText(header: Ipv4Header, payload: Uint8Array): string {
  const source = formatIpv4(header.source);
  const destination = formatIpv4(header.destination);
  if (payload.length < 8) return `${source} > ${destination}: [|udp]`;
  const ends = `${source}.${read16(payload, 0)} > ${destination}.${read16(payload, 2)}: `;
  return `${ends}UDP, length ${Math.max(0, read16(payload, 4) - 8)}`;
}
