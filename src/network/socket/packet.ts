/** Packet sockets: packet(7). They see whole frames, both ways, and send any; tcpdump and DHCP clients use them. */
import { type Nanos, OsError } from '../../base/index.ts';
import { BROADCAST_MAC, isGroupMac, type Mac, readMac } from '../address/mac.ts';
import type { NetworkDevice } from '../link/device.ts';
import { buildEthernet, parseEthernet } from '../packet/ethernet.ts';
import type { NetworkNamespace } from '../stack/namespace.ts';
import { NetworkSocket, type SocketReadiness } from './socket.ts';

/** All EtherTypes. */
export const ETH_P_ALL = 3;

/** Frames that wait to be read. */
const RECEIVE_LIMIT = 1024;

export interface CapturedFrame {
  readonly frame: Uint8Array;
  readonly device: NetworkDevice;
  readonly time: Nanos;
  /** sll_pkttype of packet(7). */
  readonly kind: 'host' | 'broadcast' | 'multicast' | 'otherhost' | 'outgoing';
}

export class PacketSocket extends NetworkSocket {
  readonly #namespace: NetworkNamespace;
  #protocol: number;
  #received: CapturedFrame[] = [];
  #promiscuous: NetworkDevice | null = null;
  /** Frames that found no room. */
  drops = 0;

  /** Made by the namespace. `protocol` is an EtherType or ETH_P_ALL. */
  constructor(namespace: NetworkNamespace, protocol: number) {
    super();
    this.#namespace = namespace;
    this.#protocol = protocol;
  }

  /** An EtherType or ETH_P_ALL. */
  get protocol(): number {
    return this.#protocol;
  }

  /** Bytes that wait to be read. */
  get receiveQueue(): number {
    return this.#received.reduce((sum, { frame }) => sum + frame.length, 0);
  }

  /** Only frames of `device`, or of all for null. */
  bind(device: NetworkDevice | null, protocol = this.#protocol): void {
    this.device = device;
    this.#protocol = protocol;
    this.#received = [];
  }

  /** PACKET_MR_PROMISC: counts as a reason for the device to be promiscuous. */
  setPromiscuous(device: NetworkDevice | null): void {
    if (this.#promiscuous !== null) this.#promiscuous.promiscuity--;
    this.#promiscuous = device;
    if (device !== null) device.promiscuity++;
  }

  /** Sends a whole frame (SOCK_RAW). Throws ENXIO without a device, ENETDOWN, EMSGSIZE, EINVAL. */
  send(frame: Uint8Array, device: NetworkDevice | null = this.device): number {
    if (device === null) throw new OsError('ENXIO');
    if (!device.up) throw new OsError('ENETDOWN');
    if (parseEthernet(frame) === null) throw new OsError('EINVAL');
    if (frame.length > device.mtu + 18) throw new OsError('EMSGSIZE');
    device.send(frame.slice());
    return frame.length;
  }

  /** Sends a payload to an address (SOCK_DGRAM). Throws as {@link send}. */
  sendTo(payload: Uint8Array, to: Mac, type: number, device: NetworkDevice | null = this.device): number {
    if (device === null) throw new OsError('ENXIO');
    this.send(buildEthernet(to, device.mac, type, payload), device);
    return payload.length;
  }

  receive(): CapturedFrame | null {
    this.throwError();
    return this.#received.shift() ?? null;
  }

  poll(): SocketReadiness {
    return { in: this.#received.length > 0, out: true, hup: false, error: this.error !== null };
  }

  close(): void {
    this.setPromiscuous(null);
    this.#namespace.packetSockets.delete(this);
    this.#received = [];
  }

  /** A frame crosses a device of the namespace. */
  observe(frame: Uint8Array, direction: 'in' | 'out', device: NetworkDevice): void {
    if (this.device !== null && this.device !== device) return;
    const type = parseEthernet(frame)?.type;
    if (this.#protocol !== ETH_P_ALL && (direction === 'out' || this.#protocol !== type)) return;
    const to = readMac(frame, 0);
    const addressed = to === device.mac || device.kind === 'loopback' ? 'host' : 'otherhost';
    const kind = to === BROADCAST_MAC ? 'broadcast' : isGroupMac(to) ? 'multicast' : addressed;
    if (kind === 'otherhost' && direction === 'in' && device.promiscuity === 0) return;
    if (this.#received.length >= RECEIVE_LIMIT) {
      this.drops++;
      return;
    }
    this.#received.push({
      frame,
      device,
      time: this.#namespace.context.queue.now,
      kind: direction === 'out' ? 'outgoing' : kind,
    });
    this.onChange();
  }
}
