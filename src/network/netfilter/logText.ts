/** A packet as the LOG target and nft's `log` tell the kernel's log of it: Linux' net/netfilter/nf_log_syslog.c. Without MAC=, since the packet has left its frame. */
import { formatIpv4 } from '../address/ipv4.ts';
import { read16 } from '../packet/bytes.ts';
import { isIcmpError } from '../packet/icmp.ts';
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, readIpv4Header } from '../packet/ipv4.ts';
import type { Packet } from '../stack/packet.ts';

const hex = (value: number) => `0x${value.toString(16).toUpperCase().padStart(2, '0')}`;

/** In the order in which they are named. */
const TCP_FLAGS = [
  [0x80, 'CWR'],
  [0x40, 'ECE'],
  [0x20, 'URG'],
  [0x10, 'ACK'],
  [0x08, 'PSH'],
  [0x04, 'RST'],
  [0x02, 'SYN'],
  [0x01, 'FIN'],
] as const;

function tcpText(bytes: Uint8Array): string {
  const set = TCP_FLAGS.filter(([bit]) => (bytes[13]! & bit) !== 0).map(([, name]) => `${name} `);
  const reserved = hex(bytes[12]! & 0x0f);
  return `WINDOW=${read16(bytes, 14)} RES=${reserved} ${set.join('')}URGP=${read16(bytes, 18)} `;
}

function icmpText(bytes: Uint8Array): string {
  const [type = 0, code = 0] = bytes;
  const head = `TYPE=${type} CODE=${code} `;
  if (type === 0 || type === 8) return `${head}ID=${read16(bytes, 4)} SEQ=${read16(bytes, 6)} `;
  return isIcmpError(type) && bytes.length >= 36 ? `${head}[${datagramText(bytes.subarray(8))}] ` : head;
}

function transportText(protocol: number, bytes: Uint8Array): string {
  const ports = () => `SPT=${read16(bytes, 0)} DPT=${read16(bytes, 2)} `;
  switch (protocol) {
    case IPPROTO_TCP:
      return `PROTO=TCP ${bytes.length < 20 ? `INCOMPLETE [${bytes.length} bytes] ` : ports() + tcpText(bytes)}`;
    case IPPROTO_UDP:
      return `PROTO=UDP ${bytes.length < 8 ? `INCOMPLETE [${bytes.length} bytes] ` : `${ports()}LEN=${read16(bytes, 4)} `}`;
    case IPPROTO_ICMP:
      return `PROTO=ICMP ${bytes.length < 8 ? `INCOMPLETE [${bytes.length} bytes] ` : icmpText(bytes)}`;
    default:
      return `PROTO=${protocol} `;
  }
}

function datagramText(bytes: Uint8Array): string {
  const header = readIpv4Header(bytes);
  const { source, destination, totalLength, tos, ttl, id, protocol } = header;
  return [
    `SRC=${formatIpv4(source)} DST=${formatIpv4(destination)} LEN=${totalLength} TOS=${hex(tos & 0x1e)} `,
    `PREC=${hex(tos & 0xe0)} TTL=${ttl} ID=${id} `,
    header.dontFragment ? 'DF ' : '',
    header.moreFragments ? 'MF ' : '',
    header.fragmentOffset > 0 ? `FRAG:${header.fragmentOffset / 8} ` : '',
    header.fragmentOffset > 0
      ? `PROTO=${protocol} `
      : transportText(protocol, bytes.subarray(header.headerLength)),
  ].join('');
}

export function logText(packet: Packet, prefix: string): string {
  const devices = `IN=${packet.input?.name ?? ''} OUT=${packet.output?.name ?? ''} `;
  const mark = packet.mark === 0 ? '' : `MARK=0x${packet.mark.toString(16)} `;
  return prefix + devices + datagramText(packet.bytes) + mark;
}
