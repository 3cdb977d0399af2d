/** Whole-file and whole-text reading and writing, as programs need it over read(2) and write(2). */
import { concatBytes, decodeUtf8, encodeUtf8, OsError } from '../base/index.ts';
import type { Sys } from './program.ts';
import { sys } from './sys.ts';
import { type Fd, O_RDONLY, type Path } from './syscalls.ts';

/** How much one read(2) asks for: the capacity of a pipe. */
export const READ_SIZE = 65_536;

/** Writes all of `data`, however many write(2) calls that takes. */
export function* writeAll(fd: Fd, data: Uint8Array | string): Sys<void> {
  let rest = typeof data === 'string' ? encodeUtf8(data) : data;
  while (rest.length > 0) {
    const written = yield* sys.write(fd, rest);
    if (written === rest.length) return;
    rest = rest.subarray(written);
  }
}

/** Bytes or characters: no simulated program keeps more in one piece, since this program has to keep them for it. */
const LARGEST_KEPT = 2 ** 27;

/** Counts what is kept in one piece. */
export class Room {
  #left = LARGEST_KEPT;

  /** ENOMEM above {@link LARGEST_KEPT}. */
  take(size: number): void {
    this.#left -= size;
    if (this.#left < 0) throw new OsError('ENOMEM');
  }
}

/** Everything up to end of file. ENOMEM. */
export function* readAll(fd: Fd): Sys<Uint8Array> {
  const parts: Uint8Array[] = [];
  const room = new Room();
  for (;;) {
    const part = yield* sys.read(fd, READ_SIZE);
    if (part.length === 0) return concatBytes(parts);
    room.take(part.length);
    parts.push(part);
  }
}

/** The contents of a file. */
export function* readFile(path: Path): Sys<Uint8Array> {
  const fd = yield* sys.open(path, O_RDONLY);
  try {
    return yield* readAll(fd);
  } finally {
    yield* sys.close(fd);
  }
}

/** Reads lines without reading the whole input first, so that a pipe streams. */
export class LineReader {
  readonly #fd: Fd;
  readonly #delimiter: number;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  /** `delimiter` is the byte that ends a line. */
  constructor(fd: Fd, delimiter = 10) {
    this.#fd = fd;
    this.#delimiter = delimiter;
  }

  /** The next line with its newline, if it has one (the last may not); null at end of file. ENOMEM. */
  *next(): Sys<Uint8Array | null> {
    const parts: Uint8Array[] = [];
    const room = new Room();
    for (;;) {
      const end = this.#rest.indexOf(this.#delimiter);
      if (end >= 0) {
        parts.push(this.#rest.subarray(0, end + 1));
        this.#rest = this.#rest.subarray(end + 1);
        return concatBytes(parts);
      }
      if (this.#rest.length > 0) parts.push(this.#rest);
      room.take(this.#rest.length);
      this.#rest = new Uint8Array(0);
      if (!this.#ended) this.#rest = yield* sys.read(this.#fd, READ_SIZE);
      if (this.#rest.length === 0) {
        this.#ended = true;
        return parts.length === 0 ? null : concatBytes(parts);
      }
    }
  }

  /** The next line as text without its newline; null at end of file. */
  *nextText(): Sys<string | null> {
    const line = yield* this.next();
    if (line === null) return null;
    return decodeUtf8(line.at(-1) === this.#delimiter ? line.subarray(0, -1) : line);
  }
}
