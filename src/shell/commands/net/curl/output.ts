/** Where a body goes: standard output, which is written by blocks unless it is a terminal, or a file, which is made when there is something for it. */
import { concatBytes, encodeUtf8, isOsError, strerror } from '../../../../base/index.ts';
import { type Fd, O_CREAT, O_TRUNC, O_WRONLY, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { CurlError } from './errors.ts';

/** BUFSIZ of what is no terminal. */
const BLOCK = 4096;

export class Output {
  /** Null: standard output. */
  readonly path: string | null;
  readonly #direct: boolean;
  readonly #silent: boolean;
  #fd: Fd | null = null;
  #waiting: Uint8Array[] = [];
  #count = 0;

  /** `direct`: what comes is written at once. */
  constructor(path: string | null, options: { readonly direct: boolean; readonly silent: boolean }) {
    this.path = path;
    this.#direct = options.direct;
    this.#silent = options.silent;
    if (path === null) this.#fd = 1;
  }

  /** Throws CurlError 23. */
  *write(data: Uint8Array | string): Sys<void> {
    const bytes = typeof data === 'string' ? encodeUtf8(data) : data;
    if (bytes.length === 0) return;
    yield* this.#open();
    this.#waiting.push(bytes);
    this.#count += bytes.length;
    if (this.#direct || this.#count >= BLOCK) yield* this.flush();
  }

  *flush(): Sys<void> {
    if (this.#count === 0) return;
    const bytes = concatBytes(this.#waiting);
    this.#waiting = [];
    this.#count = 0;
    try {
      yield* writeAll(this.#fd!, bytes);
    } catch (error) {
      if (!isOsError(error) || error.code === 'EINTR') throw error;
      throw new CurlError(23, 'Failure writing output to destination');
    }
  }

  *#open(): Sys<void> {
    if (this.#fd !== null) return;
    try {
      this.#fd = yield* sys.open(this.path!, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
    } catch (error) {
      if (!isOsError(error)) throw error;
      if (!this.#silent)
        yield* writeAll(2, `Warning: Failed to open the file ${this.path}: ${strerror(error.code)}\n`);
      throw new CurlError(23, 'Failure writing output to destination');
    }
  }

  /** `whole`: the transfer went well, and an empty answer makes an empty file. */
  *end(whole: boolean): Sys<void> {
    if (whole) yield* this.#open();
    yield* this.flush();
    if (this.path !== null && this.#fd !== null) yield* sys.close(this.#fd);
  }
}
