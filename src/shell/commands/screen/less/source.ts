/** The lines of a file or pipe, read as far as somebody has looked. */
import { concatBytes, isOsError } from '../../../../base/index.ts';
import { type Fd, READ_SIZE, type Sys, sys } from '../../../../linux/index.ts';
import { bytesFromText, textFromBytes } from '../../../text.ts';

/** What a source asks before it waits: whether somebody wants to wait no longer. */
export interface Waiting {
  /** Shows what there is already. */
  flush(): Sys<void>;
  /** Ctrl-C was pressed. */
  interrupted(): Sys<boolean>;
}

export class Source {
  /** As the prompt names it; empty for standard input. */
  readonly name: string;
  readonly lines: string[] = [];
  /** Bytes read so far. */
  read = 0;
  /** Everything was read. */
  ended = false;
  readonly #fd: Fd | null;
  readonly #size: number | null;
  readonly #waiting: Waiting;
  /** Bytes from the start to each line. */
  readonly #offsets: number[] = [];
  /** Of a line that has not ended yet. */
  #partial: Uint8Array[] = [];
  #partialShown = false;

  /** `size` in bytes, when it is known before all is read. */
  constructor(name: string, fd: Fd | null, size: number | null, waiting: Waiting) {
    this.name = name;
    this.#fd = fd;
    this.#size = size;
    this.#waiting = waiting;
    this.ended = fd === null;
  }

  /** A text of one's own, for the help. */
  static ofText(text: string, waiting: Waiting): Source {
    const source = new Source('', null, null, waiting);
    source.#add(bytesFromText(text));
    return source;
  }

  /** All bytes there are; null while that is not known. */
  get size(): number | null {
    return this.ended ? this.read : this.#size;
  }

  /** Bytes before character `at` of a line; before the end, for a line past the last. */
  offset(line: number, at = 0): number {
    if (line >= this.lines.length) return this.read;
    return this.#offsets[line]! + (at === 0 ? 0 : bytesFromText(this.lines[line]!.slice(0, at)).length);
  }

  /** The line with the byte `offset`. */
  lineAt(offset: number): number {
    const after = this.#offsets.findIndex((start) => start > offset);
    return Math.max(0, (after < 0 ? this.lines.length : after) - 1);
  }

  /** Whether there is a line `index`; reads until that is clear, or Ctrl-C. */
  *has(index: number): Sys<boolean> {
    while (this.lines.length <= index) if (this.ended || !(yield* this.more())) return false;
    return true;
  }

  /** Reads all. False when Ctrl-C came before the end. */
  *toEnd(): Sys<boolean> {
    while (!this.ended) if (!(yield* this.more())) return this.ended;
    return true;
  }

  /** Looks whether a file that had ended has grown. */
  *grown(): Sys<boolean> {
    if (this.#fd === null) return false;
    const before = this.read;
    this.ended = false;
    yield* this.more();
    return this.read > before;
  }

  /** Reads a piece; false at the end and after Ctrl-C. */
  *more(): Sys<boolean> {
    yield* this.#waiting.flush();
    for (;;) {
      if (yield* this.#waiting.interrupted()) return false;
      try {
        const bytes = yield* sys.read(this.#fd!, READ_SIZE);
        if (bytes.length > 0) this.#add(bytes);
        else this.#end();
        return bytes.length > 0;
      } catch (error) {
        if (isOsError(error, 'EINTR')) continue;
        if (!isOsError(error)) throw error;
        this.#end();
        return false;
      }
    }
  }

  *close(): Sys<void> {
    if (this.#fd !== null && this.#fd !== 0) yield* sys.close(this.#fd);
  }

  #add(bytes: Uint8Array): void {
    if (this.#partialShown) {
      this.lines.pop();
      this.#offsets.pop();
      this.#partialShown = false;
    }
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      this.#push(concatBytes([...this.#partial, bytes.subarray(start, end)]), this.read + start);
      this.#partial = [];
      start = end + 1;
    }
    if (start < bytes.length) this.#partial.push(bytes.slice(start));
    this.read += bytes.length;
  }

  #push(line: Uint8Array, chunkStart: number): void {
    const before = this.#partial.reduce((sum, part) => sum + part.length, 0);
    this.#offsets.push(chunkStart - before);
    this.lines.push(textFromBytes(line));
  }

  #end(): void {
    this.ended = true;
    if (this.#partial.length === 0 || this.#partialShown) return;
    this.#push(concatBytes(this.#partial), this.read);
    this.#partialShown = true;
  }
}
