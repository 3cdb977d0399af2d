/** The multiplexed stream of attach and logs: frames of an 8-byte header (stream, 0, 0, 0, big-endian length) and bytes. */
import { concatBytes } from '../base/index.ts';

export type Stream = 1 | 2;

export function frame(stream: Stream, bytes: Uint8Array): Uint8Array {
  const size = bytes.length;
  return concatBytes([
    Uint8Array.of(stream, 0, 0, 0, size >>> 24, (size >> 16) & 255, (size >> 8) & 255, size & 255),
    bytes,
  ]);
}

/** Takes frames apart as bytes arrive. */
export class FrameReader {
  #bytes: Uint8Array = new Uint8Array(0);

  push(bytes: Uint8Array): { stream: number; bytes: Uint8Array }[] {
    this.#bytes = concatBytes([this.#bytes, bytes]);
    const frames: { stream: number; bytes: Uint8Array }[] = [];
    for (;;) {
      const [stream, , , , a, b, c, d] = this.#bytes;
      if (stream === undefined || d === undefined) return frames;
      const size = ((a! << 24) | (b! << 16) | (c! << 8) | d) >>> 0;
      if (this.#bytes.length < 8 + size) return frames;
      frames.push({ stream, bytes: this.#bytes.slice(8, 8 + size) });
      this.#bytes = this.#bytes.subarray(8 + size);
    }
  }
}
