/** A device as `ip link` and `ip address` show it. */
import type { LinkInfo } from '../../../../linux/net/netlink/requests.ts';
import type { Links } from '../links.ts';
import type { IpOptions } from './options.ts';

const LOOPBACK_BROADCAST = '00:00:00:00:00:00';
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

/** `-br`: name and state, padded, before MAC or addresses. */
export function briefHead(links: Links, link: LinkInfo): string {
  return `${links.label(link).padEnd(16)} ${link.operState.padEnd(14)} `;
}

export function briefLine(links: Links, link: LinkInfo): string {
  return `${briefHead(links, link)}${link.mac.padEnd(17)} ${links.flags(link)} `;
}

interface HeadOptions {
  /** Stands in `ip link` alone. */
  readonly mode: boolean;
  /** Of namespaces, by their numbers. */
  readonly names: ReadonlyMap<number, string>;
}

function namespaceText(id: number | null, names: ReadonlyMap<number, string>): string {
  if (id === null) return '';
  const name = names.get(id);
  return name === undefined ? ` link-netnsid ${id}` : ` link-netns ${name}`;
}

/** The first two lines. */
export function headLines(
  links: Links,
  link: LinkInfo,
  options: IpOptions,
  { mode, names }: HeadOptions,
): string[] {
  const master = link.master === 0 ? '' : `master ${links.name(link.master)} `;
  const first = `${link.index}: ${links.label(link)}: ${links.flags(link)} mtu ${link.mtu} qdisc ${link.qdisc} ${master}state ${link.operState} ${mode ? 'mode DEFAULT ' : ''}group default qlen ${link.queueLength}`;
  const loopback = link.kind === 'loopback';
  const elsewhere = namespaceText(link.linkNamespace, names);
  const details = options.details ? ` promiscuity ${link.promiscuity} minmtu 68 maxmtu 65535 ` : '';
  const second = `    link/${loopback ? 'loopback' : 'ether'} ${link.mac} brd ${loopback ? LOOPBACK_BROADCAST : BROADCAST}${elsewhere}${details}`;
  const alias = mode && link.alias !== '' ? [`    alias ${link.alias}`] : [];
  return [first, second, ...(options.details ? detailLines(link) : []), ...alias];
}

/** Of `-d`: what there is of a device's kind and of its place in a bridge. */
function detailLines(link: LinkInfo): string[] {
  const lines: string[] = [];
  const onOff = (on: boolean) => (on ? 'on' : 'off');
  const { bridge, port } = link;
  if (link.kind === 'veth') lines.push('    veth ');
  if (link.kind === 'dummy') lines.push('    dummy ');
  if (link.kind === 'tap') lines.push('    tun type tap pi off vnet_hdr off ');
  if (link.vlan !== null) lines.push(`    vlan protocol 802.1Q id ${link.vlan} <REORDER_HDR> `);
  if (bridge !== null)
    lines.push(
      `    bridge ageing_time ${Math.round(bridge.ageing / 1e7)} stp_state 0 vlan_filtering ${bridge.vlanFiltering ? 1 : 0} vlan_default_pvid ${bridge.defaultPvid} `,
    );
  if (port !== null)
    lines.push(
      `    bridge_slave state ${port.state} priority ${port.priority} cost ${port.cost} hairpin ${onOff(port.hairpin)} learning ${onOff(port.learning)} flood ${onOff(port.flood)} port_no 0x${port.number.toString(16)} mcast_flood ${onOff(port.multicastFlood)} bcast_flood ${onOff(port.broadcastFlood)} isolated ${onOff(port.isolated)} `,
    );
  return lines;
}

/** Numbers of `-s`, right-aligned below their names; the columns of both directions are as wide as their widest number. */
export function statisticsLines({ statistics: s }: LinkInfo): string[] {
  const rx = [s.rxBytes, s.rxPackets, s.rxErrors, s.rxDropped, 0, s.rxMulticast];
  const tx = [s.txBytes, s.txPackets, s.txErrors, s.txDropped, 0, 0];
  const widths = LEAST.map((least, i) => Math.max(least, `${rx[i]}`.length, `${tx[i]}`.length));
  const row = (values: readonly number[]) => `    ${cells(values, widths)} `;
  const title = (head: string, names: readonly string[]) =>
    `    ${head} ${cells(names, [widths[0]! - head.length - 1, ...widths.slice(1)])}           `;
  return [
    title('RX:', ['bytes', 'packets', 'errors', 'dropped', 'missed', 'mcast']),
    row(rx),
    title('TX:', ['bytes', 'packets', 'errors', 'dropped', 'carrier', 'collsns']),
    row(tx),
  ];
}

const LEAST = [10, 7, 6, 7, 7, 7];

const cells = (values: readonly (string | number)[], widths: readonly number[]): string =>
  values.map((value, i) => `${value}`.padStart(widths[i]!)).join(' ');
