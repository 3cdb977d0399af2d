/** Ranges of guest memory, page by page. */
import { FRAME_BYTES } from './frames.ts';

/** A range cut at page borders: address, offset in the range, bytes. */
export function* piecesOf(
  address: number,
  length: number,
): Generator<readonly [address: number, from: number, count: number]> {
  for (let from = 0; from < length; ) {
    const count = Math.min(length - from, FRAME_BYTES - ((address + from) % FRAME_BYTES));
    yield [address + from, from, count];
    from += count;
  }
}
