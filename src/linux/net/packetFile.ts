/** Sockets of packet(7) as open files: whole frames, of one device or of all. */
import { OsError } from '../../base/index.ts';
import type { PacketSocket } from '../../network/index.ts';
import type { Received, SocketAddress } from '../syscalls.ts';
import type { Blocked } from '../tasks/waitQueue.ts';
import { type HostNamespace, RoomSocketFile } from './socketFile.ts';

export class PacketFile extends RoomSocketFile<PacketSocket> {
  readonly #space: HostNamespace;

  constructor(id: number, namespace: HostNamespace, socket: PacketSocket) {
    super(id, namespace, socket);
    this.#space = namespace;
  }

  #device(index: number) {
    if (index === 0) return null;
    const device = this.#space.network.deviceByIndex(index);
    if (device === null) throw new OsError('ENODEV');
    return device;
  }

  override bind(address: SocketAddress): void {
    if (address.family !== 'packet') throw new OsError('EINVAL');
    const { protocol = 0 } = address;
    this.socket.bind(this.#device(address.device), ...(protocol === 0 ? [] : [protocol]));
  }

  send(data: Uint8Array, to: SocketAddress | null): number {
    if (to === null) return this.socket.send(data);
    if (to.family !== 'packet') throw new OsError('EINVAL');
    return this.socket.send(data, this.#device(to.device));
  }

  receive(count: number): Received | Blocked {
    const captured = this.socket.receive();
    if (captured === null) return this.wait();
    const { frame, device, kind, time } = captured;
    return { data: frame.slice(0, count), from: { family: 'packet', device: device.index, kind }, time };
  }

  override setOption(name: string, value: number | string): void {
    if (name === 'PACKET_ADD_MEMBERSHIP' && typeof value === 'number')
      this.socket.setPromiscuous(this.#device(value));
    else super.setOption(name, value);
  }

  /** PACKET_STATISTICS: how many frames found no room. */
  override option(name: string): number | string {
    return name === 'PACKET_STATISTICS' ? this.socket.drops : super.option(name);
  }
}
