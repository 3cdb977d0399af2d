/** Fragmentation and reassembly (RFC 791, 3.2), with Linux's 30 seconds for what stays incomplete (ipfrag_time). */
import { type ScheduledEvent, SECOND } from '../../base/index.ts';
import type { NetworkContext } from '../context.ts';
import { write16 } from '../packet/bytes.ts';
import { type Ipv4Header, setIpv4Checksum } from '../packet/ipv4.ts';
import { Packet } from './packet.ts';

const TIMEOUT = 30 * SECOND;
/** Packets of which some fragments wait; more are dropped, so that an attack takes no memory (ipfrag_high_thresh). */
const MOST_WAITING = 64;
/** Fragments of one packet; 65,535 bytes in the smallest usual pieces. */
const MOST_FRAGMENTS = 128;

/** The packet in pieces that fit into `mtu` bytes, each a multiple of 8 but for the last. */
export function fragment(bytes: Uint8Array, header: Ipv4Header, mtu: number): Uint8Array[] {
  const size = (mtu - header.headerLength) & ~7;
  const data = bytes.subarray(header.headerLength, header.totalLength);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += size) {
    const part = data.subarray(at, at + size);
    const piece = new Uint8Array(header.headerLength + part.length);
    piece.set(bytes.subarray(0, header.headerLength));
    piece.set(part, header.headerLength);
    const more = at + size < data.length || header.moreFragments;
    write16(piece, 2, piece.length);
    write16(piece, 6, (more ? 0x2000 : 0) | ((header.fragmentOffset + at) >> 3));
    setIpv4Checksum(piece);
    pieces.push(piece);
  }
  return pieces;
}

interface Waiting {
  readonly parts: { at: number; data: Uint8Array }[];
  /** The packet that came first by offset, whose header counts. */
  first: Packet | null;
  /** Length of the whole data, once the last fragment is there. */
  end: number | null;
  readonly timer: ScheduledEvent;
}

export class Reassembly {
  readonly #context: NetworkContext;
  readonly #waiting = new Map<string, Waiting>();
  readonly #expired: (first: Packet) => void;

  /** `expired` is called with the first fragment of a packet of which the rest did not come in time. */
  constructor(context: NetworkContext, expired: (first: Packet) => void) {
    this.#context = context;
    this.#expired = expired;
  }

  /** Packets of which parts are missing, and bytes that are there of them. */
  get waiting(): { readonly packets: number; readonly bytes: number } {
    const parts = [...this.#waiting.values()].flatMap((each) => each.parts);
    return { packets: this.#waiting.size, bytes: parts.reduce((sum, { data }) => sum + data.length, 0) };
  }

  /** The packet made whole: at once when it is no fragment, null while parts of it are missing. */
  add(packet: Packet): Packet | null {
    const { header } = packet;
    if (!header.moreFragments && header.fragmentOffset === 0) return packet;
    const data = packet.bytes.subarray(header.headerLength, header.totalLength);
    const end = header.fragmentOffset + data.length;
    if (end > 65_535 - header.headerLength || (header.moreFragments && data.length % 8 !== 0)) return null;
    const key = `${header.source}|${header.destination}|${header.protocol}|${header.id}`;
    const waiting = this.#waiting.get(key) ?? this.#start(key);
    if (waiting === null) return null;
    // Overlapping parts are an attack; the whole packet goes (RFC 5722 for IPv6, and Linux for both).
    const overlaps = waiting.parts.some(
      (part) => part.at < end && header.fragmentOffset < part.at + part.data.length,
    );
    const beyond =
      waiting.end !== null && (end > waiting.end || (!header.moreFragments && end !== waiting.end));
    if (overlaps || beyond || waiting.parts.length >= MOST_FRAGMENTS) {
      this.#forget(key, waiting);
      return null;
    }
    waiting.parts.push({ at: header.fragmentOffset, data });
    if (header.fragmentOffset === 0) waiting.first = packet;
    if (!header.moreFragments) waiting.end = end;
    return this.#whole(key, waiting);
  }

  #start(key: string): Waiting | null {
    if (this.#waiting.size >= MOST_WAITING) return null;
    const timer = this.#context.queue.after(TIMEOUT, () => {
      this.#waiting.delete(key);
      if (waiting.first !== null) this.#expired(waiting.first);
    });
    const waiting: Waiting = { parts: [], first: null, end: null, timer };
    this.#waiting.set(key, waiting);
    return waiting;
  }

  #forget(key: string, waiting: Waiting): void {
    waiting.timer.cancel();
    this.#waiting.delete(key);
  }

  #whole(key: string, waiting: Waiting): Packet | null {
    const { first, end, parts } = waiting;
    const have = parts.reduce((sum, part) => sum + part.data.length, 0);
    if (first === null || end === null || have !== end) return null;
    this.#forget(key, waiting);
    const { headerLength } = first.header;
    const bytes = new Uint8Array(headerLength + end);
    bytes.set(first.bytes.subarray(0, headerLength));
    for (const part of parts) bytes.set(part.data, headerLength + part.at);
    write16(bytes, 2, bytes.length);
    write16(bytes, 6, 0);
    setIpv4Checksum(bytes);
    return new Packet(bytes, first.input);
  }
}
