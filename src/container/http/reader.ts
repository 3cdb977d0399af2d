/** The bytes that come on a connection, with what was read too early kept for whoever reads next. */
import { concatBytes, decodeUtf8 } from '../../base/index.ts';
import { type Fd, type Sys, sys } from '../../linux/index.ts';

const READ = 65_536;
const LF = 10;
const CR = 13;
const NOTHING = new Uint8Array(0);

export class ConnectionReader {
  readonly #fd: Fd;
  #kept: Uint8Array = NOTHING;
  #ended = false;

  constructor(fd: Fd) {
    this.#fd = fd;
  }

  /** What was read and not yet taken. */
  takeKept(): Uint8Array {
    const kept = this.#kept;
    this.#kept = NOTHING;
    return kept;
  }

  /** Bytes that were read and not yet taken. */
  get waiting(): number {
    return this.#kept.length;
  }

  /** At most `most` bytes of what was read and not yet taken. */
  take(most: number): Uint8Array {
    if (this.#kept.length <= most) return this.takeKept();
    const part = this.#kept.subarray(0, most);
    this.#kept = this.#kept.subarray(most);
    return part;
  }

  /** At least one and at most `most` bytes; none at the end. */
  *some(most = READ): Sys<Uint8Array> {
    if (this.#kept.length === 0) yield* this.more();
    return this.take(most);
  }

  /** All whole lines that were read, up to the first empty one, with their ends and one character a byte; empty when there is none. */
  takeLines(): string {
    const kept = this.#kept;
    let end = 0;
    for (let next = kept.indexOf(LF) + 1; next > 0; next = kept.indexOf(LF, end) + 1) {
      const isEmpty = next - end === 1 || (next - end === 2 && kept[end] === CR);
      end = next;
      if (isEmpty) break;
    }
    if (end === 0) return '';
    this.#kept = kept.subarray(end);
    return latin1(kept.subarray(0, end));
  }

  /**
   * A line without its end, LF or CR LF (RFC 9112, 2.2), one character a byte. Null: the other side ended within it, or it is longer than
   * `limit` bytes.
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
      if (!(yield* this.more())) {
        this.#kept = NOTHING;
        return null;
      }
    }
  }

  /** Reads what is there, to be taken later; false: the other side has ended. To be called when the connection is readable. */
  *peek(): Sys<boolean> {
    return this.#kept.length >= READ || (yield* this.more());
  }

  /** Reads what comes next; false: the other side has ended. */
  *more(): Sys<boolean> {
    if (this.#ended) return false;
    const part = yield* sys.read(this.#fd, READ);
    this.#ended = part.length === 0;
    if (!this.#ended) this.#kept = this.#kept.length === 0 ? part : concatBytes([this.#kept, part]);
    return !this.#ended;
  }
}

/** The text of ASCII, which nearly all lines are, is that of UTF-8, and the engine has that at once. */
function latin1(bytes: Uint8Array): string {
  if (isAscii(bytes)) return decodeUtf8(bytes);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at]! > 0x7f) return false;
  return true;
}
