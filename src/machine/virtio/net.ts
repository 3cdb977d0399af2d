/** The network device (virtio 1.2, 5.1): one receive and one transmit queue, no offloads, no control queue. */
import type { Nanos, Trace } from '../../base/index.ts';
import type { DescriptorChain } from './descriptorChain.ts';
import type { DeviceState, VirtioDevice, VirtioLink } from './device.ts';
import { driverMust } from './driverError.ts';

/** What the device is plugged into: a link, a tap. Frames are Ethernet frames without their checksum. */
export interface NetBackend {
  /** The guest sends a frame. */
  transmit(frame: Uint8Array): void;
}

/** The time from the doorbell to the wire, and from the wire to the driver's buffer. */
export const NET_LATENCY: Nanos = 2_000;

const RECEIVE = 0;
const TRANSMIT = 1;
/** Feature bits (5.1.3). */
const F_MAC = 1n << 5n;
const F_STATUS = 1n << 16n;
const STATUS_LINK_UP = 1;
/** struct virtio_net_hdr with num_buffers, which VERSION_1 always has (5.1.6). */
const HEADER_SIZE = 12;
/** An Ethernet frame of 1514 bytes, and the 4 of a VLAN tag. */
const LONGEST_FRAME = 1518;

export class NetDevice implements VirtioDevice {
  readonly id = 1;
  readonly features = F_MAC | F_STATUS;
  readonly queueSizes = [256, 256];
  readonly #name: string;
  readonly #mac: Uint8Array;
  readonly #backend: NetBackend;
  readonly #trace: Trace | null;
  #link: VirtioLink | null = null;
  #linkUp = true;

  /** `mac` is 6 bytes; `name` is the trace's subject. */
  constructor(name: string, mac: Uint8Array, backend: NetBackend, trace: Trace | null = null) {
    this.#name = name;
    this.#mac = mac;
    this.#backend = backend;
    this.#trace = trace;
  }

  attach(link: VirtioLink): void {
    this.#link = link;
  }

  /** 5.1.4: mac, status. */
  config(): Uint8Array {
    return Uint8Array.of(...this.#mac, this.#linkUp ? STATUS_LINK_UP : 0, 0);
  }

  /** The cable is plugged in or pulled out. */
  setLink(up: boolean): void {
    if (up === this.#linkUp) return;
    this.#linkUp = up;
    this.#link!.configChanged();
  }

  /** A frame comes in from the wire. Without a buffer for it, it is lost, as on any network. */
  receive(frame: Uint8Array): void {
    const copy = frame.slice();
    this.#link!.after(NET_LATENCY, () => this.#deliver(copy));
  }

  reset(): void {}

  save(): DeviceState {
    return { linkUp: this.#linkUp };
  }

  restore(state: DeviceState): void {
    this.#linkUp = state['linkUp'] as boolean;
  }

  /** Buffers for receiving wait in their queue until a frame comes. */
  notify(queue: number): void {
    const link = this.#link!;
    if (queue !== TRANSMIT) return;
    for (let chain = link.pop(TRANSMIT); chain; chain = link.pop(TRANSMIT)) {
      const taken = chain;
      link.after(NET_LATENCY, () => this.#send(taken));
    }
  }

  /** 5.1.6.2: without offloads the header says nothing; what follows is the frame. */
  #send(chain: DescriptorChain): void {
    const size = chain.readable.length - HEADER_SIZE;
    driverMust(size >= 0, `a packet of ${chain.readable.length} bytes, shorter than its header`);
    driverMust(size <= LONGEST_FRAME, `a frame of ${size} bytes`);
    const frame = chain.readable.read(HEADER_SIZE, size);
    this.#link!.push(TRANSMIT, chain, 0);
    if (this.#linkUp) this.#backend.transmit(frame);
    else this.#drop(size, 'link not up');
  }

  /** 5.1.6.4: header with num_buffers 1, then the frame, in one chain since mergeable buffers are not offered. */
  #deliver(frame: Uint8Array): void {
    const chain = this.#linkUp ? this.#link!.pop(RECEIVE) : null;
    if (!chain) {
      this.#drop(frame.length, this.#linkUp ? 'no buffer' : 'link not up');
    } else if (chain.writable.length < HEADER_SIZE + frame.length) {
      this.#link!.push(RECEIVE, chain, 0);
      this.#drop(frame.length, 'buffer too small');
    } else {
      const header = new Uint8Array(HEADER_SIZE);
      header[10] = 1;
      chain.writable.write(0, header);
      chain.writable.write(HEADER_SIZE, frame);
      this.#link!.push(RECEIVE, chain, HEADER_SIZE + frame.length);
    }
  }

  #drop(bytes: number, reason: 'no buffer' | 'buffer too small' | 'link not up'): void {
    this.#trace?.emit('net.drop', this.#name, { bytes, reason });
  }
}
