/** A socket of the network room as an open file: what the room answers with "not yet" sleeps here, on a wait queue that the socket wakes. */
import { OsError } from '../../base/index.ts';
import type { DeviceOwner, NetworkNamespace, NetworkSocket } from '../../network/index.ts';
import type { Cgroup } from '../cgroup/cgroup.ts';
import { type Credentials, capable } from '../credentials/credentials.ts';
import { type NetNamespace, NetworkSocketFile } from '../files/networkStack.ts';
import type { Readiness } from '../files/openFile.ts';
import type { SocketAddress } from '../syscalls.ts';
import { Blocked, WaitQueue } from '../tasks/waitQueue.ts';

/** A namespace of this host, as tasks are in it. */
export interface HostNamespace extends NetNamespace {
  readonly network: NetworkNamespace;
  /** Others that devices here lead to, in the order in which they were met. */
  readonly peers: DeviceOwner[];
}

/** Throws EACCES for a port that only CAP_NET_BIND_SERVICE of the namespace's owner may have. */
export function requirePort(
  credentials: Credentials,
  { network, userNs }: HostNamespace,
  port: number,
): void {
  if (port === 0 || port >= network.settings.unprivilegedPortStart) return;
  if (!capable(credentials, userNs, 'CAP_NET_BIND_SERVICE')) throw new OsError('EACCES');
}

export type InetAddress = Extract<SocketAddress, { family: 'inet' }>;

/** Throws EAFNOSUPPORT. */
export function inetAddress(address: SocketAddress): InetAddress {
  if (address.family !== 'inet') throw new OsError('EAFNOSUPPORT');
  return address;
}

/** An option that is a whole number in a range, or a switch; throws EINVAL. */
export function numberOption(value: number | string, low: number, high: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high)
    throw new OsError('EINVAL');
  return value;
}

/** Who made a socket, or the one that it was accepted by. */
export interface SocketOwner {
  readonly uid: number;
  readonly cgroup: Cgroup;
}

export abstract class RoomSocketFile<S extends NetworkSocket = NetworkSocket> extends NetworkSocketFile {
  owner: SocketOwner | null = null;
  protected readonly socket: S;
  readonly #network: NetworkNamespace;
  readonly #changed = new WaitQueue();
  readonly #wake = () => this.#changed.wake();

  constructor(id: number, namespace: HostNamespace, socket: S) {
    super(id, namespace);
    this.socket = socket;
    this.#network = namespace.network;
    socket.onChange = this.#wake;
  }

  /** For those who look at sockets from outside. */
  get roomSocket(): S {
    return this.socket;
  }

  /** Throws EAGAIN for a socket that does not wait. */
  protected wait(): Blocked {
    if (this.nonblocking) throw new OsError('EAGAIN');
    return new Blocked([this.#changed]);
  }

  override poll(): Readiness {
    const state = this.socket.poll();
    // An error wakes whoever waits for either: the next call tells it.
    return { in: state.in || state.error, out: state.out || state.error, hup: state.hup };
  }

  override get queues() {
    return [this.#changed];
  }

  override release(): void {
    this.socket.close();
    this.socket.onChange = () => {};
  }

  override setOption(name: string, value: number | string): void {
    const { socket } = this;
    switch (name) {
      case 'SO_BINDTODEVICE': {
        const device = value === '' ? null : this.#network.device(`${value}`);
        if (value !== '' && device === null) throw new OsError('ENODEV');
        socket.device = device;
        return;
      }
      case 'SO_BROADCAST':
        socket.broadcast = numberOption(value, 0, 1) === 1;
        return;
      case 'SO_MARK':
        socket.mark = numberOption(value, 0, 0xffff_ffff);
        return;
      case 'IP_TTL':
        socket.ttl = numberOption(value, 1, 255);
        return;
      case 'IP_TOS':
        socket.tos = numberOption(value, 0, 255);
        return;
      default:
        super.setOption(name, value);
    }
  }

  override option(name: string): number | string {
    if (name !== 'SO_ERROR') return super.option(name);
    return this.socket.takeError() ?? '';
  }
}
