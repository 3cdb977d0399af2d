/** One buffer that a driver made available: a chain of pieces of memory, those to read before those to write (virtio 1.2, 2.7.4). */
import type { Dma } from './dma.ts';
import { driverMust } from './driverError.ts';

/** A piece of memory that one descriptor names. */
export interface Piece {
  readonly address: number;
  readonly length: number;
}

/** Pieces of memory seen as one run of bytes. */
export class PieceList {
  /** Bytes in all. */
  readonly length: number;
  readonly #dma: Dma;
  readonly #pieces: readonly Piece[];

  constructor(dma: Dma, pieces: readonly Piece[]) {
    this.#dma = dma;
    this.#pieces = pieces;
    this.length = pieces.reduce((sum, { length }) => sum + length, 0);
  }

  /** A copy of the bytes from `offset` on: `length` of them, or as many as there are. */
  read(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(Math.max(0, Math.min(length, this.length - offset)));
    this.#each(offset, out.length, (address, at, size) => out.set(this.#dma.read(address, size), at));
    return out;
  }

  /** Writes `bytes` from `offset` on, as many as there is room for; returns how many. */
  write(offset: number, bytes: Uint8Array): number {
    const size = Math.max(0, Math.min(bytes.length, this.length - offset));
    this.#each(offset, size, (address, at, count) =>
      this.#dma.write(address, bytes.subarray(at, at + count)),
    );
    return size;
  }

  /** Calls `visit` for each contiguous part of the `length` bytes from `offset` on; `at` counts from 0. */
  #each(offset: number, length: number, visit: (address: number, at: number, size: number) => void): void {
    let start = 0;
    const end = offset + length;
    for (const piece of this.#pieces) {
      const from = Math.max(offset, start);
      const to = Math.min(end, start + piece.length);
      if (from < to) visit(piece.address + from - start, from - offset, to - from);
      start += piece.length;
    }
  }
}

/** What the device popped: `head` is the number to push onto the used ring. */
export interface DescriptorChain {
  readonly head: number;
  readonly readable: PieceList;
  readonly writable: PieceList;
}

const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;
const DESCRIPTOR_SIZE = 16;
/** 2.7.4: no chain is longer in all. */
const LONGEST_CHAIN = 2 ** 32;

interface Table {
  readonly address: number;
  /** Descriptors in it. */
  readonly size: number;
  readonly indirect: boolean;
}

/**
 * Follows the chain from descriptor `head` of the table at `address` with `queueSize` entries.
 * @throws DriverError when the chain breaks a rule of 2.7.4 or 2.7.5 or names what is no memory
 */
export function followChain(
  dma: Dma,
  address: number,
  queueSize: number,
  head: number,
  indirectAllowed: boolean,
): DescriptorChain {
  const readable: Piece[] = [];
  const writable: Piece[] = [];
  let table: Table = { address, size: queueSize, indirect: false };
  let index = head;
  let total = 0;
  for (let steps = 0; ; ) {
    driverMust(index < table.size, `descriptor ${index} of a table of ${table.size}`);
    const at = table.address + index * DESCRIPTOR_SIZE;
    const piece = { address: dma.read32(at) + dma.read32(at + 4) * 2 ** 32, length: dma.read32(at + 8) };
    const flags = dma.read16(at + 12);
    if (flags & INDIRECT) {
      table = indirectTable(dma, piece, flags, table, indirectAllowed);
      index = 0;
      continue;
    }
    // 2.7.5.3.1 and 2.7.4: a chain has no more descriptors than the queue; a longer one is a loop.
    driverMust(++steps <= queueSize, `a chain of more than ${queueSize} descriptors: a loop`);
    const kind = flags & WRITE ? 'store' : 'load';
    driverMust(
      dma.contains(piece.address, piece.length, kind),
      `descriptor ${index} names what is no memory`,
    );
    total += piece.length;
    driverMust(total <= LONGEST_CHAIN, 'a chain of more than 2^32 bytes');
    if (flags & WRITE) writable.push(piece);
    else {
      driverMust(writable.length === 0, 'a device-readable descriptor after a device-writable one');
      readable.push(piece);
    }
    if (!(flags & NEXT)) break;
    index = dma.read16(at + 14);
  }
  return { head, readable: new PieceList(dma, readable), writable: new PieceList(dma, writable) };
}

/** 2.7.5.3: one level, never with NEXT, whole descriptors; the WRITE flag means nothing here. */
function indirectTable(dma: Dma, piece: Piece, flags: number, table: Table, allowed: boolean): Table {
  driverMust(allowed, 'an indirect descriptor without VIRTIO_F_INDIRECT_DESC');
  driverMust(!table.indirect, 'an indirect descriptor in an indirect table');
  driverMust(!(flags & NEXT), 'a descriptor with both INDIRECT and NEXT');
  driverMust(
    piece.length > 0 && piece.length % DESCRIPTOR_SIZE === 0,
    `an indirect table of ${piece.length} bytes`,
  );
  driverMust(dma.contains(piece.address, piece.length), 'an indirect table that is no memory');
  return { address: piece.address, size: piece.length / DESCRIPTOR_SIZE, indirect: true };
}
