/** Sockets of icmp(7) that can only ping, as Linux' net/ipv4/ping.c has them: the kernel sees to the identifiers, so nobody gets another's answers. */
import { OsError } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';
import { write16 } from '../packet/bytes.ts';
import { checksum } from '../packet/checksum.ts';
import { ICMP_DEST_UNREACH, ICMP_ECHO, ICMP_FRAG_NEEDED } from '../packet/icmp.ts';
import { IPPROTO_ICMP } from '../packet/ipv4.ts';
import type { IcmpReport } from '../stack/icmpLayer.ts';
import type { NetworkNamespace } from '../stack/namespace.ts';
import type { Packet } from '../stack/packet.ts';
import { isFatal, unreachableError } from './icmpErrors.ts';
import { NetworkSocket, RECEIVE_BUFFER, RECEIVE_OVERHEAD, type SocketReadiness } from './socket.ts';

/** Of an ICMP message, in bytes. */
const HEADER = 8;

/** An answer to a request of the socket. */
export interface PingReply {
  /** The ICMP message. */
  readonly data: Uint8Array;
  readonly from: Ipv4;
  readonly ttl: number;
}

/** What stands in the error queue: ip(7)'s sock_extended_err, and the request it is about. */
export interface PingError {
  readonly type: number;
  readonly code: number;
  /** The MTU of "fragmentation needed", in bytes. */
  readonly mtu: number;
  /** Who told. */
  readonly offender: Ipv4;
  /** Whom the request was for. */
  readonly destination: Ipv4;
  /** At least eight bytes of the ICMP message that was sent. */
  readonly data: Uint8Array;
}

export class PingSocket extends NetworkSocket {
  readonly #layer: PingLayer;
  readonly #namespace: NetworkNamespace;
  #address: Ipv4 = 0;
  #identifier = 0;
  #remote: { readonly address: Ipv4; readonly port: number } | null = null;
  #received: PingReply[] = [];
  #errors: PingError[] = [];
  /** Answers that found no room. */
  drops = 0;
  /** IP_RECVERR: errors go to a queue of their own, and all of them are told. */
  receiveErrors = false;

  /** Made by {@link PingLayer.open}. */
  constructor(layer: PingLayer, namespace: NetworkNamespace) {
    super();
    this.#layer = layer;
    this.#namespace = namespace;
  }

  /** getsockname(2): the port is the identifier, 0 before there is one. */
  get local(): { readonly address: Ipv4; readonly port: number } {
    return { address: this.#address, port: this.#identifier };
  }

  get remote(): { readonly address: Ipv4; readonly port: number } | null {
    return this.#remote;
  }

  /** Bytes that wait to be read. */
  get receiveQueue(): number {
    return this.#received.reduce((sum, { data }) => sum + data.length, 0);
  }

  /** bind(2); identifier 0 chooses one. Others may have the same one. Throws EADDRNOTAVAIL, EINVAL when bound already. */
  bind(address: Ipv4, identifier: number): void {
    if (address !== 0 && !this.#namespace.routing.isLocal(address)) throw new OsError('EADDRNOTAVAIL');
    if (this.#identifier !== 0) throw new OsError('EINVAL');
    this.#address = address;
    this.#identifier = identifier === 0 ? this.#layer.chooseIdentifier() : identifier;
    this.#layer.add(this);
  }

  /** connect(2). Throws what there is no way for. */
  connect(address: Ipv4, port: number): void {
    const way = this.#namespace.routing.way(address, this.#address, this.device);
    if (way.type === 'broadcast' && !this.broadcast) throw new OsError('EACCES');
    if (this.#identifier === 0) this.bind(0, 0);
    this.#address ||= way.source;
    this.#remote = { address, port };
  }

  /** An echo request. Throws EINVAL for anything else, EMSGSIZE, EDESTADDRREQ, EACCES, and what sending a packet may throw. */
  send(data: Uint8Array, to: Ipv4 | null = null): number {
    if (this.#identifier === 0) this.bind(0, 0);
    if (data.length > 0xffff) throw new OsError('EMSGSIZE');
    if (data.length < HEADER || data[0] !== ICMP_ECHO || data[1] !== 0) throw new OsError('EINVAL');
    const destination = to ?? this.#remote?.address ?? null;
    if (destination === null) throw new OsError('EDESTADDRREQ');
    this.throwError();
    const { ip, routing, settings } = this.#namespace;
    const way = routing.way(destination, this.#address, this.device);
    if (way.type === 'broadcast' && !this.broadcast) throw new OsError('EACCES');
    const message = data.slice();
    write16(message, 4, this.#identifier);
    write16(message, 2, 0);
    write16(message, 2, checksum(message));
    ip.send({
      destination,
      source: this.#address || way.source,
      protocol: IPPROTO_ICMP,
      payload: message,
      device: this.device,
      ttl: this.ttl ?? settings.defaultTtl,
      tos: this.tos,
      mark: this.mark,
      // Path MTU discovery where the request fits, as by default of every socket.
      dontFragment: message.length + 20 <= ip.mtuTo(way, destination),
    });
    return data.length;
  }

  /** The next answer; null when none waits. Throws an error that came in the meantime, once. */
  receive(): PingReply | null {
    this.throwError();
    return this.#received.shift() ?? null;
  }

  /** The next of the error queue (MSG_ERRQUEUE); null when it is empty. */
  receiveError(): PingError | null {
    const first = this.#errors.shift();
    if (first === undefined) return null;
    this.takeError();
    const [next] = this.#errors;
    if (next !== undefined) this.fail(unreachableError(next.type, next.code)!);
    return first;
  }

  poll(): SocketReadiness {
    const error = this.error !== null || this.#errors.length > 0;
    return { in: this.#received.length > 0, out: true, hup: false, error };
  }

  close(): void {
    this.#layer.remove(this);
    this.#received = [];
    this.#errors = [];
  }

  /** Whether what came to `address` by the device of `packet` is for this socket. */
  isFor(identifier: number, address: Ipv4, packet: Packet): boolean {
    return (
      this.#identifier === identifier &&
      (this.#address === 0 || this.#address === address) &&
      (this.device === null || this.device === packet.input)
    );
  }

  deliver(packet: Packet): void {
    const { source, ttl } = packet.header;
    const waiting = this.receiveQueue + this.#received.length * RECEIVE_OVERHEAD;
    if (waiting + packet.payload.length + RECEIVE_OVERHEAD > RECEIVE_BUFFER) {
      this.drops++;
      return;
    }
    this.#received.push({ data: packet.payload.slice(), from: source, ttl });
    this.onChange();
  }

  /** An error that a request of this socket met; without IP_RECVERR only a connected socket hears of it, and only of what is for good. */
  reported({ type, code, mtu, header, payload }: IcmpReport, offender: Ipv4): void {
    const tooLong = type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED;
    const error = unreachableError(type, code);
    if (error === null) return;
    if (!this.receiveErrors) {
      if (this.#remote === null || !(tooLong || isFatal(type, code))) return;
    } else {
      const { destination } = header;
      this.#errors.push({ type, code, mtu, offender, destination, data: payload.slice() });
    }
    this.fail(error);
  }
}

export class PingLayer {
  readonly #namespace: NetworkNamespace;
  /** Those that have an identifier, in the order in which they got it. */
  readonly sockets = new Set<PingSocket>();

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
  }

  open(): PingSocket {
    return new PingSocket(this, this.#namespace);
  }

  /** The one after that which was chosen last, in whichever namespace, that nobody here has. */
  chooseIdentifier(): number {
    const { context } = this.#namespace;
    const taken = new Set([...this.sockets].map(({ local }) => local.port));
    for (let i = 1; i <= 0xffff; i++) {
      const identifier = (((context.lastPingIdentifier ?? 0) + i - 1) % 0xffff) + 1;
      if (taken.has(identifier)) continue;
      context.lastPingIdentifier = identifier;
      return identifier;
    }
    throw new OsError('EADDRINUSE');
  }

  add(socket: PingSocket): void {
    this.sockets.add(socket);
  }

  remove(socket: PingSocket): void {
    this.sockets.delete(socket);
  }

  /** An echo reply for this host. */
  input(packet: Packet, identifier: number): void {
    this.#find(identifier, packet.header.destination, packet)?.deliver(packet);
  }

  /** `packet` brought an error about an echo request of this host. */
  report(report: IcmpReport, packet: Packet): void {
    const { payload, header } = report;
    if (payload[0] !== ICMP_ECHO) return;
    const identifier = (payload[4]! << 8) | payload[5]!;
    this.#find(identifier, header.source, packet)?.reported(report, packet.header.source);
  }

  /** Of those with the same identifier the one that got it last. */
  #find(identifier: number, address: Ipv4, packet: Packet): PingSocket | undefined {
    return [...this.sockets].findLast((socket) => socket.isFor(identifier, address, packet));
  }
}
