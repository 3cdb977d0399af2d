/** Puts a {@link NatPolicy} into a router's way of packets, where netfilter's own translation would stand. */
import { formatIpv4, type Ipv4, parseIpv4 } from '../address/ipv4.ts';
import type { NetworkDevice } from '../link/device.ts';
import { hasPorts, inverse, type Tuple, tupleOf } from '../netfilter/conntrack/tuple.ts';
import { errorRewritten, rewritten } from '../netfilter/nat/rewrite.ts';
import { isIcmpError } from '../packet/icmp.ts';
import { IPPROTO_ICMP, IPPROTO_TCP, readIpv4Header } from '../packet/ipv4.ts';
import type { NetworkNamespace } from '../stack/namespace.ts';
import type { Hook, Packet, PacketFilter } from '../stack/packet.ts';
import type { NatAnswer, NatEnd, NatFault, NatPacket, NatPolicy } from './types.ts';

const FLAGS: readonly (readonly [number, string])[] = [
  [0x01, 'F'],
  [0x02, 'S'],
  [0x04, 'R'],
  [0x08, 'P'],
  [0x10, '.'],
];

export class PolicyNat implements PacketFilter {
  /** Ports are in the first fragment only. */
  readonly needsWholePackets = true;
  readonly #namespace: NetworkNamespace;
  readonly #outside: NetworkDevice;
  readonly #policy: NatPolicy;
  readonly #report: (fault: NatFault) => void;
  readonly #inner: PacketFilter | null;

  private constructor(
    namespace: NetworkNamespace,
    outside: NetworkDevice,
    policy: NatPolicy,
    report: (fault: NatFault) => void,
  ) {
    this.#namespace = namespace;
    this.#outside = outside;
    this.#policy = policy;
    this.#report = report;
    this.#inner = namespace.filter;
  }

  /** Lets `policy` translate what goes out of `outside` and comes in there; rules of netfilter that are there already stay in force. */
  static install(
    namespace: NetworkNamespace,
    outside: NetworkDevice,
    policy: NatPolicy,
    report: (fault: NatFault) => void,
  ): void {
    namespace.filter = new PolicyNat(namespace, outside, policy, report);
  }

  run(hook: Hook, packet: Packet): boolean {
    if (hook === 'prerouting' && packet.input === this.#outside && !this.#inbound(packet)) return false;
    if (this.#inner !== null && !this.#inner.run(hook, packet)) return false;
    return hook !== 'postrouting' || packet.output !== this.#outside || this.#outbound(packet);
  }

  deviceDown(device: NetworkDevice): void {
    this.#inner?.deviceDown(device);
  }

  #outbound(packet: Packet): boolean {
    const { header, payload } = packet;
    const tuple = tupleOf(header, payload);
    if (tuple === null) return true;
    const answer = this.#ask('outbound', tuple, packet);
    if (answer === null || 'drop' in answer) return this.#leave(answer, tuple);
    const target = withEnd(tuple, 'source', answer.rewrite);
    this.#traced(tuple, target, 'source');
    packet.replace(rewritten(packet.bytes, target, 'source'));
    return true;
  }

  #inbound(packet: Packet): boolean {
    const { header, payload } = packet;
    if (!this.#namespace.routing.isLocal(header.destination)) return true;
    if (header.protocol === IPPROTO_ICMP && isIcmpError(payload[0] ?? 0)) return this.#inboundError(packet);
    const tuple = tupleOf(header, payload);
    if (tuple === null) return true;
    const answer = this.#ask('inbound', tuple, packet);
    if (answer === null || 'drop' in answer) return this.#leave(answer, tuple);
    const target = withEnd(tuple, 'destination', answer.rewrite);
    this.#traced(tuple, target, 'destination');
    packet.replace(rewritten(packet.bytes, target, 'destination'));
    return true;
  }

  /** An error goes where an answer to the packet that it quotes would go. */
  #inboundError(packet: Packet): boolean {
    const quoted = packet.payload.subarray(8);
    if (quoted.length < 28) return true;
    const header = readIpv4Header(quoted);
    if (header.headerLength < 20 || quoted.length < header.headerLength + 8) return true;
    const sent = tupleOf(header, quoted.subarray(header.headerLength));
    if (sent === null) return true;
    const answer = this.#ask('inbound', inverse(sent), null);
    if (answer === null || 'drop' in answer) return this.#leave(answer, inverse(sent));
    const inside = withEnd(sent, 'source', answer.rewrite);
    const outer = { ...inverse(inside), protocol: IPPROTO_ICMP };
    packet.replace(errorRewritten(packet.bytes, outer, inside, 'destination'));
    return true;
  }

  /** What the policy answers; a fault drops the packet. */
  #ask(asked: 'outbound' | 'inbound', tuple: Tuple, packet: Packet | null): NatAnswer {
    try {
      const answer = this.#policy[asked](viewOf(tuple, packet), this.#namespace.context.queue.now);
      const wrong = complaint(answer);
      if (wrong === null) return answer;
      this.#report({ asked, message: wrong });
    } catch (error) {
      this.#report({ asked, message: error instanceof Error ? error.message : String(error) });
    }
    return { drop: 'fault' };
  }

  #leave(answer: { readonly drop: string } | null, tuple: Tuple): boolean {
    if (answer === null) return true;
    this.#namespace.context.trace?.emit('nat.drop', this.#namespace.name, {
      reason: answer.drop,
      from: endText(tuple.source, tuple.sourcePort),
      to: endText(tuple.destination, hasPorts(tuple.protocol) ? tuple.destinationPort : tuple.sourcePort),
    });
    return false;
  }

  #traced(before: Tuple, after: Tuple, side: 'source' | 'destination'): void {
    const end = (tuple: Tuple) =>
      side === 'source' || !hasPorts(tuple.protocol)
        ? endText(side === 'source' ? tuple.source : tuple.destination, tuple.sourcePort)
        : endText(tuple.destination, tuple.destinationPort);
    this.#namespace.context.trace?.emit('nat.rewrite', this.#namespace.name, {
      side,
      protocol: before.protocol,
      from: end(before),
      to: end(after),
      device: this.#outside.name,
    });
  }
}

function endText(address: Ipv4, port: number): string {
  return `${formatIpv4(address)}:${port}`;
}

function viewOf(tuple: Tuple, packet: Packet | null): NatPacket {
  const protocol = tuple.protocol === IPPROTO_TCP ? 'tcp' : tuple.protocol === IPPROTO_ICMP ? 'icmp' : 'udp';
  const bits = packet !== null && protocol === 'tcp' ? (packet.payload[13] ?? 0) : 0;
  return {
    protocol,
    source: { address: formatIpv4(tuple.source), port: tuple.sourcePort },
    destination: {
      address: formatIpv4(tuple.destination),
      port: protocol === 'icmp' ? tuple.sourcePort : tuple.destinationPort,
    },
    flags: FLAGS.filter(([bit]) => (bits & bit) !== 0)
      .map(([, name]) => name)
      .join(''),
  };
}

/** What is wrong with an answer; null for nothing. Answers may come from anywhere, so that types say little. */
function complaint(answer: unknown): string | null {
  if (answer === null) return null;
  if (typeof answer !== 'object')
    return `the answer is ${JSON.stringify(answer) ?? 'undefined'}: expected { rewrite }, { drop } or null`;
  if ('drop' in answer) return typeof answer.drop === 'string' ? null : 'drop is no text';
  const end = 'rewrite' in answer ? answer.rewrite : null;
  if (typeof end !== 'object' || end === null || !('address' in end) || !('port' in end))
    return 'the answer has neither drop nor rewrite: { address, port }';
  if (typeof end.address !== 'string' || parseIpv4(end.address) === null)
    return `${JSON.stringify(end.address)} is no IPv4 address`;
  const whole = Number.isInteger(end.port) && (end.port as number) >= 0 && (end.port as number) <= 65_535;
  return whole ? null : `${JSON.stringify(end.port)} is no port`;
}

function withEnd(tuple: Tuple, side: 'source' | 'destination', end: NatEnd): Tuple {
  const address = parseIpv4(end.address)!;
  if (side === 'source') return { ...tuple, source: address, sourcePort: end.port };
  if (!hasPorts(tuple.protocol)) return { ...tuple, destination: address, sourcePort: end.port };
  return { ...tuple, destination: address, destinationPort: end.port };
}
