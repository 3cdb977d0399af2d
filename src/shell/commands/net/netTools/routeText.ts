/** The table of routes in the three layouts of net-tools 2.10 (`rprint_fib` of lib/inet_gr.c). */
import type { Sys } from '../../../../linux/index.ts';
import { nameOf } from '../../../../linux/net/names.ts';
import { type RouteInfo, rtnetlink } from '../../../../linux/net/netlink/requests.ts';
import { formatIpv4, netmask } from '../../../../network/index.ts';
import { type Links, readLinks } from '../links.ts';

/** `usual` is route's, `windows` netstat's, `both` has the columns of both. */
export type RouteLayout = 'usual' | 'windows' | 'both';

const TITLES: Readonly<Record<RouteLayout, string>> = {
  usual: 'Destination     Gateway         Genmask         Flags Metric Ref    Use Iface',
  windows: 'Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface',
  both: 'Destination     Gateway         Genmask         Flags Metric Ref    Use Iface    MSS   Window irtt',
};

/** What a cell is for a route that leads nowhere. */
const NONE = '-';

function columns(layout: RouteLayout, { metric }: RouteInfo, device: string, nowhere: boolean): string {
  const zero = nowhere ? NONE : '0';
  const used = `${`${metric}`.padEnd(6)} ${zero.padEnd(1)} ${'0'.padStart(8)} `;
  if (layout === 'windows') return `${zero.padStart(5)} ${zero.padEnd(5)}  ${zero.padStart(5)} ${device}`;
  if (layout === 'usual') return `${used}${device}`;
  return `${used}${device.padEnd(8)} ${zero.padEnd(5)} ${zero.padEnd(6)} ${zero}`;
}

function* hostText(address: number, numeric: boolean): Sys<string> {
  const name = numeric || address === 0 ? null : yield* nameOf(address);
  return (name ?? formatIpv4(address)).slice(0, 15);
}

function* lineOf(route: RouteInfo, links: Links, layout: RouteLayout, numeric: boolean): Sys<string> {
  const { type, destination, length, gateway } = route;
  const nowhere = type === 'unreachable' || type === 'prohibit';
  const host = length === 32;
  const flags = `${nowhere ? '!' : gateway === null ? 'U' : 'UG'}${host ? 'H' : ''}`;
  const to = destination === 0 && !numeric ? 'default' : yield* hostText(destination, numeric || !host);
  const by = nowhere ? NONE : yield* hostText(gateway ?? 0, numeric);
  // A black hole is shown as any other route, out of no device.
  const device = nowhere ? NONE : route.device === 0 ? '*' : links.name(route.device);
  const head = `${to.padEnd(15)} ${by.padEnd(15)} ${formatIpv4(netmask(length)).padEnd(15)} ${flags.padEnd(5)} `;
  return `${head}${columns(layout, route, device, nowhere)}\n`;
}

/** The main table with its titles; names instead of addresses unless `numeric`. */
export function* routesText(layout: RouteLayout, numeric: boolean): Sys<string> {
  const links = yield* readLinks();
  let text = `Kernel IP routing table\n${TITLES[layout]}\n`;
  for (const route of yield* rtnetlink('RTM_GETROUTE', { table: 'main' }))
    text += yield* lineOf(route, links, layout, numeric);
  return text;
}
