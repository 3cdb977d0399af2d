/**
 * netfilter of a namespace: at each hook the chains by their priority, with connection tracking and address translation at the
 * places that nft(8) names. Connections are tracked once a rule asks for it.
 */
import { OsError, unreachable } from '../../base/index.ts';
import type { NetworkDevice } from '../link/device.ts';
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH } from '../packet/icmp.ts';
import { IPPROTO_TCP } from '../packet/ipv4.ts';
import { parseTcp } from '../packet/tcp.ts';
import type { NetworkNamespace } from '../stack/namespace.ts';
import type { Hook, Packet, PacketFilter } from '../stack/packet.ts';
import { ConnectionCounts } from './connectionCounts.ts';
import type { Tracked } from './conntrack/flow.ts';
import { Conntrack } from './conntrack/table.ts';
import { type Decision, evaluate, type FinalAction, type PassingAction } from './evaluate.ts';
import { Limits } from './limits.ts';
import { logText } from './logText.ts';
import type { NatRange } from './nat/mapping.ts';
import { Nat, sideAt } from './nat/nat.ts';
import type { Side } from './nat/rewrite.ts';
import { type Chain, PRIORITY, type RejectWith, Table } from './ruleset.ts';

const CONNTRACK_PRIORITY = -200;
const UNTRACKED: Tracked = { flow: null, direction: 'original', state: 'untracked' };

/** One thing that is done with packets at a hook. */
interface Step {
  readonly priority: number;
  run(packet: Packet): boolean;
}

export class Netfilter implements PacketFilter {
  readonly #namespace: NetworkNamespace;
  readonly #tables = new Map<string, Table>();
  readonly conntrack: Conntrack;
  readonly #nat: Nat;
  readonly #limits: Limits;
  readonly #connections = new ConnectionCounts();
  /** What is done at each hook; made anew after each change of the rules. */
  #steps: Map<Hook, readonly Step[]> | null = null;
  #tracks = false;

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
    this.conntrack = new Conntrack(namespace.context, namespace.name, () =>
      namespace.kernelLog?.('nf_conntrack: nf_conntrack: table full, dropping packet'),
    );
    this.#nat = new Nat(namespace.context, namespace.name, this.conntrack);
    this.#limits = new Limits(namespace.context.queue);
  }

  /** The filter of a namespace, put in place at its first use. */
  static of(namespace: NetworkNamespace): Netfilter {
    if (namespace.filter instanceof Netfilter) return namespace.filter;
    const filter = new Netfilter(namespace);
    namespace.filter = filter;
    return filter;
  }

  get needsWholePackets(): boolean {
    if (this.#steps === null) this.#build();
    return this.#tracks;
  }

  /** In the order in which they were made. */
  get tables(): readonly Table[] {
    return [...this.#tables.values()];
  }

  /** Throws ENOENT. */
  table(family: 'ip' | 'inet', name: string): Table {
    const table = this.#tables.get(`${family} ${name}`);
    if (table === undefined) throw new OsError('ENOENT');
    return table;
  }

  /** Throws EEXIST. */
  addTable(family: 'ip' | 'inet', name: string): Table {
    const key = `${family} ${name}`;
    if (this.#tables.has(key)) throw new OsError('EEXIST');
    const table = new Table(family, name, () => this.#changed());
    this.#tables.set(key, table);
    this.#changed();
    return table;
  }

  /** Throws ENOENT. */
  deleteTable(family: 'ip' | 'inet', name: string): void {
    if (!this.#tables.delete(`${family} ${name}`)) throw new OsError('ENOENT');
    this.#changed();
  }

  flush(): void {
    this.#tables.clear();
    this.#changed();
  }

  #changed(): void {
    this.#steps = null;
  }

  run(hook: Hook, packet: Packet): boolean {
    if (this.#steps === null) this.#build();
    for (const step of this.#steps!.get(hook) ?? []) if (!step.run(packet)) return false;
    return true;
  }

  /** A device lost its address: flows that were given it are of no use any more. */
  deviceDown(device: NetworkDevice): void {
    this.conntrack.deleteWhere((flow) => flow.masqueradedBy === device.index);
  }

  #build(): void {
    const chains = this.tables.flatMap((table) =>
      [...table.chains.values()].map((chain) => ({ table, chain })),
    );
    const nat = chains.some(({ chain }) => chain.base?.type === 'nat');
    // Once connections are tracked they stay so: those that are known go on.
    this.#tracks ||= nat || chains.some(({ chain }) => asksForState(chain));
    this.#steps = new Map();
    for (const hook of ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const) {
      const steps: Step[] = [];
      const here = chains
        .filter(({ chain }) => chain.base?.hook === hook)
        .sort((a, b) => a.chain.base!.priority - b.chain.base!.priority);
      for (const { table, chain } of here)
        if (chain.base!.type !== 'nat')
          steps.push({
            priority: chain.base!.priority,
            run: (packet) => this.#filter(table, chain, packet, hook),
          });
      if (this.#tracks) {
        const side = sideAt(hook);
        if (hook === 'prerouting' || hook === 'output')
          steps.push({ priority: CONNTRACK_PRIORITY, run: (packet) => this.#track(packet) });
        if (hook === 'input' || hook === 'postrouting')
          steps.push({ priority: Number.MAX_SAFE_INTEGER, run: (packet) => this.#confirm(packet) });
        const natChains = here.filter(({ chain }) => chain.base!.type === 'nat');
        if (side !== null) {
          const priority = side === 'source' ? PRIORITY.srcnat : PRIORITY.dstnat;
          steps.push({ priority, run: (packet) => this.#translate(natChains, packet, hook, side) });
        }
      }
      this.#steps.set(
        hook,
        steps.sort((a, b) => a.priority - b.priority),
      );
    }
  }

  #track(packet: Packet): boolean {
    // A packet on its way through the loopback device is known already.
    if (packet.track !== null) return true;
    const tracked = this.conntrack.track(packet);
    packet.track = tracked;
    return tracked !== null;
  }

  #confirm(packet: Packet): boolean {
    const { flow } = trackedOf(packet) ?? UNTRACKED;
    if (flow === null) return true;
    if (flow.confirmed) {
      this.conntrack.passed(flow);
      return true;
    }
    if (!this.conntrack.confirm(flow)) return false;
    const { original } = flow;
    this.#namespace.context.trace?.emit('ct.new', this.#namespace.name, {
      protocol: original.protocol,
      source: original.source,
      destination: original.destination,
      sourcePort: original.sourcePort,
      destinationPort: original.destinationPort,
    });
    return true;
  }

  #filter(table: Table, chain: Chain, packet: Packet, hook: Hook): boolean {
    return this.#carryOut(this.#evaluate(table, chain, packet), packet, table, hook);
  }

  #evaluate(table: Table, chain: Chain, packet: Packet): Decision {
    const on = {
      packet,
      tracked: trackedOf(packet),
      namespace: this.#namespace,
      limits: this.#limits,
      connections: this.#connections,
      table,
    };
    return evaluate(table, chain, on, (action) => this.#pass(action, packet, chain));
  }

  #pass(action: PassingAction, packet: Packet, chain: Chain): void {
    if (action.kind === 'notrack') packet.track = UNTRACKED;
    else if (action.kind === 'log') {
      const { context, name } = this.#namespace;
      this.#namespace.kernelLog?.(logText(packet, action.prefix));
      const { source, destination, protocol, totalLength } = packet.header;
      context.trace?.emit('nf.log', name, {
        prefix: action.prefix,
        chain: chain.name,
        in: packet.input?.name ?? '',
        out: packet.output?.name ?? '',
        source,
        destination,
        protocol,
        length: totalLength,
      });
    } else if (action.of === 'packet') packet.mark = ((packet.mark & ~action.mask) | action.value) >>> 0;
    else {
      const flow = trackedOf(packet)?.flow;
      if (!flow) return;
      const mark = ((flow.mark & ~action.mask) | action.value) >>> 0;
      flow.changed ||= mark !== flow.mark;
      flow.mark = mark;
    }
  }

  /** True: the packet goes on. */
  #carryOut(decision: Decision, packet: Packet, table: Table, hook: Hook): boolean {
    if (decision.kind === 'accept') return true;
    const { rule } = decision;
    this.#namespace.context.trace?.emit('nf.drop', this.#namespace.name, {
      hook,
      table: table.name,
      chain: decision.chain,
      rule: rule?.handle ?? null,
      source: packet.header.source,
      destination: packet.header.destination,
    });
    if (decision.kind === 'act' && decision.action.kind === 'reject')
      this.#reject(packet, decision.action.with);
    return false;
  }

  #reject(packet: Packet, how: RejectWith): void {
    const { icmp, tcp } = this.#namespace;
    const { source, destination, protocol } = packet.header;
    if (how !== 'tcp-reset') icmp.sendError(packet, ICMP_DEST_UNREACH, how.icmpCode);
    else if (protocol !== IPPROTO_TCP) icmp.sendError(packet, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH);
    else {
      const segment = parseTcp(packet.payload, source, destination);
      if (segment === null) return;
      const here = { address: destination, port: segment.destinationPort };
      tcp.refuse(here, { address: source, port: segment.sourcePort }, segment);
    }
  }

  #translate(
    chains: readonly { table: Table; chain: Chain }[],
    packet: Packet,
    hook: Hook,
    side: Side,
  ): boolean {
    const tracked = trackedOf(packet);
    if (tracked?.flow == null) return true;
    if (this.#nat.isOpen(tracked, side)) {
      let range: NatRange | null = null;
      for (const { table, chain } of chains) {
        const decision = this.#evaluate(table, chain, packet);
        if (decision.kind === 'act' && decision.action.kind !== 'reject') {
          range = this.#range(decision.action, packet, hook);
          if (range === null) return false;
          if (decision.action.kind === 'masquerade') tracked.flow.masqueradedBy = packet.output!.index;
          break;
        }
        if (!this.#carryOut(decision, packet, table, hook)) return false;
        if (decision.kind === 'accept') continue;
      }
      const device = (packet.output ?? packet.input)?.name ?? '';
      if (!this.#nat.settle(tracked.flow, side, range, device)) return false;
    }
    this.#nat.apply(packet, tracked, side);
    return true;
  }

  /** Where a rule translates to; null when there is no address for it. */
  #range(action: Exclude<FinalAction, { kind: 'reject' }>, packet: Packet, hook: Hook): NatRange | null {
    switch (action.kind) {
      case 'snat':
      case 'dnat':
        return action.range;
      case 'masquerade': {
        const address = this.#namespace.addresses.sourceFor(packet.output!, packet.header.destination);
        return address === null ? null : { addresses: [address, address], ports: action.ports };
      }
      case 'redirect': {
        // To this host: what comes in to the device's own address, what is its own to 127.0.0.1.
        const own = packet.input === null ? null : this.#namespace.addresses.of(packet.input)[0]?.address;
        const address = hook === 'output' ? 0x7f000001 : own;
        return address == null ? null : { addresses: [address, address], ports: action.ports };
      }
      default:
        return unreachable(action);
    }
  }
}

function trackedOf(packet: Packet): Tracked | null {
  return packet.track as Tracked | null;
}

function asksForState(chain: Chain): boolean {
  return chain.rules.some((rule) =>
    rule.statements.some(
      (each) =>
        each.kind === 'ctState' ||
        each.kind === 'ctStatus' ||
        each.kind === 'connections' ||
        ('of' in each && each.of === 'flow') ||
        (each.kind === 'set' && each.field === 'flowMark'),
    ),
  );
}
