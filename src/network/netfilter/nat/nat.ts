/**
 * Network address translation as Linux's: the first packet of a flow asks the rules, once for its source and once for its destination;
 * what was settled then holds for all packets of the flow and, the other way round, for the answers.
 */
import type { NetworkContext } from '../../context.ts';
import { isIcmpError } from '../../packet/icmp.ts';
import { IPPROTO_ICMP } from '../../packet/ipv4.ts';
import type { Hook, Packet } from '../../stack/packet.ts';
import { type Flow, other, type Tracked, tupleFor } from '../conntrack/flow.ts';
import type { Conntrack } from '../conntrack/table.ts';
import { endText, inverse } from '../conntrack/tuple.ts';
import { type NatRange, settle } from './mapping.ts';
import { errorRewritten, rewritten, type Side } from './rewrite.ts';

const KEEP: NatRange = { addresses: null, ports: null };

/** Which side is translated where. */
export function sideAt(hook: Hook): Side | null {
  if (hook === 'prerouting' || hook === 'output') return 'destination';
  if (hook === 'input' || hook === 'postrouting') return 'source';
  return null;
}

export class Nat {
  readonly #context: NetworkContext;
  readonly #subject: string;
  readonly #table: Conntrack;

  constructor(context: NetworkContext, subject: string, table: Conntrack) {
    this.#context = context;
    this.#subject = subject;
    this.#table = table;
  }

  /** Whether the rules are to be asked about a packet. */
  isOpen(tracked: Tracked, side: Side): boolean {
    return (
      tracked.flow !== null &&
      tracked.state === 'new' &&
      !tracked.flow.confirmed &&
      tracked.flow.nat[side] === 'open'
    );
  }

  /** Settles one side of a new flow: as a rule says, or unchanged for null. False: there is no port left. */
  settle(flow: Flow, side: Side, range: NatRange | null, device: string): boolean {
    if (!settle(flow, side, range ?? KEEP, this.#table, this.#context.random)) {
      this.#context.trace?.emit('nat.exhausted', this.#subject, {
        side,
        flow: endText(flow.original.source, flow.original.sourcePort, flow.original.protocol),
      });
      return false;
    }
    if (flow.nat[side] === 'changed') this.#trace(flow, side, device);
    return true;
  }

  #trace(flow: Flow, side: Side, device: string): void {
    const { original, reply } = flow;
    const { protocol } = original;
    const [from, to] =
      side === 'source'
        ? [
            endText(original.source, original.sourcePort, protocol),
            endText(reply.destination, reply.destinationPort, protocol),
          ]
        : [
            endText(original.destination, original.destinationPort, protocol),
            endText(reply.source, reply.sourcePort, protocol),
          ];
    this.#context.trace?.emit('nat.rewrite', this.#subject, { side, protocol, from, to, device });
  }

  /** Writes into a packet what was settled for its flow. */
  apply(packet: Packet, tracked: Tracked, side: Side): void {
    const { flow, direction } = tracked;
    if (flow === null) return;
    const settled = direction === 'original' ? side : side === 'source' ? 'destination' : 'source';
    if (flow.nat[settled] !== 'changed') return;
    const back = tupleFor(flow, other(direction));
    const target = inverse(back);
    const { header, payload } = packet;
    if (tracked.state === 'related' && header.protocol === IPPROTO_ICMP && isIcmpError(payload[0] ?? 0))
      // The quoted packet went the other way: it is written as that direction's packets look here.
      packet.replace(errorRewritten(packet.bytes, target, back, side));
    else packet.replace(rewritten(packet.bytes, target, side));
  }
}
