/** A guest's memory with a virtqueue in it, and a disk image: what a case of a check is played on. */
import { OsError } from '../../../src/exercise/index.ts';
import type { Queue } from './api.d.ts';
import type { HostImage, HostMemory } from './binding.ts';
import {
  type Case,
  dataByte,
  HEADER,
  imageByte,
  MOST_SECTORS,
  OUT,
  type Request,
  SECTOR,
  sum,
} from './cases.ts';

/** Where RAM begins in a RISC-V guest, and how much of it a case has. */
export const RAM = 0x8000_0000;
export const RAM_SIZE = 0x4000;
/** There is room behind the longest table: what a driver writes there looks like descriptors, and is none. */
const AVAILABLE = 0x480;
const USED = 0x600;
const BUFFERS = 0x900;

export const NEXT = 1;
export const WRITE = 2;
export const INDIRECT = 4;
/** What a status byte holds until the device writes it: none of its values. */
export const UNANSWERED = 0xff;

export interface Descriptor {
  /** Its place in the table. */
  readonly index: number;
  readonly address: number;
  readonly length: number;
  readonly flags: number;
  readonly next: number;
}

/** A request as it lies in memory. */
export interface Chain {
  readonly head: number;
  /** In the order of the chain; one that comes back to itself ends before that. */
  readonly descriptors: readonly Descriptor[];
}

export interface Laid {
  readonly queue: Queue;
  readonly ram: Uint8Array;
  readonly image: Uint8Array;
  readonly chains: readonly Chain[];
}

/** The longest image of a case. */
const WHOLE_IMAGE = Uint8Array.from({ length: MOST_SECTORS * SECTOR }, (_, at) => imageByte(at));

/** Lays a case out, as the driver and the host would have done before the doorbell. */
export function layOut(tried: Case): Laid {
  const ram = new Uint8Array(RAM_SIZE);
  const view = new DataView(ram.buffer);
  const { size, start } = tried;
  const queue = { size, descriptors: RAM, available: RAM + AVAILABLE, used: RAM + USED };
  const place = new Places(size);
  const chains = tried.requests.map((request, number) => {
    const chain = chainOf(request, place);
    for (const { index, address, length, flags, next } of chain.descriptors) {
      view.setBigUint64(16 * index, BigInt(address), true);
      view.setUint32(16 * index + 8, length, true);
      view.setUint16(16 * index + 12, flags, true);
      view.setUint16(16 * index + 14, next, true);
    }
    fill(ram, request, number, chain);
    view.setUint16(AVAILABLE + 4 + 2 * ((start + number) % size), chain.head, true);
    return chain;
  });
  view.setUint16(AVAILABLE, tried.noInterrupt ? 1 : 0, true);
  view.setUint16(AVAILABLE + 2, start + chains.length, true);
  view.setUint16(USED + 2, start, true);
  const image = WHOLE_IMAGE.slice(0, tried.sectors * SECTOR);
  return { queue, ram, image, chains };
}

/** Hands out descriptors, none beside its neighbour, and buffers. */
class Places {
  readonly #size: number;
  #descriptor = 0;
  #beyond = 0;
  #buffer = RAM + BUFFERS;
  #end = true;

  constructor(size: number) {
    this.#size = size;
  }

  descriptor(): number {
    return (3 + 5 * this.#descriptor++) % this.#size;
  }

  /** An index behind the table's end. */
  beyond(): number {
    return this.#size + this.#beyond++;
  }

  buffer(length: number): number {
    const at = this.#buffer;
    this.#buffer += Math.ceil((length + 8) / 16) * 16;
    return at;
  }

  /** One buffer of a case may end where memory ends. */
  atEnd(length: number): number {
    if (!this.#end) return this.buffer(length);
    this.#end = false;
    return RAM + RAM_SIZE - length;
  }
}

function chainOf(request: Request, place: Places): Chain {
  const { type, fault, atEnd = false } = request;
  const readable = fault === 'short header' ? [8] : request.readable;
  const writable = fault === 'no status' ? [] : request.writable;
  const pieces = [
    ...readable.map((length) => ({ length, write: false })),
    ...writable.map((length) => ({ length, write: true })),
  ];
  if (fault === 'order') pieces.splice(readable.length + 1, 0, { length: SECTOR, write: false });
  const lastData = type === OUT ? readable.length - 1 : readable.length + writable.length - 2;
  // A chain that leaves the table goes on behind it, as if nothing were wrong.
  const outside = fault === 'head' ? 0 : fault === 'next' ? lastData + 1 : -1;
  const indices = pieces.map((_piece, i) => (i === outside ? place.beyond() : place.descriptor()));
  const descriptors = pieces.map(({ length, write }, i): Descriptor => {
    const data = i === lastData;
    let address = data && atEnd ? place.atEnd(length) : place.buffer(length);
    let next = indices[i + 1] ?? 0;
    let flags = (i + 1 < pieces.length ? NEXT : 0) | (write ? WRITE : 0);
    if (data && fault === 'outside') address = RAM + RAM_SIZE;
    else if (data && fault === 'edge') address = RAM + RAM_SIZE - length + 1;
    else if (data && fault === 'below') address = RAM - length;
    else if (data && fault === 'high') address += 2 ** 32;
    else if (data && fault === 'loop') next = indices[i]!;
    else if (data && fault === 'indirect') flags |= INDIRECT;
    if (data && fault === 'loop') flags |= NEXT;
    return { index: indices[i]!, address, length, flags, next };
  });
  return { head: indices[0]!, descriptors };
}

/** What the driver puts into the buffers: header and data for the device to read, and a mark where the status goes. */
function fill(ram: Uint8Array, request: Request, number: number, chain: Chain): void {
  const header = new DataView(new ArrayBuffer(HEADER));
  header.setUint32(0, request.type, true);
  header.setBigUint64(8, BigInt(request.sector), true);
  let at = 0;
  for (const { address, length, flags } of chain.descriptors) {
    for (let i = 0; i < length; i++) {
      const to = address - RAM + i;
      if (to < BUFFERS || to >= RAM_SIZE) continue;
      if ((flags & WRITE) !== 0) ram[to] = UNANSWERED;
      else ram[to] = at + i < HEADER ? header.getUint8(at + i) : dataByte(number, at + i - HEADER);
    }
    if ((flags & WRITE) === 0) at += length;
  }
}

/** A state that the guest could see: the used index has just moved. */
export interface Published {
  readonly index: number;
  readonly ram: Uint8Array;
  /** What a power cut would leave of the image now. */
  readonly durable: Uint8Array;
}

/** The memory and the image, as they answer the learner's code; what happens is noted. */
export class Machine implements HostMemory {
  readonly laid: Laid;
  readonly ram: Uint8Array;
  /** Longer than the disk, if somebody wrote beyond its end. */
  image: Uint8Array;
  #durable: Uint8Array;
  readonly published: Published[] = [];
  readonly #broken: Case['broken'];
  readonly #watched: boolean;

  /** `watched`: each move of the used index is noted in {@link Machine.published}. */
  constructor(laid: Laid, broken: Case['broken'], watched = true) {
    this.laid = laid;
    this.ram = laid.ram.slice();
    this.image = laid.image.slice();
    this.#durable = laid.image.slice();
    this.#broken = broken;
    this.#watched = watched;
  }

  contains(address: number, length: number): boolean {
    return address >= RAM && length <= RAM_SIZE && address + length <= RAM + RAM_SIZE;
  }

  read(address: number, length: number): Uint8Array {
    const at = this.#inside(address, length);
    return this.ram.slice(at, at + length);
  }

  write(address: number, bytes: Uint8Array): void {
    const at = this.#inside(address, bytes.length);
    const before = this.#usedIndex();
    this.ram.set(bytes, at);
    if (!this.#watched) return;
    const index = this.#usedIndex();
    if (index !== before) this.published.push({ index, ram: this.ram.slice(), durable: this.#durable });
  }

  readonly disk: HostImage = {
    read: (sector, count) => {
      this.#mayFail('read');
      const bytes = new Uint8Array(count * SECTOR);
      bytes.set(this.image.subarray(sector * SECTOR, (sector + count) * SECTOR));
      return bytes;
    },
    write: (sector, bytes) => {
      this.#mayFail('write');
      this.#grow(sector * SECTOR + bytes.length);
      this.image.set(bytes, sector * SECTOR);
    },
    flush: () => {
      this.#mayFail('flush');
      this.#durable = this.image.slice();
    },
  };

  #usedIndex(): number {
    return this.ram[USED + 2]! | (this.ram[USED + 3]! << 8);
  }

  #inside(address: number, length: number): number {
    if (this.contains(address, length)) return address - RAM;
    throw new OsError('EFAULT', `${length} bytes at ${hex(address)} are not the guest’s memory`);
  }

  /** A host's file system has an end, too. */
  #grow(size: number): void {
    if (size <= this.image.length) return;
    if (size > 2 ** 24) throw new OsError('EFBIG', 'the image would grow beyond what the host can hold');
    const grown = new Uint8Array(size);
    grown.set(this.image);
    this.image = grown;
  }

  #mayFail(what: 'read' | 'write' | 'flush'): void {
    if (this.#broken === what) throw new OsError('EIO', `the host’s disk fails to ${what}`);
  }
}

export const hex = (address: number) => `0x${BigInt(address).toString(16)}`;

/** The used element of the chain that was offered as number `number`. */
export function usedElement(ram: Uint8Array, tried: Case, number: number): { id: number; length: number } {
  const view = new DataView(ram.buffer, ram.byteOffset);
  const at = USED + 4 + 8 * ((tried.start + number) % tried.size);
  return { id: view.getUint32(at, true), length: view.getUint32(at + 4, true) };
}

export const usedIndex = (ram: Uint8Array) => ram[USED + 2]! | (ram[USED + 3]! << 8);

/** The bytes of a chain's descriptors of one direction, in its order, as they lie in `ram`. */
export function chainBytes(ram: Uint8Array, chain: Chain, direction: 'readable' | 'writable'): Uint8Array {
  const pieces = chain.descriptors.filter(
    ({ flags }) => ((flags & WRITE) !== 0) === (direction === 'writable'),
  );
  const bytes = new Uint8Array(sum(pieces.map(({ length }) => length)));
  let to = 0;
  for (const { address, length } of pieces) {
    bytes.set(ram.subarray(address - RAM, address - RAM + length), to);
    to += length;
  }
  return bytes;
}

/** Whether two arrays of whole words at whole words' places are the same: by far the most often they are. */
function sameWords(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length || (a.length | a.byteOffset | b.byteOffset) & 3) return false;
  const [these, those] = [a, b].map(
    ({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length / 4),
  );
  for (let at = 0; at < these!.length; at++) if (these![at] !== those![at]) return false;
  return true;
}

/** The first place at which two arrays differ, what one of them lacks included; -1 when there is none. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const length = Math.max(a.length, b.length);
  if (sameWords(a, b)) return -1;
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return at;
  return -1;
}
