/** The way of bytes between the host and a cloud: it takes the time that the link takes. */
import { SECOND } from '../../../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../../../linux/index.ts';

/** The link to either cloud: rated, and what share of that gets through. */
export const LINK = { ratedBitsPerSecond: 10e9, efficiency: 0.35 };

const PIECE = 2 ** 20;

/** Copies a file's stored bytes; its holes stay holes. The whole of it counts as read and written at memory's speed. Returns its size. */
export function* copyStored(from: Fd, to: Fd): Sys<number> {
  const { size } = yield* sys.fstat(from);
  const mapping = size === 0 ? null : yield* sys.mmap(from);
  for (let range = mapping?.dataFrom(0) ?? null; range !== null && range.start < size; ) {
    const end = Math.min(range.end, size);
    for (let at = range.start; at < end; at += PIECE) {
      yield* sys.lseek(to, at, 'set');
      yield* writeAll(to, mapping!.read(at, Math.min(PIECE, end - at)));
    }
    range = end < size ? mapping!.dataFrom(end) : null;
  }
  yield* sys.ftruncate(to, size);
  return size;
}

/** How long `bytes` travel, in seconds. */
export const travelSeconds = (bytes: number) => (bytes * 8) / (LINK.ratedBitsPerSecond * LINK.efficiency);

/** Copies over the link: all bytes of the file travel, those of its holes too. */
export function* send(from: Fd, to: Fd): Sys<{ bytes: number; seconds: number }> {
  const bytes = yield* copyStored(from, to);
  const seconds = travelSeconds(bytes);
  yield* sys.nanosleep(Math.round(seconds * SECOND));
  return { bytes, seconds };
}

/** Sizes as people read them: 1024 each. */
export function sizeText(bytes: number): string {
  const units = ['Bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
