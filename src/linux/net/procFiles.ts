/** /proc/net of a namespace: proc_pid_net(5), and the lines that Linux' net/core/net-procfs.c, net/ipv4/fib_trie.c and arp.c print. */
import { formatIpv4, Netfilter, netmask, type Tuple } from '../../network/index.ts';
import { type ComputedNode, directoryOf } from '../fs/index.ts';
import type { Task } from '../tasks/task.ts';
import { hex, littleEndian } from './hexNumbers.ts';
import { readFlows } from './netlink/flows.ts';
import { statisticsText } from './procSocketCounts.ts';
import { packetText, pingText, rawText, tcpText, udpText } from './procSockets.ts';
import { unixText } from './procUnix.ts';
import type { HostNamespace } from './socketFile.ts';

const DEVICES_HEAD =
  'Inter-|   Receive                                                |  Transmit\n' +
  ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n';

/** Columns that are right-justified to `widths`. */
const columns = (values: readonly number[], widths: readonly number[]) =>
  values.map((value, i) => `${value}`.padStart(widths[i]!)).join(' ');

function devicesText({ network }: HostNamespace): string {
  const lines = network.devices.map(({ name, statistics: s }) => {
    const received = [s.rxBytes, s.rxPackets, s.rxErrors, s.rxDropped, 0, 0, 0, s.rxMulticast];
    const sent = [s.txBytes, s.txPackets, s.txErrors, s.txDropped, 0, 0, 0, 0];
    return `${name.padStart(6)}: ${columns(received, [7, 7, 4, 4, 4, 5, 10, 9])} ${columns(sent, [8, 7, 4, 4, 4, 5, 7, 10])}\n`;
  });
  return DEVICES_HEAD + lines.join('');
}

/** RTF_UP, RTF_GATEWAY, RTF_HOST, RTF_REJECT of route(7). */
const [UP, GATEWAY, HOST, REJECT] = [1, 2, 4, 0x200] as const;
/** Every line of the table is so long. */
const ROUTE_LINE = 127;

function routesText({ network }: HostNamespace): string {
  const head = [
    ...['Iface', 'Destination', 'Gateway ', 'Flags', 'RefCnt', 'Use', 'Metric', 'Mask', '', 'MTU'],
    ...['Window', 'IRTT'],
  ];
  const lines = network.routing.main.all.map(({ type, device, destination, length, gateway, metric }) => {
    const flags =
      UP |
      (gateway === null ? 0 : GATEWAY) |
      (length === 32 ? HOST : 0) |
      (type === 'unreachable' || type === 'prohibit' ? REJECT : 0);
    const [to, by, mask] = [destination, gateway ?? 0, netmask(length)].map(littleEndian);
    return [device?.name ?? '*', to, by, hex(flags, 4), 0, 0, metric, mask, 0, 0, 0];
  });
  return [head, ...lines].map((line) => `${line.join('\t').padEnd(ROUTE_LINE)}\n`).join('');
}

/** ATF_COM, and with ATF_PERM for what does not age: arp(7). */
const [COMPLETE, PERMANENT] = [2, 6] as const;

function neighboursText({ network }: HostNamespace): string {
  const head = 'IP address       HW type     Flags       HW address            Mask     Device\n';
  const lines = network.neighbours.all.map(({ address: ip, mac, state, device }) => {
    const flags = mac === null ? 0 : state === 'PERMANENT' ? PERMANENT : COMPLETE;
    const hardware = `0x1         0x${flags.toString(16).padEnd(10)}${mac ?? '00:00:00:00:00:00'}`;
    return `${formatIpv4(ip).padEnd(16)} ${hardware}     *        ${device.name}\n`;
  });
  return head + lines.join('');
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp' };

function tupleText({ source, destination, protocol, sourcePort, destinationPort }: Tuple): string {
  const addresses = `src=${formatIpv4(source)} dst=${formatIpv4(destination)} `;
  if (protocol === 1)
    return `${addresses}type=${destinationPort >> 8} code=${destinationPort & 255} id=${sourcePort} `;
  return PROTOCOLS[protocol] === undefined
    ? addresses
    : `${addresses}sport=${sourcePort} dport=${destinationPort} `;
}

/** As Linux' nf_conntrack_standalone.c has it. */
function flowsText({ network }: HostNamespace): string {
  return readFlows(network)
    .map(({ original, reply, state, timeout, seenReply, assured, mark }) => {
      const name = PROTOCOLS[original.protocol] ?? 'unknown';
      return [
        `ipv4     2 ${name.padEnd(8)} ${original.protocol} ${timeout} ${state === null ? '' : `${state} `}`,
        `${tupleText(original)}${seenReply ? '' : '[UNREPLIED] '}`,
        `${tupleText(reply)}${assured ? '[ASSURED] ' : ''}mark=${mark} zone=0 use=2\n`,
      ].join('');
    })
    .join('');
}

/** `reader` is who looks, when it looks. */
export function procFiles(space: HostNamespace, reader: () => Task): ComputedNode {
  const file = (text: () => string) => ({ kind: 'file', text }) as const;
  return directoryOf({
    arp: file(() => neighboursText(space)),
    dev: file(() => devicesText(space)),
    icmp: file(() => pingText(space, reader())),
    ...(space.network.filter instanceof Netfilter && {
      nf_conntrack: { kind: 'file', mode: 0o440, text: () => flowsText(space) } as const,
    }),
    packet: file(() => packetText(space, reader())),
    raw: file(() => rawText(space, reader())),
    route: file(() => routesText(space)),
    sockstat: file(() => statisticsText(space, reader())),
    tcp: file(() => tcpText(space, reader())),
    udp: file(() => udpText(space, reader())),
    unix: file(() => unixText(space, reader())),
  });
}
