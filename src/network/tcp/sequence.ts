/** Sequence numbers of TCP, which wrap at 2^32 (RFC 9293, 3.4). */

export function add(sequence: number, count: number): number {
  return (sequence + count) >>> 0;
}

/** How far `a` is ahead of `b`; negative when it is behind. */
export function distance(a: number, b: number): number {
  return (a - b) | 0;
}

export function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

export function isAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}
