/**
 * Room for a few bytes that stay. A buffer for each is two objects more than what is in it, and one that the collector has to ask the
 * system to take back; so small ones stand side by side in one buffer, which goes when the last of them has gone.
 */

/** Bytes in a buffer that is shared: a single one that stays keeps all of it, and so it is no larger. */
const POOL = 2048;
/** Longer ones have a buffer of their own. */
const SMALL = 256;

let pool = new ArrayBuffer(0);
let used = 0;

/** So many zeros. Nobody is to look at their `buffer`. */
export function roomFor(length: number): Uint8Array<ArrayBuffer> {
  if (length > SMALL) return new Uint8Array(length);
  if (used + length > pool.byteLength) {
    pool = new ArrayBuffer(POOL);
    used = 0;
  }
  const room = new Uint8Array(pool, used, length);
  used += length;
  return room;
}

/** See {@link roomFor}. */
export function keptCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = roomFor(bytes.length);
  copy.set(bytes);
  return copy;
}
