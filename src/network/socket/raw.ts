/** Raw IPv4 sockets: raw(7). They see all packets of a protocol that are for this host; ping and traceroute use them. */
import { OsError } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';
import { IPPROTO_ICMP, parseIpv4Packet, setIpv4Checksum } from '../packet/ipv4.ts';
import type { NetworkNamespace } from '../stack/namespace.ts';
import type { Packet } from '../stack/packet.ts';
import { NetworkSocket, type SocketReadiness } from './socket.ts';

/** Packets that wait to be read. */
const RECEIVE_LIMIT = 256;

/** IPPROTO_RAW: the socket only sends, headers and all. */
const IPPROTO_RAW = 255;

export interface RawPacket {
  /** With its IPv4 header. */
  readonly bytes: Uint8Array;
  readonly from: Ipv4;
}

export class RawSocket extends NetworkSocket {
  readonly #namespace: NetworkNamespace;
  readonly #sockets: Set<RawSocket>;
  readonly protocol: number;
  /** IP_HDRINCL: what is sent has its IPv4 header already. */
  headerIncluded: boolean;
  /** ICMP_FILTER: ICMP types that are not wanted. */
  readonly ignoredIcmpTypes = new Set<number>();
  /** IP_MTU_DISCOVER is IP_PMTUDISC_DO: packets are not to be fragmented. */
  dontFragment = false;
  #local: Ipv4 = 0;
  #remote: Ipv4 | null = null;
  #received: RawPacket[] = [];
  drops = 0;

  /** Made by {@link RawSockets.open}. */
  constructor(namespace: NetworkNamespace, sockets: Set<RawSocket>, protocol: number) {
    super();
    this.#namespace = namespace;
    this.#sockets = sockets;
    this.protocol = protocol;
    this.headerIncluded = protocol === IPPROTO_RAW;
  }

  get local(): Ipv4 {
    return this.#local;
  }

  get remote(): Ipv4 | null {
    return this.#remote;
  }

  /** Bytes that wait to be read. */
  get receiveQueue(): number {
    return this.#received.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Throws EADDRNOTAVAIL for an address that is not this host's. */
  bind(address: Ipv4): void {
    if (address !== 0 && !this.#namespace.routing.isLocal(address)) throw new OsError('EADDRNOTAVAIL');
    this.#local = address;
  }

  connect(address: Ipv4): void {
    this.#namespace.routing.way(address, this.#local, this.device);
    this.#remote = address;
  }

  /** Throws EDESTADDRREQ, EINVAL for a malformed header of IP_HDRINCL, and what sending a packet may throw. */
  send(data: Uint8Array, to: Ipv4 | null = null): number {
    this.throwError();
    const { ip, routing, settings } = this.#namespace;
    const destination = to ?? this.#remote;
    if (destination === null) throw new OsError('EDESTADDRREQ');
    const way = routing.way(destination, this.#local, this.device);
    if (way.type === 'broadcast' && !this.broadcast) throw new OsError('EACCES');
    if (this.headerIncluded) {
      const bytes = data.slice();
      if (bytes.length > way.device.mtu) throw new OsError('EMSGSIZE');
      if (bytes.length < 20) throw new OsError('EINVAL');
      // The kernel fills in length and checksum itself.
      bytes[2] = bytes.length >> 8;
      bytes[3] = bytes.length & 255;
      if ((bytes[0]! & 15) >= 5 && (bytes[0]! & 15) * 4 <= bytes.length) setIpv4Checksum(bytes);
      if (parseIpv4Packet(bytes) === null) throw new OsError('EINVAL');
      ip.sendBuilt(bytes, way, this.device, this.mark);
      return data.length;
    }
    ip.send({
      destination,
      source: this.#local || way.source,
      protocol: this.protocol,
      payload: data,
      device: this.device,
      ttl: this.ttl ?? settings.defaultTtl,
      tos: this.tos,
      mark: this.mark,
      dontFragment: this.dontFragment,
    });
    return data.length;
  }

  receive(): RawPacket | null {
    this.throwError();
    return this.#received.shift() ?? null;
  }

  poll(): SocketReadiness {
    return { in: this.#received.length > 0, out: true, hup: false, error: this.error !== null };
  }

  close(): void {
    this.#sockets.delete(this);
    this.#received = [];
  }

  /** Whether a packet is for this socket, which has it then. */
  offer(packet: Packet): boolean {
    const { source, destination, protocol } = packet.header;
    if (protocol !== this.protocol) return false;
    if (this.#local !== 0 && this.#local !== destination) return false;
    if (this.#remote !== null && this.#remote !== source) return false;
    if (this.device !== null && this.device !== packet.input) return false;
    if (protocol === IPPROTO_ICMP && this.ignoredIcmpTypes.has(packet.payload[0] ?? 0)) return false;
    if (this.#received.length >= RECEIVE_LIMIT) this.drops++;
    else this.#received.push({ bytes: packet.bytes, from: source });
    this.onChange();
    return true;
  }
}

export class RawSockets {
  readonly #namespace: NetworkNamespace;
  readonly sockets = new Set<RawSocket>();

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
  }

  /** A socket for a protocol number, 1 … 255. */
  open(protocol: number): RawSocket {
    const socket = new RawSocket(this.#namespace, this.sockets, protocol);
    this.sockets.add(socket);
    return socket;
  }

  /** Gives a packet to all that want it; whether any did. */
  input(packet: Packet): boolean {
    let taken = false;
    for (const socket of this.sockets) if (socket.offer(packet)) taken = true;
    return taken;
  }
}
