/** Bytes in a row: taken at the front, added at the back, read anywhere. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** Bytes of the first chunk that were taken. */
  #offset = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }

  /** Drops `count` bytes at the front. */
  drop(count: number): void {
    this.#length -= count;
    let left = count + this.#offset;
    let whole = 0;
    while (whole < this.#chunks.length && this.#chunks[whole]!.length <= left)
      left -= this.#chunks[whole++]!.length;
    if (whole > 0) this.#chunks.splice(0, whole);
    this.#offset = left;
  }

  /** A copy of at most `count` bytes from `at` on. */
  peek(at: number, count: number): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(Math.max(0, Math.min(count, this.#length - at)));
    let skip = at + this.#offset;
    let filled = 0;
    for (const chunk of this.#chunks) {
      if (filled === out.length) break;
      if (skip >= chunk.length) {
        skip -= chunk.length;
        continue;
      }
      const part = chunk.subarray(skip, skip + out.length - filled);
      out.set(part, filled);
      filled += part.length;
      skip = 0;
    }
    return out;
  }

  /** Takes at most `count` bytes. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const out = this.peek(0, count);
    this.drop(out.length);
    return out;
  }
}
