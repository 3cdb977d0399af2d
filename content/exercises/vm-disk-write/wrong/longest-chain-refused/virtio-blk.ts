import type { GuestMemory, Image, Queue } from './api.d.ts';

const SECTOR = 512;
const HEADER = 16;

// Flags of a descriptor (virtio 1.2, 2.7.5), and of the available ring (2.7.6).
const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;
const NO_INTERRUPT = 1;

// Types and statuses of a request (5.2.6).
const IN = 0;
const OUT = 1;
const FLUSH = 4;
const OK = 0;
const IOERR = 1;
const UNSUPP = 2;

interface Piece {
  address: number;
  length: number;
}

/** What the device reads, and what it writes: each is one run of bytes, wherever the driver has cut it. */
interface Chain {
  readable: Piece[];
  writable: Piece[];
}

export function service(queue: Queue, memory: GuestMemory, image: Image): boolean {
  const first = memory.readU16(queue.used + 2);
  let index = first;
  while (index !== memory.readU16(queue.available + 2)) {
    const head = memory.readU16(queue.available + 4 + 2 * (index % queue.size));
    const chain = follow(queue, memory, head);
    const written = chain === null ? 0 : serve(chain, memory, image);
    const element = queue.used + 4 + 8 * (index % queue.size);
    memory.writeU32(element, head);
    memory.writeU32(element + 4, written);
    index = (index + 1) & 0xffff;
    memory.writeU16(queue.used + 2, index);
  }
  return index !== first && (memory.readU16(queue.available) & NO_INTERRUPT) === 0;
}

/** The chain's pieces, or null when the driver broke a rule: nothing of such a chain is carried out. */
function follow(queue: Queue, memory: GuestMemory, head: number): Chain | null {
  const chain: Chain = { readable: [], writable: [] };
  let index = head;
  // Misconception: a chain that has used all entries of the queue must be a loop.
  for (let steps = 1; steps < queue.size; steps++) {
    if (index >= queue.size) return null;
    const at = queue.descriptors + 16 * index;
    const piece = { address: memory.readU64(at), length: memory.readU32(at + 8) };
    const flags = memory.readU16(at + 12);
    if ((flags & INDIRECT) !== 0 || !memory.contains(piece.address, piece.length)) return null;
    if ((flags & WRITE) !== 0) chain.writable.push(piece);
    else if (chain.writable.length > 0) return null;
    else chain.readable.push(piece);
    if ((flags & NEXT) === 0) return size(chain.readable) < HEADER || size(chain.writable) < 1 ? null : chain;
    index = memory.readU16(at + 14);
  }
  return null;
}

/** Carries a request out; returns how many bytes of the chain were written. */
function serve(chain: Chain, memory: GuestMemory, image: Image): number {
  const request = gather(memory, chain.readable);
  const header = new DataView(request.buffer);
  const type = header.getUint32(0, true);
  const sector = header.getUint32(8, true) + header.getUint32(12, true) * 2 ** 32;
  let status = OK;
  let data: Uint8Array = new Uint8Array(0);
  try {
    if (type === IN) {
      const length = size(chain.writable) - 1;
      if (!inside(image, sector, length)) status = IOERR;
      else data = image.read(sector, length / SECTOR);
    } else if (type === OUT) {
      const bytes = request.slice(HEADER);
      if (image.readOnly || !inside(image, sector, bytes.length)) status = IOERR;
      else image.write(sector, bytes);
    } else if (type === FLUSH) image.flush();
    else status = UNSUPP;
  } catch {
    status = IOERR;
  }
  scatter(memory, chain.writable, 0, data);
  scatter(memory, chain.writable, size(chain.writable) - 1, Uint8Array.of(status));
  return data.length + 1;
}

/** Whole sectors, and all of them on the disk. */
function inside(image: Image, sector: number, length: number): boolean {
  return length % SECTOR === 0 && sector + length / SECTOR <= image.sectors;
}

function size(pieces: Piece[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function gather(memory: GuestMemory, pieces: Piece[]): Uint8Array {
  const bytes = new Uint8Array(size(pieces));
  let at = 0;
  for (const { address, length } of pieces) {
    bytes.set(memory.read(address, length), at);
    at += length;
  }
  return bytes;
}

/** Writes `bytes` from byte `offset` of the pieces on. */
function scatter(memory: GuestMemory, pieces: Piece[], offset: number, bytes: Uint8Array): void {
  let start = 0;
  for (const { address, length } of pieces) {
    const from = Math.max(offset, start);
    const to = Math.min(offset + bytes.length, start + length);
    if (from < to) memory.write(address + from - start, bytes.subarray(from - offset, to - offset));
    start += length;
  }
}
