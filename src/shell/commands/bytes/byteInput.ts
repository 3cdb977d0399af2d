/** Files one after the other as one sequence of bytes: what od and hexdump show. */
import { concatBytes, isOsError, strerror } from '../../../base/index.ts';
import { type Fd, O_RDONLY, READ_SIZE, type Sys, sys } from '../../../linux/index.ts';
import { complain } from '../support.ts';

export class ByteInput {
  /** 1 when a file could not be read. */
  status = 0;
  /** Files that could be opened. */
  opened = 0;
  readonly #name: string;
  readonly #files: string[];
  #fd: Fd | null = null;
  #file = '-';
  #rest: Uint8Array = new Uint8Array(0);

  /** `name` is the command's, for messages; no files, or `-`: standard input. */
  constructor(name: string, files: readonly string[]) {
    this.#name = name;
    this.#files = files.length === 0 ? ['-'] : [...files];
  }

  /** `count` bytes, or fewer at the end of all files. */
  *take(count: number): Sys<Uint8Array> {
    const parts = [this.#rest];
    let size = this.#rest.length;
    while (size < count) {
      const part = yield* this.#read();
      if (part === null) break;
      parts.push(part);
      size += part.length;
    }
    const all = parts.length === 1 ? this.#rest : concatBytes(parts);
    this.#rest = all.subarray(count);
    return all.subarray(0, count);
  }

  /** Passes over `count` bytes; returns how many there were. */
  *skip(count: number): Sys<number> {
    let skipped = 0;
    while (skipped < count) {
      const part = yield* this.take(Math.min(READ_SIZE, count - skipped));
      if (part.length === 0) break;
      skipped += part.length;
    }
    return skipped;
  }

  /** What the next read(2) gives; null at the end. */
  *#read(): Sys<Uint8Array | null> {
    for (;;) {
      if (this.#fd === null && !(yield* this.#open())) return null;
      try {
        const part = yield* sys.read(this.#fd!, READ_SIZE);
        if (part.length > 0) return part;
      } catch (error) {
        yield* this.#refused(error);
      }
      if (this.#fd !== 0) yield* sys.close(this.#fd!);
      this.#fd = null;
    }
  }

  *#open(): Sys<boolean> {
    for (let file = this.#files.shift(); file !== undefined; file = this.#files.shift()) {
      this.#file = file;
      try {
        this.#fd = file === '-' ? 0 : yield* sys.open(file, O_RDONLY);
        this.opened++;
        return true;
      } catch (error) {
        yield* this.#refused(error);
      }
    }
    return false;
  }

  *#refused(error: unknown): Sys<void> {
    if (!isOsError(error)) throw error;
    this.status = 1;
    yield* complain(this.#name, `${this.#file}: ${strerror(error.code)}`);
  }
}
