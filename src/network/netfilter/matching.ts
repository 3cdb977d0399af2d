/** Whether a packet is as a rule's match wants it. */
import { unreachable } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';
import { read16 } from '../packet/bytes.ts';
import { IPPROTO_ICMP, IPPROTO_TCP } from '../packet/ipv4.ts';
import type { NetworkNamespace } from '../stack/namespace.ts';
import type { Packet } from '../stack/packet.ts';
import type { ConnectionCounts } from './connectionCounts.ts';
import type { Tracked } from './conntrack/flow.ts';
import { hasPorts } from './conntrack/tuple.ts';
import type { Limits } from './limits.ts';
import type { Match, Range, Table } from './ruleset.ts';
import { nameFits, type SetField } from './sets.ts';

export interface Matching {
  readonly packet: Packet;
  readonly tracked: Tracked | null;
  readonly namespace: NetworkNamespace;
  readonly limits: Limits;
  readonly connections: ConnectionCounts;
  /** The one whose rules are asked. */
  readonly table: Table;
}

export function matches(match: Match, on: Matching): boolean {
  switch (match.kind) {
    case 'device': {
      const device = match.which === 'in' ? on.packet.input : on.packet.output;
      return match.names.some((name) => nameFits(name, device?.name ?? '')) !== match.negate;
    }
    case 'address':
      return within(addressOf(on.packet, match.which), match.ranges) !== match.negate;
    case 'protocol':
      return match.protocols.includes(on.packet.header.protocol) !== match.negate;
    case 'port':
      return portMatches(match, on.packet);
    case 'icmp':
      return icmpMatches(match, on.packet);
    case 'tcpFlags': {
      const { header, payload } = on.packet;
      if (header.protocol !== IPPROTO_TCP || header.fragmentOffset > 0 || payload.length < 20) return false;
      return ((payload[13]! & match.mask) === match.set) !== match.negate;
    }
    case 'ctState':
      return match.states.includes(on.tracked?.state ?? 'untracked') !== match.negate;
    case 'ctStatus': {
      const nat = on.tracked?.flow?.nat;
      const side = match.status === 'snat' ? nat?.source : nat?.destination;
      return (side === 'changed') !== match.negate;
    }
    case 'mark': {
      const mark = match.of === 'packet' ? on.packet.mark : (on.tracked?.flow?.mark ?? 0);
      return ((mark & match.mask) >>> 0 === match.value) !== match.negate;
    }
    case 'addressType':
      return typeMatches(match, on);
    case 'limit':
      return on.limits.within(match) !== match.over;
    case 'connections':
      return on.connections.holds(match, on.packet, on.tracked?.flow ?? null, on.namespace.context.queue.now);
    case 'text':
      return contains(on.packet, match) !== match.negate;
    case 'set': {
      const value = fieldOf(match.field, on);
      // A packet without the field is like no element, and unlike none.
      if (value === null) return false;
      return on.table.set(match.set).has(value, on.namespace.context.queue.now) !== match.negate;
    }
    case 'comment':
      return true;
    default:
      return unreachable(match);
  }
}

const lower = (byte: number) => (byte >= 65 && byte <= 90 ? byte + 32 : byte);

function contains({ bytes }: Packet, { text, from, to, ignoreCase }: Match & { kind: 'text' }): boolean {
  const wanted = Array.from(text, (each) => each.charCodeAt(0));
  const same = (a: number, b: number) => a === b || (ignoreCase && lower(a) === lower(b));
  const last = Math.min(to, bytes.length - wanted.length);
  for (let at = from; at <= last; at++)
    if (wanted.every((each, i) => same(each, bytes[at + i]!))) return true;
  return false;
}

/** Null: the packet has none. */
function fieldOf(field: SetField, { packet, tracked }: Matching): number | string | null {
  switch (field) {
    case 'source':
    case 'destination':
      return addressOf(packet, field);
    case 'sourcePort':
    case 'destinationPort':
      return portOf(packet, field === 'sourcePort' ? 'source' : 'destination');
    case 'protocol':
    case 'ipProtocol':
      return packet.header.protocol;
    case 'in':
      return packet.input?.name ?? '';
    case 'out':
      return packet.output?.name ?? '';
    case 'packetMark':
      return packet.mark;
    case 'flowMark':
      return tracked?.flow?.mark ?? 0;
    default:
      return unreachable(field);
  }
}

function within(value: number, ranges: readonly Range[]): boolean {
  return ranges.some(([low, high]) => value >= low && value <= high);
}

function addressOf(packet: Packet, which: 'source' | 'destination'): Ipv4 {
  return which === 'source' ? packet.header.source : packet.header.destination;
}

/** Null: it has none, or not in this fragment. */
function portOf({ header, payload }: Packet, which: 'source' | 'destination'): number | null {
  if (!hasPorts(header.protocol) || header.fragmentOffset > 0 || payload.length < 4) return null;
  return read16(payload, which === 'source' ? 0 : 2);
}

function portMatches(match: Match & { kind: 'port' }, packet: Packet): boolean {
  const port = portOf(packet, match.which);
  return port !== null && within(port, match.ranges) !== match.negate;
}

function icmpMatches(match: Match & { kind: 'icmp' }, packet: Packet): boolean {
  const { header, payload } = packet;
  if (header.protocol !== IPPROTO_ICMP || header.fragmentOffset > 0 || payload.length < 2) return false;
  const { types, code } = match;
  const fits = types === null || (types.includes(payload[0]!) && (code === null || code === payload[1]));
  return fits !== match.negate;
}

function typeMatches(match: Match & { kind: 'addressType' }, on: Matching): boolean {
  const { routing } = on.namespace;
  const address = addressOf(on.packet, match.which);
  const type = routing.isBroadcast(address) ? 'broadcast' : routing.lookup(address)?.type;
  return (type !== undefined && match.types.includes(type)) !== match.negate;
}
