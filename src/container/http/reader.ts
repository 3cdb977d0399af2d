/** The bytes that come on a connection, with what was read too early kept for whoever reads next. */
import { concatBytes } from '../../base/index.ts';
import { type Fd, type Sys, sys } from '../../linux/index.ts';

const READ = 65_536;
const LF = 10;
const CR = 13;

export class ConnectionReader {
  readonly #fd: Fd;
  #kept: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** What was read and not yet taken. */
  takeKept(): Uint8Array {
    const kept = this.#kept;
    this.#kept = new Uint8Array(0);
    return kept;
  }

  /** Whether nothing can come any more. */
  get ended(): boolean {
    return this.#ended && this.#kept.length === 0;
  }

  /** At least one and at most `most` bytes; none at the end. */
  *some(most = READ): Sys<Uint8Array> {
    if (this.#kept.length === 0) yield* this.#more();
    const part = this.#kept.subarray(0, most);
    this.#kept = this.#kept.subarray(part.length);
    return part;
  }

  /**
   * A line without its end, LF or CR LF (RFC 9112, 2.2), one character a byte. Null: the other side ended within it, or it is longer than
   * `limit` bytes; `ended` tells which.
   */
  *line(limit: number): Sys<string | null> {
    for (let searched = 0; ; ) {
      const end = this.#kept.indexOf(LF, searched);
      if (end > limit || (end < 0 && this.#kept.length > limit)) return null;
      if (end >= 0) {
        const line = this.#kept.subarray(0, this.#kept[end - 1] === CR ? end - 1 : end);
        this.#kept = this.#kept.subarray(end + 1);
        return latin1(line);
      }
      searched = this.#kept.length;
      if (!(yield* this.#more())) {
        this.#kept = new Uint8Array(0);
        return null;
      }
    }
  }

  /** Reads what is there, to be taken later; false: the other side has ended. To be called when the connection is readable. */
  *peek(): Sys<boolean> {
    return this.#kept.length >= READ || (yield* this.#more());
  }

  *#more(): Sys<boolean> {
    if (this.#ended) return false;
    const part = yield* sys.read(this.#fd, READ);
    this.#ended = part.length === 0;
    if (!this.#ended) this.#kept = this.#kept.length === 0 ? part : concatBytes([this.#kept, part]);
    return !this.#ended;
  }
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
