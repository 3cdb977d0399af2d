/** An IPv4 packet on its way through a namespace's stack (the kernel's sk_buff). */
import type { NetworkDevice } from '../link/device.ts';
import { type Ipv4Header, readIpv4Header } from '../packet/ipv4.ts';

/** The five places where netfilter looks at packets. */
export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

export class Packet {
  #bytes: Uint8Array;
  #header: Ipv4Header | null = null;
  /** The device it came in by; null for the host's own. */
  readonly input: NetworkDevice | null;
  /** The device it goes out by, once that is known. */
  output: NetworkDevice | null = null;
  /** What connection tracking knows of it; only netfilter looks inside. */
  track: unknown = null;
  /** netfilter's mark. */
  mark = 0;

  /** `bytes` is a well-formed packet and no more. */
  constructor(bytes: Uint8Array, input: NetworkDevice | null) {
    this.#bytes = bytes;
    this.input = input;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get header(): Ipv4Header {
    this.#header ??= readIpv4Header(this.#bytes);
    return this.#header;
  }

  /** What follows the header. */
  get payload(): Uint8Array {
    return this.#bytes.subarray(this.header.headerLength);
  }

  /** Puts other bytes in place: a new TTL, a translated address, a packet made whole of fragments. */
  replace(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#header = null;
  }
}

/** What looks at packets at the five hooks: netfilter. */
export interface PacketFilter {
  /** Whether packets have to be whole before it sees them, since it follows connections. */
  readonly needsWholePackets: boolean;
  /** False: the packet goes no further. It may have been changed. */
  run(hook: Hook, packet: Packet): boolean;
  /** A device went down. */
  deviceDown(device: NetworkDevice): void;
}
