/** UDP datagrams in tcpdump(1)'s words. */
import { formatIpv4 } from '../address/ipv4.ts';
import { read16 } from '../packet/bytes.ts';
import type { Ipv4Header } from '../packet/ipv4.ts';
import { dhcpText } from './printDhcp.ts';
import { dnsText } from './printDns.ts';

/** By port: what is inside of a datagram. */
const CONTENTS: Readonly<Record<number, (data: Uint8Array, verbose: boolean) => string>> = {
  53: dnsText,
  67: dhcpText,
  68: dhcpText,
};

export function udpText(header: Ipv4Header, payload: Uint8Array, verbose: boolean, quiet: boolean): string {
  const source = formatIpv4(header.source);
  const destination = formatIpv4(header.destination);
  if (payload.length < 8) return `${source} > ${destination}:  [|udp]`;
  const ports = [read16(payload, 0), read16(payload, 2)];
  const ends = `${source}.${ports[0]} > ${destination}.${ports[1]}: `;
  const length = read16(payload, 4);
  if (length < 8) return `${ends}truncated-udplength ${length}`;
  const contents = CONTENTS[ports[0]!] ?? CONTENTS[ports[1]!];
  // A datagram that is not all there is not looked into.
  if (!quiet && contents !== undefined && payload.length >= length)
    return ends + contents(payload.subarray(8, length), verbose);
  return `${ends}UDP, length ${length - 8}`;
}
