/** ICMP (RFC 792; RFC 1122, 3.2.2): answers echoes, sends errors, and takes errors to the sockets they are about. */
import { isOsError } from '../../base/index.ts';
import { isMulticast } from '../address/ipv4.ts';
import { read16 } from '../packet/bytes.ts';
import {
  buildIcmp,
  ICMP_DEST_UNREACH,
  ICMP_ECHO,
  ICMP_ECHOREPLY,
  ICMP_FRAG_NEEDED,
  ICMP_PARAMETERPROB,
  ICMP_TIME_EXCEEDED,
  type IcmpMessage,
  isIcmpError,
  parseIcmp,
} from '../packet/icmp.ts';
import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, type Ipv4Header, readIpv4Header } from '../packet/ipv4.ts';
import { ErrorRate } from './errorRate.ts';
import type { NetworkNamespace } from './namespace.ts';
import type { Packet } from './packet.ts';

/** The longest error, with its headers (RFC 1812, 4.3.2.3). */
const LONGEST_ERROR = 576;

/** net.ipv4.route.error_cost in milliseconds, and how many of error_burst. */
const ROUTE_ERROR_COST = 1000;
const ROUTE_ERROR_BURST = 5;

/** An error that somebody on the way told of a packet of ours. */
export interface IcmpReport {
  readonly type: number;
  readonly code: number;
  /** The MTU of "fragmentation needed". */
  readonly mtu: number;
  /** The header of the packet it is about. */
  readonly header: Ipv4Header;
  /** At least eight bytes of what followed that header. */
  readonly payload: Uint8Array;
}

export class IcmpLayer {
  readonly #namespace: NetworkNamespace;
  readonly #rate: ErrorRate;

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
    this.#rate = new ErrorRate(namespace.context.queue);
    namespace.ip.register(IPPROTO_ICMP, (packet) => this.#input(packet));
  }

  #input(packet: Packet): void {
    const message = parseIcmp(packet.payload);
    if (message === null) return;
    if (message.type === ICMP_ECHO) this.#answer(packet, message.data);
    else if (message.type === ICMP_ECHOREPLY) this.#namespace.ping.input(packet, message.id);
    else if (
      message.type === ICMP_DEST_UNREACH ||
      message.type === ICMP_TIME_EXCEEDED ||
      message.type === ICMP_PARAMETERPROB
    )
      this.#report(packet, message);
  }

  #answer(packet: Packet, data: Uint8Array): void {
    const { settings, routing, ip } = this.#namespace;
    const { source, destination, tos } = packet.header;
    const toMany = routing.isBroadcast(destination) || isMulticast(destination);
    if (settings.icmpEchoIgnoreAll || (toMany && settings.icmpEchoIgnoreBroadcasts)) return;
    const payload = packet.payload;
    const reply = {
      type: ICMP_ECHOREPLY,
      code: 0,
      id: read16(payload, 4),
      sequence: read16(payload, 6),
      data,
    };
    this.#try(() =>
      ip.send({
        destination: source,
        source: toMany ? 0 : destination,
        protocol: IPPROTO_ICMP,
        payload: buildIcmp(reply),
        tos,
      }),
    );
  }

  #report(packet: Packet, { type, code, sequence: mtu, data: quoted }: IcmpMessage): void {
    if (quoted.length < 20 || quoted[0]! >> 4 !== 4) return;
    const header = readIpv4Header(quoted);
    if (header.headerLength < 20 || quoted.length < header.headerLength + 8) return;
    const { ip, ping, udp, tcp } = this.#namespace;
    const report = { type, code, mtu, header, payload: quoted.subarray(header.headerLength) };
    if (type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED) ip.pathMtus.learn(header.destination, mtu);
    if (header.protocol === IPPROTO_UDP) udp.report(report);
    if (header.protocol === IPPROTO_TCP) tcp.report(report);
    if (header.protocol === IPPROTO_ICMP) ping.report(report, packet);
  }

  /**
   * Tells the sender of a packet what became of it. Says nothing about errors, broadcasts and later fragments, as RFC 1122 asks,
   * so that no storm comes of it, and says no more than so much to one host (icmp_ratelimit) but for what path MTU discovery needs.
   */
  sendError(about: Packet, type: number, code: number, mtu = 0): void {
    const { header } = about;
    const { routing, ip } = this.#namespace;
    if (header.fragmentOffset !== 0 || header.source === 0) return;
    const broadcast = routing.isBroadcast(header.destination) || isMulticast(header.destination);
    if (broadcast || routing.isBroadcast(header.source) || isMulticast(header.source)) return;
    if (header.protocol === IPPROTO_ICMP && isIcmpError(about.payload[0] ?? ICMP_DEST_UNREACH)) return;
    const needed = type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED;
    const limited = !needed && !routing.isLocal(header.source);
    if (limited && !this.#rate.allows(header.source, this.#namespace.settings.icmpRateLimit)) return;
    const data = about.bytes.subarray(0, Math.min(about.bytes.length, LONGEST_ERROR - 28));
    // As Linux: from the address that was meant, if it is ours, and with internetwork control precedence.
    const source = routing.isLocal(header.destination) ? header.destination : 0;
    this.#try(() =>
      ip.send({
        destination: header.source,
        source,
        protocol: IPPROTO_ICMP,
        payload: buildIcmp({ type, code, id: 0, sequence: mtu, data }),
        tos: (header.tos & 0x1e) | 0xc0,
      }),
    );
  }

  /** Tells of a packet for which there is no route: that is limited by itself (route/error_cost), and counts twice therefore. */
  sendRouteError(about: Packet, code: number): void {
    if (this.#rate.allows(about.header.source, ROUTE_ERROR_COST, ROUTE_ERROR_BURST))
      this.sendError(about, ICMP_DEST_UNREACH, code);
  }

  /** Nobody is there to be told when an answer cannot be sent. */
  #try(send: () => void): void {
    try {
      send();
    } catch (error) {
      if (!isOsError(error)) throw error;
    }
  }
}
