/** Finding the tuple that a translated flow gets: an address of the range, and a port that no other flow has (RFC 4787, 4). */
import type { Random } from '../../../base/index.ts';
import type { Ipv4 } from '../../address/ipv4.ts';
import { IPPROTO_ICMP } from '../../packet/ipv4.ts';
import type { Flow } from '../conntrack/flow.ts';
import type { Conntrack } from '../conntrack/table.ts';
import { hasPorts, inverse, type Tuple } from '../conntrack/tuple.ts';
import type { Side } from './rewrite.ts';

/** Where a side may be translated to. */
export interface NatRange {
  /** First and last address; null keeps the address. */
  readonly addresses: readonly [Ipv4, Ipv4] | null;
  /** First and last port; null keeps the port where it can. */
  readonly ports: readonly [number, number] | null;
}

/** Settles one side of a new flow; false when all ports of the range are taken. */
export function settle(flow: Flow, side: Side, range: NatRange, table: Conntrack, random: Random): boolean {
  const current = inverse(flow.reply);
  const wanted = find(flow, current, side, range, table, random);
  if (wanted === null) return false;
  const changed = !sameTuple(wanted, current);
  if (changed) flow.reply = inverse(wanted);
  flow.nat[side] = changed ? 'changed' : 'same';
  return true;
}

function find(
  flow: Flow,
  current: Tuple,
  side: Side,
  range: NatRange,
  table: Conntrack,
  random: Random,
): Tuple | null {
  const address = side === 'source' ? current.source : current.destination;
  const [low, high] = range.addresses ?? [address, address];
  // The same client gets the same address each time.
  const spread = side === 'source' ? current.source : (current.source ^ current.destination) >>> 0;
  const chosen = address >= low && address <= high ? address : low + (spread % (high - low + 1));
  const moved = withAddress(current, side, chosen);
  const port = portOf(moved, side);
  const given = range.ports;
  const fits = given === null || (port >= given[0] && port <= given[1]);
  if (fits && isFree(moved, flow, table)) return moved;
  if (!hasPorts(moved.protocol) && moved.protocol !== IPPROTO_ICMP) return null;
  // A destination keeps its port unless the rule names others.
  if (side === 'destination' && given === null) return moved;
  const [first, last] = given ?? usualPorts(port, moved.protocol);
  const count = last - first + 1;
  const start = side === 'destination' ? 0 : random.below(count);
  for (let i = 0; i < count; i++) {
    const candidate = withPort(moved, side, first + ((start + i) % count));
    if (isFree(candidate, flow, table)) return candidate;
  }
  return null;
}

/** Ports stay in their class: those that only root may bind, and the rest. */
function usualPorts(port: number, protocol: number): readonly [number, number] {
  if (protocol === IPPROTO_ICMP) return [0, 65_535];
  if (port < 512) return [1, 511];
  if (port < 1024) return [600, 1023];
  return [1024, 65_535];
}

/** No other flow's answers would look like this one's. */
function isFree(tuple: Tuple, flow: Flow, table: Conntrack): boolean {
  const found = table.find(inverse(tuple));
  if (found === null || found.flow === flow) return true;
  table.statistics.found++;
  return false;
}

function portOf(tuple: Tuple, side: Side): number {
  return side === 'source' || tuple.protocol === IPPROTO_ICMP ? tuple.sourcePort : tuple.destinationPort;
}

function withAddress(tuple: Tuple, side: Side, address: Ipv4): Tuple {
  return side === 'source' ? { ...tuple, source: address } : { ...tuple, destination: address };
}

function withPort(tuple: Tuple, side: Side, port: number): Tuple {
  const identifier = side === 'source' || tuple.protocol === IPPROTO_ICMP;
  return identifier ? { ...tuple, sourcePort: port } : { ...tuple, destinationPort: port };
}

function sameTuple(a: Tuple, b: Tuple): boolean {
  return (
    a.source === b.source &&
    a.destination === b.destination &&
    a.sourcePort === b.sourcePort &&
    a.destinationPort === b.destinationPort
  );
}
