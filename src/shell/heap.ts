/** Memory that a simulated program holds, so that the host knows: what it keeps of its input, or is told to take. */
import { concatBytes } from '../base/index.ts';
import { type Fd, READ_SIZE, Room, type Sys, sys } from '../linux/index.ts';

/** malloc(3) asks the kernel for no less at a time. */
const PIECE = 128 * 1024;

/** Sizes are bytes. */
export class Heap {
  #size = 0;
  #used = 0;

  get used(): number {
    return this.#used;
  }

  /** Takes and writes to so many bytes more. ENOMEM. */
  *grow(bytes: number): Sys<void> {
    this.#used += bytes;
    const missing = Math.ceil((this.#used - this.#size) / PIECE) * PIECE;
    if (missing <= 0) return;
    yield* sys.brk(missing);
    this.#size += missing;
    for (let left = missing; left > 0; left -= PIECE) yield* sys.touch(PIECE);
  }

  /** What is given back can be taken again without the kernel; only large parts are really returned. */
  *shrink(bytes: number): Sys<void> {
    this.#used -= bytes;
    const spare = Math.floor((this.#size - this.#used) / PIECE) * PIECE;
    if (spare < 2 * PIECE) return;
    yield* sys.brk(-spare);
    this.#size -= spare;
  }

  /** That of a child process. */
  clone(): Heap {
    const copy = new Heap();
    copy.#size = this.#size;
    copy.#used = this.#used;
    return copy;
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A program's memory is the host's; ours is spared by keeping equal pieces once: /dev/zero has no end. */
export function sparing(last: Uint8Array | undefined, piece: Uint8Array): Uint8Array {
  return last !== undefined && equal(last, piece) ? last : piece;
}

/** Everything up to end of file as `read` gives it, kept in `heap`. ENOMEM. */
export function* gather(heap: Heap, read: () => Sys<Uint8Array>): Sys<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const own = new Room();
  for (;;) {
    const piece = yield* read();
    if (piece.length === 0) break;
    yield* heap.grow(piece.length);
    const kept = sparing(pieces.at(-1), piece);
    if (kept === piece) own.take(piece.length);
    pieces.push(kept);
  }
  const all = new Room();
  for (const { length } of pieces) all.take(length);
  return concatBytes(pieces);
}

/** All of an input, which the process keeps until its end. ENOMEM. */
export const gatherAll = (fd: Fd): Sys<Uint8Array> => gather(new Heap(), () => sys.read(fd, READ_SIZE));
