/** Sockets of ip(7): streams, datagrams and raw ones. */

import type { EventQueue } from '../../base/index.ts';
import { OsError } from '../../base/index.ts';
import {
  ANY,
  LOOPBACK_ADDRESS,
  type RawSocket,
  type TcpSocket,
  type UdpSocket,
} from '../../network/index.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { Received, SocketAddress } from '../syscalls.ts';
import type { Blocked } from '../tasks/waitQueue.ts';
import {
  type HostNamespace,
  type InetAddress,
  inetAddress,
  numberOption,
  RoomSocketFile,
  requirePort,
} from './socketFile.ts';

const inet = (at: { readonly address: number; readonly port: number }): InetAddress => ({
  family: 'inet',
  address: at.address,
  port: at.port,
});

/** "This host" as a destination is the socket's own address, or the loopback device's (`ip_route_output_key_hash_rcu`). */
const orHere = (remote: number, local: number) => (remote === ANY ? local || LOOPBACK_ADDRESS : remote);

export class StreamFile extends RoomSocketFile<TcpSocket> {
  readonly #events: EventQueue;

  constructor(id: number, namespace: HostNamespace, socket: TcpSocket, events: EventQueue) {
    super(id, namespace, socket);
    this.#events = events;
  }

  override bind(address: SocketAddress, credentials: Credentials): void {
    const { address: local, port } = inetAddress(address);
    requirePort(credentials, this.namespace as HostNamespace, port);
    this.socket.bind(local, port);
  }

  override listen(backlog: number): void {
    this.socket.listen(backlog);
  }

  override accept(id: () => number): StreamFile | Blocked {
    const accepted = this.socket.accept();
    if (accepted === null) return this.wait();
    const file = new StreamFile(id(), this.namespace as HostNamespace, accepted, this.#events);
    file.owner = this.owner;
    return file;
  }

  /** The call is made again after each wait. */
  override connect(address: SocketAddress): Blocked | null {
    const { address: remote, port } = inetAddress(address);
    const begun = this.socket.connecting;
    if (this.socket.connect(orHere(remote, this.socket.local.address), port)) return null;
    if (this.nonblocking) throw new OsError(begun ? 'EALREADY' : 'EINPROGRESS');
    return this.wait();
  }

  send(data: Uint8Array, _to: SocketAddress | null): number | Blocked {
    return this.socket.send(data) ?? this.wait();
  }

  receive(count: number): Received | Blocked {
    const data = this.socket.receive(count);
    if (data === null) return this.wait();
    return { data, from: this.#peerOrAny(), time: this.#events.now };
  }

  override shutdown(how: 'rd' | 'wr' | 'rdwr'): void {
    this.socket.shutdown(how);
  }

  override localAddress(): SocketAddress {
    return inet(this.socket.local);
  }

  override peerAddress(): SocketAddress {
    const { remote } = this.socket;
    if (remote === null) throw new OsError('ENOTCONN');
    return inet(remote);
  }

  #peerOrAny(): SocketAddress {
    return inet(this.socket.remote ?? { address: 0, port: 0 });
  }

  override setOption(name: string, value: number | string): void {
    if (name === 'SO_REUSEADDR') this.socket.reuseAddress = numberOption(value, 0, 1) === 1;
    else if (name === 'TCP_NODELAY') this.socket.noDelay = numberOption(value, 0, 1) === 1;
    else super.setOption(name, value);
  }
}

export class DatagramFile extends RoomSocketFile<UdpSocket> {
  readonly #events: EventQueue;

  constructor(id: number, namespace: HostNamespace, socket: UdpSocket, events: EventQueue) {
    super(id, namespace, socket);
    this.#events = events;
  }

  override bind(address: SocketAddress, credentials: Credentials): void {
    const { address: local, port } = inetAddress(address);
    requirePort(credentials, this.namespace as HostNamespace, port);
    this.socket.bind(local, port);
  }

  override connect(address: SocketAddress): null {
    const { address: remote, port } = inetAddress(address);
    this.socket.connect(orHere(remote, this.socket.local.address), port);
    return null;
  }

  send(data: Uint8Array, to: SocketAddress | null): number {
    return this.socket.send(data, to === null ? null : inetAddress(to));
  }

  receive(count: number): Received | Blocked {
    const datagram = this.socket.receive();
    if (datagram === null) return this.wait();
    return { data: datagram.data.subarray(0, count), from: inet(datagram.from), time: this.#events.now };
  }

  override localAddress(): SocketAddress {
    return inet(this.socket.local);
  }

  override peerAddress(): SocketAddress {
    const { remote } = this.socket;
    if (remote === null) throw new OsError('ENOTCONN');
    return inet(remote);
  }

  override setOption(name: string, value: number | string): void {
    if (name === 'SO_REUSEADDR') this.socket.reuseAddress = numberOption(value, 0, 1) === 1;
    else if (name === 'IP_RECVERR') this.socket.receiveErrors = numberOption(value, 0, 1) === 1;
    else super.setOption(name, value);
  }
}

/** raw(7): what is read has its IPv4 header. */
export class RawFile extends RoomSocketFile<RawSocket> {
  readonly #events: EventQueue;

  constructor(id: number, namespace: HostNamespace, socket: RawSocket, events: EventQueue) {
    super(id, namespace, socket);
    this.#events = events;
  }

  override bind(address: SocketAddress): void {
    this.socket.bind(inetAddress(address).address);
  }

  override connect(address: SocketAddress): null {
    this.socket.connect(inetAddress(address).address);
    return null;
  }

  send(data: Uint8Array, to: SocketAddress | null): number {
    return this.socket.send(data, to === null ? null : inetAddress(to).address);
  }

  receive(count: number): Received | Blocked {
    const packet = this.socket.receive();
    if (packet === null) return this.wait();
    const from = inet({ address: packet.from, port: 0 });
    return { data: packet.bytes.subarray(0, count), from, time: this.#events.now };
  }

  override localAddress(): SocketAddress {
    return inet({ address: this.socket.local, port: 0 });
  }

  override setOption(name: string, value: number | string): void {
    if (name === 'IP_HDRINCL') this.socket.headerIncluded = numberOption(value, 0, 1) === 1;
    else if (name === 'IP_MTU_DISCOVER') this.socket.dontFragment = numberOption(value, 0, 2) === 2;
    else super.setOption(name, value);
  }
}
