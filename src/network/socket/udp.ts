/** UDP sockets: udp(7). */
import { type Errno, OsError } from '../../base/index.ts';
import { type Ipv4, isMulticast } from '../address/ipv4.ts';
import { read16 } from '../packet/bytes.ts';
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH } from '../packet/icmp.ts';
import { IPPROTO_UDP } from '../packet/ipv4.ts';
import { buildUdp, parseUdp } from '../packet/udp.ts';
import type { IcmpReport } from '../stack/icmpLayer.ts';
import type { NetworkNamespace } from '../stack/namespace.ts';
import type { Packet } from '../stack/packet.ts';
import { isFatal, unreachableError } from './icmpErrors.ts';
import { PortTable } from './ports.ts';
import {
  NetworkSocket,
  RECEIVE_BUFFER,
  RECEIVE_OVERHEAD,
  type SocketAddress,
  type SocketReadiness,
} from './socket.ts';

export interface Datagram {
  readonly data: Uint8Array;
  readonly from: SocketAddress;
  /** The address it was sent to (IP_PKTINFO). */
  readonly to: Ipv4;
}

export class UdpSocket extends NetworkSocket {
  readonly #layer: UdpLayer;
  readonly #namespace: NetworkNamespace;
  #local: SocketAddress = { address: 0, port: 0 };
  #remote: SocketAddress | null = null;
  #received: Datagram[] = [];
  #receivedBytes = 0;
  /** SO_REUSEADDR or SO_REUSEPORT: for UDP both let others share the port. */
  reuseAddress = false;
  /** IP_RECVERR: errors that may pass are told as well, as to traceroute. */
  receiveErrors = false;
  /** Datagrams that found no room. */
  drops = 0;

  /** Made by {@link UdpLayer.open}. */
  constructor(layer: UdpLayer, namespace: NetworkNamespace) {
    super();
    this.#layer = layer;
    this.#namespace = namespace;
  }

  get boundAddress(): Ipv4 {
    return this.#local.address;
  }

  get boundPort(): number {
    return this.#local.port;
  }

  get sharesPort(): boolean {
    return this.reuseAddress;
  }

  /** getsockname(2); port 0 before it is bound. */
  get local(): SocketAddress {
    return this.#local;
  }

  /** getpeername(2); null when it is not connected. */
  get remote(): SocketAddress | null {
    return this.#remote;
  }

  /** Bytes that wait to be read. */
  get receiveQueue(): number {
    return this.#received.reduce((sum, each) => sum + each.data.length, 0);
  }

  /** bind(2); port 0 chooses one. Throws EINVAL when bound already, EADDRNOTAVAIL, EADDRINUSE. */
  bind(address: Ipv4, port: number): void {
    if (this.#local.port !== 0) throw new OsError('EINVAL');
    const { routing } = this.#namespace;
    if (address !== 0 && !routing.isLocal(address) && !routing.isBroadcast(address) && !isMulticast(address))
      throw new OsError('EADDRNOTAVAIL');
    if (port !== 0) this.#layer.ports.check(address, port, this.reuseAddress);
    const { ports } = this.#layer;
    const chosen = port !== 0 ? port : ports.choose((each) => !ports.isTaken(address, each));
    if (chosen === null) throw new OsError('EADDRINUSE');
    this.#local = { address, port: chosen };
    this.#layer.ports.add(this);
  }

  /** connect(2): datagrams go there and come only from there. Throws ENETUNREACH and others when there is no way. */
  connect(address: Ipv4, port: number): void {
    const way = this.#namespace.routing.way(address, this.#local.address, this.device);
    if (way.type === 'broadcast' && !this.broadcast) throw new OsError('EACCES');
    if (this.#local.port === 0) this.bind(0, 0);
    if (this.#local.address === 0) this.#rebind(way.source);
    this.#remote = { address: address === 0 ? way.source : address, port };
  }

  #rebind(address: Ipv4): void {
    this.#layer.ports.remove(this);
    this.#local = { address, port: this.#local.port };
    this.#layer.ports.add(this);
  }

  /**
   * send(2), sendto(2). Throws EDESTADDRREQ without an address, EMSGSIZE above 65,507 bytes, EACCES for a broadcast without
   * SO_BROADCAST, EPERM when netfilter refuses, ENETUNREACH and others; and an error that an earlier datagram of a connected socket met.
   */
  send(data: Uint8Array, to: SocketAddress | null = null): number {
    // As the kernel: a socket that sends has a port, whatever becomes of it.
    if (this.#local.port === 0) this.bind(0, 0);
    this.throwError();
    const target = to ?? this.#remote;
    if (target === null) throw new OsError('EDESTADDRREQ');
    if (target.port === 0) throw new OsError('EINVAL');
    if (data.length > 65_507) throw new OsError('EMSGSIZE');
    const way = this.#namespace.routing.way(target.address, this.#local.address, this.device);
    if (way.type === 'broadcast' && !this.broadcast) throw new OsError('EACCES');
    const segment = { sourcePort: this.#local.port, destinationPort: target.port, data };
    const destination = target.address === 0 ? way.source : target.address;
    this.#namespace.ip.send({
      destination,
      source: way.source,
      protocol: IPPROTO_UDP,
      payload: buildUdp(segment, way.source, destination),
      device: this.device,
      ttl: this.ttl ?? this.#namespace.settings.defaultTtl,
      tos: this.tos,
      mark: this.mark,
      // Linux's default is path MTU discovery where the datagram fits, and fragments where it does not.
      dontFragment: data.length + 28 <= this.#namespace.ip.mtuTo(way, destination),
    });
    return data.length;
  }

  /** The next datagram, whole; null when none waits. Throws ECONNREFUSED and others once, on a connected socket. */
  receive(): Datagram | null {
    this.throwError();
    const next = this.#received.shift();
    if (next === undefined) return null;
    this.#receivedBytes -= next.data.length + RECEIVE_OVERHEAD;
    return next;
  }

  /** The next datagram without taking it (MSG_PEEK). */
  peek(): Datagram | null {
    this.throwError();
    return this.#received[0] ?? null;
  }

  poll(): SocketReadiness {
    return { in: this.#received.length > 0, out: true, hup: false, error: this.error !== null };
  }

  close(): void {
    this.#layer.ports.remove(this);
    this.#layer.sockets.delete(this);
    this.#received = [];
  }

  /** How well this socket fits a datagram; 0 not at all. */
  score(packet: Packet, source: Ipv4, sourcePort: number, destination: Ipv4): number {
    if (this.device !== null && this.device !== packet.input) return 0;
    if (this.#local.address !== 0 && this.#local.address !== destination) return 0;
    if (this.#remote !== null && (this.#remote.address !== source || this.#remote.port !== sourcePort))
      return 0;
    return 1 + (this.#local.address !== 0 ? 1 : 0) + (this.#remote !== null ? 2 : 0) + (this.device ? 1 : 0);
  }

  /** A datagram for this socket. */
  deliver(datagram: Datagram): void {
    const size = datagram.data.length + RECEIVE_OVERHEAD;
    if (this.#receivedBytes + size > RECEIVE_BUFFER) {
      this.drops++;
      return;
    }
    this.#received.push(datagram);
    this.#receivedBytes += size;
    this.onChange();
  }

  /** An error that a datagram of this socket met; without connect(2) nobody would know which datagram. */
  reported(error: Errno, remote: SocketAddress): void {
    if (this.#remote?.address === remote.address && this.#remote.port === remote.port) this.fail(error);
  }
}

export class UdpLayer {
  readonly #namespace: NetworkNamespace;
  readonly ports: PortTable<UdpSocket>;
  /** All that are open, in the order in which they were. */
  readonly sockets = new Set<UdpSocket>();

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
    this.ports = new PortTable(namespace);
    namespace.ip.register(IPPROTO_UDP, (packet) => this.#input(packet));
  }

  open(): UdpSocket {
    const socket = new UdpSocket(this, this.#namespace);
    this.sockets.add(socket);
    return socket;
  }

  #input(packet: Packet): void {
    const { source, destination } = packet.header;
    const datagram = parseUdp(packet.payload, source, destination);
    if (datagram === null) return;
    const { routing, icmp } = this.#namespace;
    const { sourcePort, destinationPort } = datagram;
    // Of those that fit equally well the one that was bound last.
    const fits = [...this.ports.at(destinationPort)]
      .reverse()
      .map((socket) => ({ socket, score: socket.score(packet, source, sourcePort, destination) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
    const toAll = routing.isBroadcast(destination) || isMulticast(destination);
    const received = {
      data: datagram.data.slice(),
      from: { address: source, port: sourcePort },
      to: destination,
    };
    if (fits.length === 0) icmp.sendError(packet, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH);
    for (const { socket } of toAll ? fits : fits.slice(0, 1)) socket.deliver(received);
  }

  /** An ICMP error about a datagram of this host. */
  report(report: IcmpReport): void {
    const error = unreachableError(report.type, report.code);
    if (error === null) return;
    const local = { address: report.header.source, port: read16(report.payload, 0) };
    const remote = { address: report.header.destination, port: read16(report.payload, 2) };
    for (const socket of this.ports.at(local.port))
      if (socket.boundAddress === 0 || socket.boundAddress === local.address)
        if (isFatal(report.type, report.code) || socket.receiveErrors) socket.reported(error, remote);
  }
}
