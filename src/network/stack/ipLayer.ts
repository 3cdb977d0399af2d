/**
 * IPv4 (RFC 791, RFC 1122, RFC 1812) as Linux's: what comes in is for this host or for another, and passes netfilter's hooks in
 * the order that nft(8) draws.
 */
import { isOsError, OsError } from '../../base/index.ts';
import { formatIpv4, type Ipv4, isLoopback, isMulticast, LIMITED_BROADCAST } from '../address/ipv4.ts';
import { BROADCAST_MAC, type Mac, ZERO_MAC } from '../address/mac.ts';
import type { NetworkDevice } from '../link/device.ts';
import { buildEthernet, ETH_P_IP } from '../packet/ethernet.ts';
import {
  ICMP_DEST_UNREACH,
  ICMP_EXC_FRAGTIME,
  ICMP_EXC_TTL,
  ICMP_FRAG_NEEDED,
  ICMP_HOST_UNREACH,
  ICMP_NET_UNREACH,
  ICMP_PKT_FILTERED,
  ICMP_PROT_UNREACH,
  ICMP_TIME_EXCEEDED,
} from '../packet/icmp.ts';
import { buildIpv4, parseIpv4Packet, setIpv4Checksum } from '../packet/ipv4.ts';
import { fragment, Reassembly } from './fragments.ts';
import type { NetworkNamespace } from './namespace.ts';
import { Packet } from './packet.ts';
import { PathMtus } from './pathMtu.ts';
import type { Way } from './routing.ts';

/** A packet of this host; what is not given is chosen. */
export interface Outgoing {
  readonly destination: Ipv4;
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly source?: Ipv4;
  /** Binds the packet to a device (SO_BINDTODEVICE). */
  readonly device?: NetworkDevice | null;
  readonly ttl?: number;
  readonly tos?: number;
  readonly dontFragment?: boolean;
  readonly mark?: number;
  /** Of the packet; by itself a number that counts up, or 0 for what is not to be fragmented (RFC 6864). */
  readonly id?: number;
}

/** A protocol on top of IPv4; what it does with a packet for this host. */
export type ProtocolHandler = (packet: Packet) => void;

export class IpLayer {
  readonly #namespace: NetworkNamespace;
  readonly #reassembly: Reassembly;
  readonly #protocols = new Map<number, ProtocolHandler>();
  readonly pathMtus: PathMtus;
  /** What netfilter knows of packets that are on their way through the loopback device. */
  readonly #looped = new WeakMap<Uint8Array, unknown>();
  #nextId: number;

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
    this.#nextId = namespace.context.random.below(65_536);
    this.pathMtus = new PathMtus(namespace.context.queue);
    this.#reassembly = new Reassembly(namespace.context, (first) =>
      namespace.icmp.sendError(first, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME),
    );
  }

  register(protocol: number, handler: ProtocolHandler): void {
    this.#protocols.set(protocol, handler);
  }

  /** See {@link Reassembly.waiting}. */
  get fragments(): Reassembly['waiting'] {
    return this.#reassembly.waiting;
  }

  /** A packet came in by a device. `frame` is what it came in. */
  input(device: NetworkDevice, frame: Uint8Array, payload: Uint8Array): void {
    const header = parseIpv4Packet(payload);
    if (header === null) {
      device.statistics.rxErrors++;
      return;
    }
    // Frames are never written to once they are sent: what changes a packet copies it.
    let packet = new Packet(payload.subarray(0, header.totalLength), device);
    packet.track = this.#looped.get(frame) ?? null;
    const filter = this.#namespace.filter;
    if (filter !== null) {
      const whole = filter.needsWholePackets ? this.#reassembly.add(packet) : packet;
      if (whole === null) return;
      packet = whole;
      if (!filter.run('prerouting', packet)) return;
    }
    this.#route(packet, device);
  }

  #route(packet: Packet, device: NetworkDevice): void {
    const { source, destination } = packet.header;
    const { routing } = this.#namespace;
    if (this.#isMartian(source, destination, device)) {
      this.#drop(packet, 'martian source or destination');
      return;
    }
    if (destination === LIMITED_BROADCAST || isMulticast(destination)) {
      this.#deliver(packet);
      return;
    }
    const route = routing.lookup(destination);
    if (route?.type === 'local' || route?.type === 'broadcast') {
      this.#deliver(packet);
      return;
    }
    if (!this.#namespace.forwards(device)) {
      this.#drop(packet, 'not for this host, which does not forward');
      return;
    }
    this.#forward(packet);
  }

  /** Addresses that cannot come from, or go to, outside (RFC 1812, 5.3.7). */
  #isMartian(source: Ipv4, destination: Ipv4, device: NetworkDevice): boolean {
    if (isMulticast(source) || source === LIMITED_BROADCAST) return true;
    if (source === 0 && destination !== LIMITED_BROADCAST && !isMulticast(destination)) return true;
    if (device.kind === 'loopback') return false;
    if (isLoopback(source) || isLoopback(destination)) return !this.#namespace.settings.routeLocalnet;
    return this.#namespace.routing.isLocal(source);
  }

  #forward(packet: Packet): void {
    const { icmp, routing } = this.#namespace;
    const { header } = packet;
    if (header.ttl <= 1) {
      icmp.sendError(packet, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL);
      this.#drop(packet, 'time to live ended');
      return;
    }
    let way: Way;
    try {
      way = routing.way(header.destination, header.source);
    } catch (error) {
      if (!isOsError(error)) throw error;
      if (error.code === 'ENETUNREACH') icmp.sendRouteError(packet, ICMP_NET_UNREACH);
      if (error.code === 'EHOSTUNREACH') icmp.sendRouteError(packet, ICMP_HOST_UNREACH);
      if (error.code === 'EACCES') icmp.sendRouteError(packet, ICMP_PKT_FILTERED);
      this.#drop(packet, 'no route');
      return;
    }
    if (header.totalLength > way.device.mtu && header.dontFragment) {
      icmp.sendError(packet, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, way.device.mtu);
      this.#drop(packet, 'longer than the MTU and not to be fragmented');
      return;
    }
    const bytes = packet.bytes.slice();
    bytes[8] = header.ttl - 1;
    setIpv4Checksum(bytes);
    packet.replace(bytes);
    packet.output = way.device;
    if (!this.#pass('forward', packet)) return;
    const { context, name } = this.#namespace;
    // One for each packet, as for each frame, is too much for a trace unless somebody looks.
    const trace = context.traceFrames ? context.trace : null;
    trace?.emit('ip.forward', name, {
      from: packet.input!.name,
      to: way.device.name,
      source: formatIpv4(header.source),
      destination: formatIpv4(header.destination),
      ttl: header.ttl - 1,
    });
    if (this.#pass('postrouting', packet)) this.#transmit(packet, way);
  }

  #deliver(packet: Packet): void {
    const whole = this.#reassembly.add(packet);
    if (whole === null || !this.#pass('input', whole)) return;
    const { protocol } = whole.header;
    const taken = this.#namespace.raw.input(whole);
    const handler = this.#protocols.get(protocol);
    if (handler !== undefined) handler(whole);
    else if (!taken) this.#namespace.icmp.sendError(whole, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH);
  }

  /**
   * Sends a packet of this host. Throws what there is no way for (ENETUNREACH and others), EMSGSIZE for what does not fit, and EPERM
   * when netfilter does not let it out.
   */
  send(outgoing: Outgoing): void {
    const { destination, protocol, payload } = outgoing;
    const way = this.#namespace.routing.way(destination, outgoing.source ?? 0, outgoing.device ?? null);
    if (payload.length > 65_535 - 20) throw new OsError('EMSGSIZE');
    const dontFragment = outgoing.dontFragment ?? false;
    if (dontFragment && payload.length + 20 > this.mtuTo(way, destination)) throw new OsError('EMSGSIZE');
    this.#nextId = (this.#nextId + 1) & 0xffff;
    const bytes = buildIpv4({
      source: way.source,
      destination,
      protocol,
      payload,
      ttl: outgoing.ttl ?? this.#namespace.settings.defaultTtl,
      tos: outgoing.tos ?? 0,
      id: outgoing.id ?? (dontFragment ? 0 : this.#nextId),
      dontFragment,
    });
    this.sendBuilt(bytes, way, outgoing.device ?? null, outgoing.mark ?? 0);
  }

  /** Sends a packet that is built already (IP_HDRINCL). Throws as {@link send}. */
  sendBuilt(bytes: Uint8Array, firstWay: Way, device: NetworkDevice | null, mark = 0): void {
    const packet = new Packet(bytes, null);
    packet.mark = mark;
    packet.output = firstWay.device;
    let way = firstWay;
    const { source, destination } = packet.header;
    if (!this.#pass('output', packet)) throw new OsError('EPERM');
    const changed = packet.header;
    if (changed.destination !== destination || changed.source !== source) {
      way = this.#namespace.routing.way(changed.destination, changed.source, device);
      packet.output = way.device;
    }
    if (!this.#pass('postrouting', packet)) throw new OsError('EPERM');
    this.#transmit(packet, way);
  }

  /** How long a packet may be on this way, as far as is known. */
  mtuTo(way: Way, destination: Ipv4): number {
    return Math.min(way.device.mtu, this.pathMtus.get(destination) ?? way.device.mtu);
  }

  #transmit(packet: Packet, way: Way): void {
    const { device } = way;
    const { header } = packet;
    const mtu = device.mtu;
    const pieces = header.totalLength > mtu ? fragment(packet.bytes, header, mtu) : [packet.bytes];
    const send = (mac: Mac) => {
      for (const piece of pieces) {
        const frame = buildEthernet(mac, device.mac, ETH_P_IP, piece);
        if (way.type === 'local' && packet.track !== null) this.#looped.set(frame, packet.track);
        device.send(frame);
      }
    };
    if (device.kind === 'loopback') send(ZERO_MAC);
    else if (way.type === 'broadcast') send(BROADCAST_MAC);
    else if (isMulticast(header.destination)) send(multicastMac(header.destination));
    else this.#resolve(packet, way, send);
  }

  #resolve(packet: Packet, way: Way, send: (mac: Mac) => void): void {
    this.#namespace.neighbours.resolve(way.device, way.nextHop, send, () => {
      this.#drop(packet, 'the next hop does not answer ARP');
      this.#namespace.icmp.sendError(packet, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH);
    });
  }

  #pass(hook: 'input' | 'forward' | 'output' | 'postrouting', packet: Packet): boolean {
    return this.#namespace.filter?.run(hook, packet) ?? true;
  }

  #drop(packet: Packet, reason: string): void {
    this.#namespace.context.trace?.emit('ip.drop', this.#namespace.name, {
      source: formatIpv4(packet.header.source),
      destination: formatIpv4(packet.header.destination),
      reason,
    });
  }
}

/** RFC 1112, 6.4: the lower 23 bits of the group. */
function multicastMac(group: Ipv4): Mac {
  const hex = (byte: number) => byte.toString(16).padStart(2, '0');
  return `01:00:5e:${hex((group >>> 16) & 127)}:${hex((group >>> 8) & 255)}:${hex(group & 255)}`;
}
