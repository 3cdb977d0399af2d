/** ICMP messages in tcpdump(1)'s words. */
import { formatIpv4 } from '../address/ipv4.ts';
import { read16, read32 } from '../packet/bytes.ts';
import { ICMP_DEST_UNREACH, ICMP_REDIRECT, type IcmpMessage, isIcmpError, readIcmp } from '../packet/icmp.ts';
import { IPPROTO_TCP, IPPROTO_UDP, type Ipv4Header, readIpv4Header } from '../packet/ipv4.ts';

/** `quoted` prints the packet that an error is about, on lines of its own. */
export function icmpText(
  header: Ipv4Header,
  payload: Uint8Array,
  quoted: { text(bytes: Uint8Array): string } | null,
): string {
  if (payload.length < 8) return ' [|icmp]';
  const message = readIcmp(payload);
  const length = header.totalLength - header.headerLength;
  const line = `ICMP ${messageText(message, payload)}, length ${length}`;
  if (quoted === null || !isIcmpError(message.type)) return line;
  return `${line}\n\tIP ${quoted.text(message.data)}`;
}

function messageText(message: IcmpMessage, payload: Uint8Array): string {
  const { type, code, id, sequence, data } = message;
  switch (type) {
    case 0:
      return `echo reply, id ${id}, seq ${sequence}`;
    case 3:
      return data.length >= 20 ? unreachableText(code, sequence, data) : `type-#${ICMP_DEST_UNREACH}`;
    case 4:
      return 'source quench';
    case ICMP_REDIRECT:
      return data.length >= 20 ? redirectText(code, read32(payload, 4), data) : `type-#${type}`;
    case 8:
      return `echo request, id ${id}, seq ${sequence}`;
    case 11:
      if (code === 0) return 'time exceeded in-transit';
      return code === 1 ? 'ip reassembly time exceeded' : `time exceeded-#${code}`;
    case 12:
      return code === 0 ? `parameter problem - octet ${payload[4]}` : `parameter problem - code ${code}`;
    case 13:
      return `time stamp query id ${id} seq ${sequence}`;
    default:
      return `type-#${type}`;
  }
}

function unreachableText(code: number, mtu: number, quoted: Uint8Array): string {
  const header = readIpv4Header(quoted);
  const to = formatIpv4(header.destination);
  const { protocol } = header;
  switch (code) {
    case 0:
      return `net ${to} unreachable`;
    case 1:
      return `host ${to} unreachable`;
    case 2:
      return `${to} protocol ${protocol} unreachable`;
    case 3: {
      const port = quoted.length >= header.headerLength + 4 ? read16(quoted, header.headerLength + 2) : 0;
      if (protocol === IPPROTO_TCP) return `${to} tcp port ${port} unreachable`;
      if (protocol === IPPROTO_UDP) return `${to} udp port ${port} unreachable`;
      return `${to} protocol ${protocol} port ${port} unreachable`;
    }
    case 4:
      return `${to} unreachable - need to frag${mtu > 0 ? ` (mtu ${mtu})` : ''}`;
    case 5:
      return `${to} unreachable - source route failed`;
    case 6:
      return `net ${to} unreachable - unknown`;
    case 9:
      return `net ${to} unreachable - admin prohibited`;
    case 10:
      return `host ${to} unreachable - admin prohibited`;
    case 13:
      return `host ${to} unreachable - admin prohibited filter`;
    default:
      return `${to} unreachable - #${code}`;
  }
}

function redirectText(code: number, gateway: number, quoted: Uint8Array): string {
  const to = formatIpv4(readIpv4Header(quoted).destination);
  const kinds = ['to net', 'to host', 'to tos&net', 'to tos&host'];
  return kinds[code] === undefined
    ? `redirect-#${code} ${to} to net ${formatIpv4(gateway)}`
    : `redirect ${to} ${kinds[code]} ${formatIpv4(gateway)}`;
}
