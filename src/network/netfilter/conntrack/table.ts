/** Connection tracking: which flow a packet belongs to, and in which state (nf_conntrack, conntrack(8)). */
import { type Nanos, SECOND } from '../../../base/index.ts';
import type { NetworkContext } from '../../context.ts';
import { Listeners } from '../../listeners.ts';
import { checksum, transportChecksum } from '../../packet/checksum.ts';
import { ICMP_REDIRECT, isIcmpError } from '../../packet/icmp.ts';
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, readIpv4Header } from '../../packet/ipv4.ts';
import { RST } from '../../packet/tcp.ts';
import type { Packet } from '../../stack/packet.ts';
import type { FlowEvent } from './events.ts';
import type { Direction, Flow, Tracked } from './flow.ts';
import { TcpFlow } from './tcpFlow.ts';
import { beginsFlow, inverse, type Tuple, tupleKey, tupleOf } from './tuple.ts';

/** nf_conntrack_udp_timeout, …_udp_timeout_stream, …_icmp_timeout, …_generic_timeout. */
const UDP_TIMEOUT = 30 * SECOND;
const UDP_STREAM_TIMEOUT = 120 * SECOND;
const ICMP_TIMEOUT = 30 * SECOND;
const GENERIC_TIMEOUT = 600 * SECOND;
/** A UDP flow with answers that lasts longer than this is a stream. */
const UDP_STREAM_AGE = 2 * SECOND;

const INVALID: Tracked = { flow: null, direction: 'original', state: 'invalid' };

export interface ConntrackStatistics {
  /** Tuples that translation found taken. */
  found: number;
  /** Packets that belong to no flow. */
  invalid: number;
  /** New flows whose tuple another one had taken before they were confirmed; their packets are dropped. */
  insertFailed: number;
  /** Flows that were forgotten to make room. */
  earlyDrop: number;
}

interface Found {
  readonly flow: Flow;
  readonly direction: Direction;
}

export class Conntrack {
  readonly #context: NetworkContext;
  readonly #subject: string;
  /** Each flow by both of its tuples. */
  readonly #flows = new Map<string, Found>();
  #count = 0;
  /** Packets that were dropped since the table was full. */
  drops = 0;
  readonly events: Listeners<FlowEvent>;
  /** Numbers of nf_conntrack's statistics besides. */
  readonly statistics: ConntrackStatistics = { found: 0, invalid: 0, insertFailed: 0, earlyDrop: 0 };

  readonly #warn: () => void;
  /** When it was said last that the table is full: ten times in five seconds at most, as net_ratelimit() has it. */
  #warned: Nanos[] = [];

  /** `warn` is told when packets are dropped since the table is full. */
  constructor(context: NetworkContext, subject: string, warn: () => void) {
    this.#context = context;
    this.#subject = subject;
    this.#warn = warn;
    this.events = new Listeners(context.queue, () => this.#purge());
  }

  /** nf_conntrack_max, one for all namespaces of a host. */
  get max(): number {
    return this.#context.conntrackMax ?? 262_144;
  }

  set max(flows: number) {
    this.#context.conntrackMax = flows;
  }

  #full(now: Nanos): void {
    this.drops++;
    this.#context.trace?.emit('ct.full', this.#subject, { max: this.max });
    this.#warned = this.#warned.filter((at) => now - at < 5 * SECOND);
    if (this.#warned.length >= 10) return;
    this.#warned.push(now);
    this.#warn();
  }

  /** Flows that are not forgotten, oldest first. */
  get flows(): readonly Flow[] {
    this.#purge();
    return [...this.#flows.values()]
      .filter((found) => found.direction === 'original')
      .map((found) => found.flow);
  }

  get count(): number {
    this.#purge();
    return this.#count;
  }

  /** Says what a packet belongs to; null: it is dropped, since the table is full. A new flow counts once it is confirmed. */
  track(packet: Packet): Tracked | null {
    const { header, payload } = packet;
    if (header.protocol === IPPROTO_ICMP && isIcmpError(payload[0] ?? 0)) return this.#related(payload);
    const tracked = this.#classify(packet);
    if (tracked === INVALID) this.statistics.invalid++;
    return tracked;
  }

  #classify(packet: Packet): Tracked | null {
    const { header, payload } = packet;
    const tuple = tupleOf(header, payload);
    if (tuple === null || !isIntact(packet)) return INVALID;
    let found = this.find(tuple);
    if (found !== null && this.#begins(found, payload)) {
      this.delete(found.flow);
      found = null;
    }
    if (found === null) return beginsFlow(tuple) ? this.#begin(tuple, packet) : INVALID;
    return this.#advance(found.flow, found.direction, packet) ? this.#tracked(found) : INVALID;
  }

  /** A SYN for a connection that is over is a connection of its own. */
  #begins(found: Found, payload: Uint8Array): boolean {
    return found.flow.tcp?.isOver === true && payload.length >= 14 && (payload[13]! & 0x12) === 0x02;
  }

  #tracked(found: Found): Tracked {
    const { flow, direction } = found;
    if (direction === 'reply') {
      flow.changed ||= !flow.seenReply;
      flow.seenReply = true;
      return { flow, direction, state: 'established' };
    }
    return { flow, direction, state: flow.seenReply ? 'established' : 'new' };
  }

  /** An ICMP error belongs to the flow of the packet that it quotes. */
  #related(payload: Uint8Array): Tracked {
    const quoted = payload.subarray(8);
    if (quoted.length < 28 || quoted[0]! >> 4 !== 4 || payload[0] === ICMP_REDIRECT) return INVALID;
    if (checksum(payload) !== 0) return INVALID;
    const header = readIpv4Header(quoted);
    if (header.headerLength < 20 || quoted.length < header.headerLength + 8) return INVALID;
    const inner = tupleOf(header, quoted.subarray(header.headerLength));
    const found = inner === null ? null : this.find(inverse(inner));
    if (found === null) return INVALID;
    return { flow: found.flow, direction: found.direction, state: 'related' };
  }

  #begin(tuple: Tuple, packet: Packet): Tracked | null {
    const now = this.#context.queue.now;
    if (this.#count >= this.max) this.#purge();
    if (this.#count >= this.max && !this.#evict()) {
      this.#full(now);
      return null;
    }
    const flow: Flow = {
      original: tuple,
      reply: inverse(tuple),
      tcp: tuple.protocol === IPPROTO_TCP ? new TcpFlow() : null,
      seenReply: false,
      assured: false,
      confirmed: false,
      killed: false,
      changed: false,
      expires: 0,
      begun: now,
      mark: 0,
      counters: { original: { packets: 0, bytes: 0 }, reply: { packets: 0, bytes: 0 } },
      nat: { source: 'open', destination: 'open' },
      masqueradedBy: null,
    };
    if (!this.#advance(flow, 'original', packet)) return INVALID;
    return { flow, direction: 'original', state: 'new' };
  }

  /** Counts a packet and moves the flow's state and end; false: it does not belong to the flow. */
  #advance(flow: Flow, direction: Direction, packet: Packet): boolean {
    const now = this.#context.queue.now;
    const { header, payload } = packet;
    if (flow.tcp !== null) {
      const before = flow.tcp.state;
      if (payload.length < 20 || !flow.tcp.advance(payload[13]!, direction)) return false;
      flow.changed ||= flow.tcp.state !== before;
      if (flow.tcp.state === 'ESTABLISHED' && flow.seenReply) flow.assured = true;
      // A connection that was refused, not one that broke: nf_conntrack_tcp_packet() kills it at once.
      flow.killed = (payload[13]! & RST) !== 0 && !flow.seenReply;
      if (flow.killed) this.delete(flow);
      flow.expires = now + flow.tcp.timeout;
    } else if (header.protocol === IPPROTO_UDP) {
      const stream = (flow.seenReply || direction === 'reply') && now - flow.begun > UDP_STREAM_AGE;
      flow.changed ||= stream && !flow.assured;
      if (stream) flow.assured = true;
      flow.expires = now + (stream ? UDP_STREAM_TIMEOUT : UDP_TIMEOUT);
    } else flow.expires = now + (header.protocol === IPPROTO_ICMP ? ICMP_TIMEOUT : GENERIC_TIMEOUT);
    const counters = flow.counters[direction];
    counters.packets++;
    counters.bytes += header.totalLength;
    return true;
  }

  /** The flow that packets with this tuple belong to. */
  find(tuple: Tuple): Found | null {
    const key = tupleKey(tuple);
    const found = this.#flows.get(key);
    if (found === undefined) return null;
    if (found.flow.expires > this.#context.queue.now) return found;
    this.delete(found.flow);
    return null;
  }

  /** A new flow's first packet has passed all rules; false when another flow has taken one of its tuples. */
  confirm(flow: Flow): boolean {
    if (flow.confirmed || flow.killed) return true;
    if (this.find(flow.original) !== null || this.find(flow.reply) !== null) {
      this.statistics.insertFailed++;
      return false;
    }
    flow.confirmed = true;
    flow.changed = false;
    this.#flows.set(tupleKey(flow.original), { flow, direction: 'original' });
    this.#flows.set(tupleKey(flow.reply), { flow, direction: 'reply' });
    this.#count++;
    this.events.tell({ kind: 'new', flow, by: null });
    return true;
  }

  /** A packet of a known flow has passed all rules: what it has changed is told now. */
  passed(flow: Flow): void {
    if (!flow.changed) return;
    flow.changed = false;
    this.events.tell({ kind: 'update', flow, by: null });
  }

  /** Forgets a flow; `by` is the process that wants it. */
  delete(flow: Flow, by: number | null = null): void {
    if (!flow.confirmed) return;
    flow.confirmed = false;
    this.#flows.delete(tupleKey(flow.original));
    this.#flows.delete(tupleKey(flow.reply));
    this.#count--;
    this.events.tell({ kind: 'destroy', flow, by });
  }

  deleteWhere(which: (flow: Flow) => boolean, by: number | null = null): void {
    for (const flow of this.flows) if (which(flow)) this.delete(flow, by);
  }

  /** Forgets what is over. */
  #purge(): void {
    const { now } = this.#context.queue;
    for (const { flow, direction } of this.#flows.values())
      if (direction === 'original' && flow.expires <= now) this.delete(flow);
  }

  /** Makes room by forgetting the oldest flow that is not assured; false when there is none. */
  #evict(): boolean {
    for (const { flow } of this.#flows.values())
      if (!flow.assured) {
        this.statistics.earlyDrop++;
        this.delete(flow);
        return true;
      }
    return false;
  }

  /** How long a flow is kept, if nothing comes any more. */
  remaining(flow: Flow): Nanos {
    return Math.max(0, flow.expires - this.#context.queue.now);
  }
}

/** Whether the checksum of what is tracked holds; others could make flows end that they do not belong to. */
function isIntact(packet: Packet): boolean {
  const { header, payload } = packet;
  const { source, destination, protocol } = header;
  if (protocol === IPPROTO_ICMP) return checksum(payload) === 0;
  if (protocol === IPPROTO_TCP)
    return payload.length >= 20 && transportChecksum(source, destination, protocol, payload) === 0;
  if (protocol !== IPPROTO_UDP) return true;
  if (payload.length < 8) return false;
  return (
    (payload[6] === 0 && payload[7] === 0) || transportChecksum(source, destination, protocol, payload) === 0
  );
}
