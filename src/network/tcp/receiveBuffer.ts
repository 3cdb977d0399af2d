/** What a TCP connection has received: bytes in order that wait for the reader, and those behind a hole. */
import { ByteQueue } from './byteQueue.ts';
import { add, distance, isBefore } from './sequence.ts';

/** The window at first, and the most that it grows to (tcp_rmem, less the kernel's overhead). */
const FIRST_LIMIT = 64_256;
const LARGEST_LIMIT = 3 * 1024 * 1024;

export class ReceiveBuffer {
  readonly #ready = new ByteQueue();
  /** Pieces behind a hole, by sequence number, without overlap. */
  #later: { sequence: number; data: Uint8Array }[] = [];
  #limit = FIRST_LIMIT;
  #readSinceGrowth = 0;

  /** Bytes that can be read now. */
  get length(): number {
    return this.#ready.length;
  }

  /** How many bytes there is room for in all. */
  get limit(): number {
    return this.#limit;
  }

  /** How many bytes more there is room for. What lies behind a hole has its room already. */
  get space(): number {
    return Math.max(0, this.#limit - this.#ready.length);
  }

  get hasHole(): boolean {
    return this.#later.length > 0;
  }

  /** Puts in data that starts at `sequence`; what was received before is left out. The next sequence number that is missing. */
  insert(next: number, sequence: number, data: Uint8Array): number {
    const old = distance(next, sequence);
    if (old >= data.length) return next;
    if (old >= 0) {
      this.#ready.push(data.subarray(old));
      return this.#close(add(next, data.length - old));
    }
    this.#keep(sequence, data);
    return next;
  }

  /** Takes pieces in whose hole is closed. */
  #close(from: number): number {
    let next = from;
    while (this.#later.length > 0 && !isBefore(next, this.#later[0]!.sequence)) {
      const { sequence, data } = this.#later.shift()!;
      const old = distance(next, sequence);
      if (old >= data.length) continue;
      this.#ready.push(data.subarray(old));
      next = add(next, data.length - old);
    }
    return next;
  }

  /** Keeps what is new of a piece behind a hole. */
  #keep(sequence: number, data: Uint8Array): void {
    let at = sequence;
    let rest = data;
    const kept: { sequence: number; data: Uint8Array }[] = [];
    for (const piece of this.#later) {
      const before = Math.min(rest.length, Math.max(0, distance(piece.sequence, at)));
      if (before > 0) kept.push({ sequence: at, data: rest.subarray(0, before) });
      const covered = Math.max(
        0,
        Math.min(rest.length, distance(add(piece.sequence, piece.data.length), at)),
      );
      at = add(at, covered);
      rest = rest.subarray(covered);
      kept.push(piece);
    }
    if (rest.length > 0) kept.push({ sequence: at, data: rest });
    this.#later = kept;
  }

  peek(count: number): Uint8Array {
    return this.#ready.peek(0, count);
  }

  /** Reads at most `count` bytes. A reader that keeps up gets a larger window, as Linux's autotuning gives one. */
  take(count: number): Uint8Array {
    const out = this.#ready.take(count);
    this.#readSinceGrowth += out.length;
    if (this.#readSinceGrowth >= 2 * this.#limit && this.#limit < LARGEST_LIMIT) {
      this.#limit = Math.min(2 * this.#limit, LARGEST_LIMIT);
      this.#readSinceGrowth = 0;
    }
    return out;
  }
}
