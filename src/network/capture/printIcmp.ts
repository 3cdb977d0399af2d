/** ICMP messages in tcpdump(1)'s words. */
import { formatIpv4 } from '../address/ipv4.ts';
import { read16 } from '../packet/bytes.ts';
import {
  ICMP_DEST_UNREACH,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_TIME_EXCEEDED,
  readIcmp,
} from '../packet/icmp.ts';
import { IPPROTO_TCP, IPPROTO_UDP, readIpv4Header } from '../packet/ipv4.ts';

export function icmpText(payload: Uint8Array): string {
  if (payload.length < 8) return '[|icmp]';
  const { type, code, id, sequence, data } = readIcmp(payload);
  return `ICMP ${messageText(type, code, id, sequence, data)}, length ${payload.length}`;
}

function messageText(type: number, code: number, id: number, sequence: number, data: Uint8Array): string {
  if (type === ICMP_ECHO) return `echo request, id ${id}, seq ${sequence}`;
  if (type === ICMP_ECHOREPLY) return `echo reply, id ${id}, seq ${sequence}`;
  if (type === ICMP_TIME_EXCEEDED)
    return code === 0 ? 'time exceeded in-transit' : 'ip reassembly time exceeded';
  if (type === ICMP_DEST_UNREACH && data.length >= 20) return unreachableText(code, sequence, data);
  return `type-#${type}`;
}

function unreachableText(code: number, mtu: number, quoted: Uint8Array): string {
  const header = readIpv4Header(quoted);
  const destination = formatIpv4(header.destination);
  if (code === 0) return `net ${destination} unreachable`;
  if (code === 1) return `host ${destination} unreachable`;
  if (code === 2) return `${destination} protocol ${header.protocol} unreachable`;
  if (code === 3) {
    const name =
      header.protocol === IPPROTO_TCP
        ? 'tcp'
        : header.protocol === IPPROTO_UDP
          ? 'udp'
          : `protocol ${header.protocol}`;
    const port = read16(quoted, header.headerLength + 2);
    return `${destination} ${name} port ${port} unreachable`;
  }
  if (code === 4) return `${destination} unreachable - need to frag${mtu > 0 ? ` (mtu ${mtu})` : ''}`;
  if (code === 10) return `host ${destination} unreachable - admin prohibited`;
  if (code === 13) return `host ${destination} unreachable - admin prohibited filter`;
  return `${destination} unreachable - #${code}`;
}
