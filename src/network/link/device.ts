/**
 * A network device (an interface, in netdevice(7)'s word): what frames enter and leave a namespace by. Frames that come in go to
 * listeners (packet sockets), then to what has taken the device over (a VLAN, a bridge), then to the namespace's protocols.
 */
import { assert, OsError } from '../../base/index.ts';
import { isGroupMac, type Mac, readMac } from '../address/mac.ts';
import { frameSummary } from '../capture/summary.ts';
import type { NetworkContext } from '../context.ts';
import { ETH_HLEN, VLAN_HLEN } from '../packet/ethernet.ts';
import '../events.ts';
import type { Qdisc } from './qdisc.ts';

export type DeviceKind = 'loopback' | 'physical' | 'veth' | 'bridge' | 'tap' | 'vlan' | 'dummy';

/** Counters of ip-link(8)'s `-s`. */
export interface DeviceStatistics {
  rxPackets: number;
  rxBytes: number;
  rxErrors: number;
  rxDropped: number;
  rxMulticast: number;
  txPackets: number;
  txBytes: number;
  txErrors: number;
  txDropped: number;
}

/** RFC 2863's states, as ip-link(8) writes them in capitals. */
export type OperState = 'UNKNOWN' | 'DOWN' | 'LOWERLAYERDOWN' | 'UP';

/** The namespace's side of its devices. */
export interface DeviceOwner {
  readonly name: string;
  /** A frame came in that nothing else took. */
  input(device: NetworkDevice, frame: Uint8Array): void;
  /** The device here that has a number. */
  deviceByIndex(index: number): NetworkDevice | null;
  /** Deletes a device of this namespace. */
  remove(device: NetworkDevice): void;
  /** The device went up or down, or its carrier, address or MTU changed. */
  changed(device: NetworkDevice): void;
}

/** Sees each frame that crosses a device: packet(7). */
export type FrameListener = (frame: Uint8Array, direction: 'in' | 'out', device: NetworkDevice) => void;

export abstract class NetworkDevice {
  abstract readonly kind: DeviceKind;
  readonly context: NetworkContext;
  /** Bytes of each frame that the statistics leave out. */
  protected readonly uncounted: number = 0;
  readonly statistics: DeviceStatistics = {
    rxPackets: 0,
    rxBytes: 0,
    rxErrors: 0,
    rxDropped: 0,
    rxMulticast: 0,
    txPackets: 0,
    txBytes: 0,
    txErrors: 0,
    txDropped: 0,
  };
  readonly listeners = new Set<FrameListener>();
  /** Takes all frames before the protocols see them: the bridge that this is a port of. */
  handler: ((frame: Uint8Array) => void) | null = null;
  /** VLAN devices on top of this one, by their id. */
  readonly vlans = new Map<number, NetworkDevice>();
  /** The bridge that this is a port of. */
  master: NetworkDevice | null = null;
  /** How often somebody asked for frames that are not for this device. */
  promiscuity = 0;
  /** IFF_PROMISC as ip-link(8) shows it: asked for by hand, which counts as one. */
  #promiscuous = false;
  /** IFF_MULTICAST. */
  multicast = true;
  /** IFF_ALLMULTI: all multicast frames come in anyway. */
  allMulticast = false;
  /** Without IFF_NOARP. */
  arp = true;
  /** A remark of the administrator's (IFLA_IFALIAS). */
  alias = '';
  owner: DeviceOwner | null = null;
  /** Set by the namespace; unique there, from 1. */
  index = 0;
  name: string;
  #mac: Mac;
  /** Set by hand, so that a bridge keeps it when ports come and go. */
  macIsSet = false;
  #mtu = 1500;
  #up = false;
  /** txqueuelen. */
  queueLength = 1000;
  /** What outgoing frames go through first, when something was put there. */
  qdisc: Qdisc | null = null;

  constructor(context: NetworkContext, name: string, mac: Mac) {
    this.context = context;
    this.name = name;
    this.#mac = mac;
  }

  get promiscuous(): boolean {
    return this.#promiscuous;
  }

  setPromiscuous(on: boolean): void {
    if (on !== this.#promiscuous) this.promiscuity += on ? 1 : -1;
    this.#promiscuous = on;
  }

  get mac(): Mac {
    return this.#mac;
  }

  /** Throws EADDRNOTAVAIL for a group address. */
  setMac(mac: Mac): void {
    if (isGroupMac(mac)) throw new OsError('EADDRNOTAVAIL');
    this.#mac = mac;
    this.macIsSet = true;
    this.announce();
  }

  protected chooseMac(mac: Mac): void {
    this.#mac = mac;
  }

  /** The longest payload of a frame, in bytes. */
  get mtu(): number {
    return this.#mtu;
  }

  /** Throws EINVAL outside of 68 (RFC 791's smallest) … 65535. */
  setMtu(mtu: number): void {
    if (mtu < 68 || mtu > 65_535) throw new OsError('EINVAL');
    this.#mtu = mtu;
    this.announce();
  }

  protected chooseMtu(mtu: number): void {
    this.#mtu = mtu;
  }

  /** IFF_UP: somebody wants it to work. */
  get up(): boolean {
    return this.#up;
  }

  setUp(up: boolean): void {
    if (up === this.#up) return;
    this.#up = up;
    if (!up) this.qdisc?.reset();
    this.upChanged();
    this.announce();
  }

  /** Whether there is somebody at the other end (IFF_LOWER_UP, when it is up as well). */
  get carrier(): boolean {
    return true;
  }

  /** Whether the kernel's own flag says that there is a carrier, which does not ask whether the device is up. */
  protected get carrierFlag(): boolean {
    return this.carrier;
  }

  /**
   * The state without a carrier of a device that stands on another or is joined to it (`default_operstate`, net/core/link_watch.c since
   * Linux 6.2): the other is the one with its number in this namespace, wherever it is itself.
   */
  protected stateWithout(other: NetworkDevice | null): OperState {
    if (other === null || other.index === this.index) return 'DOWN';
    const found = this.owner?.deviceByIndex(other.index);
    return found?.carrierFlag === false ? 'LOWERLAYERDOWN' : 'DOWN';
  }

  get operState(): OperState {
    return this.#up ? (this.carrier ? 'UP' : 'DOWN') : 'DOWN';
  }

  /** Frames can go in and out. */
  get running(): boolean {
    return this.#up && this.carrier;
  }

  get acceptsBroadcast(): boolean {
    return true;
  }

  /** Sends a frame out of this device. */
  send(frame: Uint8Array): void {
    if (!this.running || frame.length < ETH_HLEN) {
      this.lose('tx', frame, this.#up ? 'no carrier' : 'device is down');
      return;
    }
    // As the kernel's is_skb_forwardable: a tag does not count.
    if (frame.length > this.#mtu + ETH_HLEN + VLAN_HLEN) {
      this.lose('tx', frame, 'longer than the MTU');
      return;
    }
    if (this.qdisc === null) this.put(frame);
    else if (!this.qdisc.enqueue(frame)) this.lose('tx', frame, 'queueing discipline');
  }

  /** The frame's turn has come. */
  put(frame: Uint8Array): void {
    if (!this.running) {
      this.lose('tx', frame, this.#up ? 'no carrier' : 'device is down');
      return;
    }
    this.#observe(frame, 'out');
    if (!this.transmit(frame)) return;
    this.statistics.txPackets++;
    this.statistics.txBytes += frame.length - this.uncounted;
  }

  /** Puts a frame on whatever lies behind; false when it was lost, which the device has counted then. */
  protected abstract transmit(frame: Uint8Array): boolean;

  /** A frame arrived from outside. */
  protected receive(frame: Uint8Array): void {
    if (!this.#up) {
      this.statistics.rxDropped++;
      return;
    }
    if (frame.length < ETH_HLEN) {
      this.statistics.rxErrors++;
      return;
    }
    this.statistics.rxPackets++;
    this.statistics.rxBytes += frame.length - this.uncounted;
    if ((frame[0]! & 1) === 1) this.statistics.rxMulticast++;
    this.#observe(frame, 'in');
    if (frame[12] === 0x81 && frame[13] === 0 && frame.length >= ETH_HLEN + VLAN_HLEN) {
      const vlan = this.vlans.get(((frame[14]! & 15) << 8) | frame[15]!);
      if (vlan instanceof NetworkDevice) {
        vlan.fromBelow(frame);
        return;
      }
    }
    if (this.handler !== null) this.handler(frame);
    else this.deliver(frame);
  }

  /** Hands a frame that has arrived to the protocols. */
  protected deliver(frame: Uint8Array): void {
    this.owner?.input(this, frame);
  }

  /** A frame from the device that this one stands on; devices on top of others override it. */
  protected fromBelow(_frame: Uint8Array): void {
    assert(false, `${this.name} stands on no other device`);
  }

  /** Whether a frame is for this device's own protocols. */
  isForUs(frame: Uint8Array): boolean {
    return (frame[0]! & 1) === 1 || readMac(frame, 0) === this.#mac;
  }

  /** Going up or down takes effect on what lies behind. */
  protected upChanged(): void {}

  /** The device leaves the world; what lies behind is told. */
  destroy(): void {}

  /** Tells the namespace that something about the device changed. */
  announce(): void {
    this.owner?.changed(this);
  }

  protected lose(direction: 'rx' | 'tx', frame: Uint8Array, reason: string): void {
    if (direction === 'rx') this.statistics.rxDropped++;
    else this.statistics.txDropped++;
    this.context.trace?.emit('net.lost', this.owner?.name ?? '', {
      device: this.name,
      bytes: frame.length,
      reason,
    });
  }

  #observe(frame: Uint8Array, direction: 'in' | 'out'): void {
    for (const listener of this.listeners) listener(frame, direction, this);
    if (this.context.traceFrames)
      this.context.trace?.emit('net.frame', this.owner?.name ?? '', {
        device: this.name,
        direction,
        bytes: frame.length,
        summary: frameSummary(frame),
      });
  }
}
