/** A socket of icmp(7) that can only ping: what is read has no IPv4 header, and errors have a queue of their own. */
import type { EventQueue } from '../../base/index.ts';
import { OsError } from '../../base/index.ts';
import type { PingSocket } from '../../network/index.ts';
import type { Received, ReceivedError, SocketAddress } from '../syscalls.ts';
import type { Blocked } from '../tasks/waitQueue.ts';
import { type HostNamespace, inetAddress, numberOption, RoomSocketFile } from './socketFile.ts';

export class PingFile extends RoomSocketFile<PingSocket> {
  readonly #events: EventQueue;
  #receivesTtl = false;

  constructor(id: number, namespace: HostNamespace, socket: PingSocket, events: EventQueue) {
    super(id, namespace, socket);
    this.#events = events;
  }

  /** The port is the identifier, and for everybody. */
  override bind(address: SocketAddress): void {
    const { address: local, port } = inetAddress(address);
    this.socket.bind(local, port);
  }

  override connect(address: SocketAddress): null {
    const { address: remote, port } = inetAddress(address);
    this.socket.connect(remote, port);
    return null;
  }

  send(data: Uint8Array, to: SocketAddress | null): number {
    return this.socket.send(data, to === null ? null : inetAddress(to).address);
  }

  receive(count: number): Received | Blocked {
    const reply = this.socket.receive();
    if (reply === null) return this.wait();
    return {
      data: reply.data.subarray(0, count),
      from: { family: 'inet', address: reply.from, port: 0 },
      time: this.#events.now,
      ...(this.#receivesTtl && { ttl: reply.ttl }),
    };
  }

  override receiveError(): ReceivedError {
    const error = this.socket.receiveError();
    if (error === null) throw new OsError('EAGAIN');
    return error;
  }

  override localAddress(): SocketAddress {
    return { family: 'inet', ...this.socket.local };
  }

  override peerAddress(): SocketAddress {
    const { remote } = this.socket;
    if (remote === null) throw new OsError('ENOTCONN');
    return { family: 'inet', ...remote };
  }

  override setOption(name: string, value: number | string): void {
    if (name === 'IP_RECVERR') this.socket.receiveErrors = numberOption(value, 0, 1) === 1;
    else if (name === 'IP_RECVTTL') this.#receivesTtl = numberOption(value, 0, 1) === 1;
    else super.setOption(name, value);
  }
}
