/** How many connections of the same hosts have come to a rule and are open (net/netfilter/nf_conncount.c). */
import type { Nanos } from '../../base/index.ts';
import { networkOf } from '../address/ipv4.ts';
import type { Packet } from '../stack/packet.ts';
import type { Flow } from './conntrack/flow.ts';
import type { Match } from './ruleset.ts';

type Limit = Match & { readonly kind: 'connections' };

export class ConnectionCounts {
  readonly #seen = new WeakMap<Limit, Map<number, Flow[]>>();

  /** Counts a packet's connection; `flow` is null for one that belongs to none, which counts for itself alone. */
  holds(match: Limit, packet: Packet, flow: Flow | null, now: Nanos): boolean {
    const { source, destination } = packet.header;
    const key = networkOf(match.of === 'source' ? source : destination, match.length);
    const lists = this.#seen.get(match) ?? new Map<number, Flow[]>();
    this.#seen.set(match, lists);
    const open = (lists.get(key) ?? []).filter((each) => each !== flow && isOpen(each, now));
    if (flow !== null) open.push(flow);
    if (open.length > 0) lists.set(key, open);
    else lists.delete(key);
    const count = open.length + (flow === null ? 1 : 0);
    return count > match.limit === match.over;
  }
}

/** Whether a connection is known still, and of TCP not over; the table forgets late, so that the time is asked for here. */
const isOpen = ({ confirmed, expires, tcp }: Flow, now: Nanos) =>
  confirmed && expires > now && tcp?.isOver !== true;
