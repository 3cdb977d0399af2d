/** TCP of a namespace: finds the connection or the listening socket that a segment is for. */
import { isOsError } from '../../base/index.ts';
import { isMulticast } from '../address/ipv4.ts';
import { read16, read32 } from '../packet/bytes.ts';
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED } from '../packet/icmp.ts';
import { IPPROTO_TCP } from '../packet/ipv4.ts';
import { ACK, buildTcp, NO_OPTIONS, parseTcp, RST, SYN, type TcpSegment } from '../packet/tcp.ts';
import { unreachableError } from '../socket/icmpErrors.ts';
import { PortTable } from '../socket/ports.ts';
import type { SocketAddress } from '../socket/socket.ts';
import type { IcmpReport } from '../stack/icmpLayer.ts';
import type { NetworkNamespace } from '../stack/namespace.ts';
import type { Packet } from '../stack/packet.ts';
import { answerSyn, segmentArrives } from './arrival.ts';
import type { TcpConnection } from './connection.ts';
import { output } from './output.ts';
import { add, isAfter, isBefore } from './sequence.ts';
import { TcpSocket } from './socket.ts';

/** Headers of IPv4 and TCP without options. */
const HEADERS = 40;

export class TcpLayer {
  readonly namespace: NetworkNamespace;
  readonly ports: PortTable<TcpSocket | TcpConnection>;
  readonly #connections = new Map<string, TcpConnection>();

  constructor(namespace: NetworkNamespace) {
    this.namespace = namespace;
    this.ports = new PortTable(namespace);
    namespace.ip.register(IPPROTO_TCP, (packet) => this.#input(packet));
  }

  open(): TcpSocket {
    return new TcpSocket(this);
  }

  /** In the order in which they were opened. */
  get connections(): readonly TcpConnection[] {
    return [...this.#connections.values()];
  }

  get listeners(): readonly TcpSocket[] {
    return this.ports.all.filter((each) => each instanceof TcpSocket).filter((each) => each.listening);
  }

  /** Whether there is a connection between these two already. */
  has(local: SocketAddress, remote: SocketAddress): boolean {
    return this.#connections.has(key(local, remote));
  }

  remember(connection: TcpConnection): void {
    this.#connections.set(key(connection.local, connection.remote), connection);
    this.ports.add(connection);
  }

  forget(connection: TcpConnection): void {
    const name = key(connection.local, connection.remote);
    if (this.#connections.get(name) === connection) this.#connections.delete(name);
    this.ports.remove(connection);
  }

  /** Ends all, without a word to the peers. */
  abortAll(): void {
    for (const connection of this.connections) connection.end();
  }

  transmit(connection: TcpConnection, segment: TcpSegment): void {
    const { local, remote, options } = connection;
    // An answer to SYN has no connection of its own yet.
    const id = connection.state === 'SYN-RECEIVED' ? 0 : connection.packetId++ & 0xffff;
    this.#send(local, remote, segment, {
      id,
      device: options.device,
      tos: options.tos,
      mark: options.mark,
      ...(options.ttl === null ? {} : { ttl: options.ttl }),
    });
  }

  /** A lost segment is sent again; one that cannot be sent at all is no worse. */
  #send(local: SocketAddress, remote: SocketAddress, segment: TcpSegment, more: object): void {
    try {
      this.namespace.ip.send({
        source: local.address,
        destination: remote.address,
        protocol: IPPROTO_TCP,
        payload: buildTcp(segment, local.address, remote.address),
        dontFragment: true,
        ...more,
      });
    } catch (error) {
      if (!isOsError(error)) throw error;
    }
  }

  /** The segment size that this end can take. */
  localMss(connection: TcpConnection): number {
    return Math.min(this.#mtu(connection), 65_535) - HEADERS;
  }

  #mtu(connection: TcpConnection): number {
    const { routing, ip } = this.namespace;
    try {
      const way = routing.way(connection.remote.address, connection.local.address, connection.options.device);
      return ip.mtuTo(way, connection.remote.address);
    } catch (error) {
      if (isOsError(error)) return 576;
      throw error;
    }
  }

  /** Settles on the segment size that the peer and the way take. */
  chooseMss(connection: TcpConnection): void {
    connection.mss = Math.max(64, Math.min(connection.peerMss, this.localMss(connection)));
    connection.congestion.setMss(connection.mss);
    if (connection.una === connection.iss) connection.congestion.window = 10 * connection.mss;
  }

  /** The peer hears us: its neighbour entry need not be asked about. */
  confirm(connection: TcpConnection): void {
    const { routing, neighbours } = this.namespace;
    const route = routing.lookup(connection.remote.address, connection.options.device);
    if (route?.type === 'unicast' && route.device !== null)
      neighbours.confirm(route.device, route.gateway ?? connection.remote.address);
  }

  #input(packet: Packet): void {
    const { source, destination } = packet.header;
    if (this.namespace.routing.isBroadcast(destination) || isMulticast(destination)) return;
    const segment = parseTcp(packet.payload, source, destination);
    if (segment === null) return;
    const local = { address: destination, port: segment.destinationPort };
    const remote = { address: source, port: segment.sourcePort };
    const connection = this.#connections.get(key(local, remote));
    if (connection !== undefined && !this.#replaces(connection, segment)) {
      segmentArrives(connection, segment);
      return;
    }
    connection?.end();
    const listener = this.#listener(local, packet);
    if (listener === null) this.refuse(local, remote, segment);
    else if ((segment.flags & RST) !== 0) return;
    else if ((segment.flags & ACK) !== 0) this.refuse(local, remote, segment);
    else if ((segment.flags & SYN) !== 0) {
      const child = listener.admit(local, remote);
      if (child === null) return;
      this.remember(child);
      answerSyn(child, segment);
    }
  }

  /** A new connection may take the place of one that only waits for stragglers (RFC 9293, 3.6.1; RFC 1122, 4.2.2.13). */
  #replaces(connection: TcpConnection, segment: TcpSegment): boolean {
    if (connection.state !== 'TIME-WAIT' || (segment.flags & (SYN | ACK | RST)) !== SYN) return false;
    return isAfter(segment.sequence, connection.rcvNxt);
  }

  #listener(local: SocketAddress, packet: Packet): TcpSocket | null {
    let best: TcpSocket | null = null;
    for (const each of this.ports.at(local.port)) {
      if (!(each instanceof TcpSocket) || !each.listening) continue;
      if (each.device !== null && each.device !== packet.input) continue;
      if (each.boundAddress === local.address) return each;
      if (each.boundAddress === 0) best = each;
    }
    return best;
  }

  /** Tells somebody that there is no such connection (RFC 9293, 3.5.2, group 1). */
  refuse(local: SocketAddress, remote: SocketAddress, segment: TcpSegment): void {
    if ((segment.flags & RST) !== 0) return;
    const acknowledges = (segment.flags & ACK) !== 0;
    const length = segment.data.length + (segment.flags & SYN ? 1 : 0) + (segment.flags & 1 ? 1 : 0);
    const reset: TcpSegment = {
      sourcePort: local.port,
      destinationPort: remote.port,
      sequence: acknowledges ? segment.acknowledgement : 0,
      acknowledgement: acknowledges ? 0 : add(segment.sequence, length),
      flags: acknowledges ? RST : RST | ACK,
      window: 0,
      options: NO_OPTIONS,
      data: new Uint8Array(0),
    };
    this.#send(local, remote, reset, {});
  }

  /** An ICMP error about a segment of this host. */
  report(report: IcmpReport): void {
    const local = { address: report.header.source, port: read16(report.payload, 0) };
    const remote = { address: report.header.destination, port: read16(report.payload, 2) };
    const connection = this.#connections.get(key(local, remote));
    if (connection === undefined) return;
    const sequence = read32(report.payload, 4);
    // Only what is under way can have met an error (RFC 5927, 4.1).
    if (isBefore(sequence, connection.una) || isAfter(sequence, connection.max)) return;
    if (report.type === ICMP_DEST_UNREACH && report.code === ICMP_FRAG_NEEDED) {
      this.chooseMss(connection);
      connection.nxt = connection.una;
      output(connection);
      return;
    }
    const error = unreachableError(report.type, report.code);
    if (error === null) return;
    if (connection.state === 'SYN-SENT') connection.fail(error);
    else connection.softError = error;
  }
}

function key(local: SocketAddress, remote: SocketAddress): string {
  return `${local.address}:${local.port}|${remote.address}:${remote.port}`;
}
