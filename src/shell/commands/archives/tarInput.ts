/** Reading an archive as it comes: compressed or not, entry after entry. */
import { concatBytes } from '../../../base/index.ts';
import type { Fd, Sys } from '../../../linux/index.ts';
import { TarDecoder, type TarEntry, TarError } from '../../../oci/index.ts';
import { complain } from '../support.ts';
import { Expander, GzipError, isGzip, NOTHING, type Source, sourceOf } from './gzipStream.ts';
import { TarEnd } from './tarSettings.ts';

export class TarInput {
  /** Something in the archive could not be read. */
  failed = false;
  /** The archive is compressed, as was seen when its first bytes were read. */
  compressed = false;
  readonly #source: Source;
  readonly #decoder = new TarDecoder({ sparse: true });
  /** `-z` was given, `auto`: look at the first bytes; a pipe's data is not guessed at. */
  readonly #gzip: 'yes' | 'auto' | 'no';
  #read: Source;
  #rest: Uint8Array = NOTHING;
  #started = false;
  #entries = 0;
  #skipping = false;
  #cutOff = false;

  constructor(fd: Fd, gzip: 'yes' | 'auto' | 'no') {
    this.#source = sourceOf(fd);
    this.#read = this.#source;
    this.#gzip = gzip;
  }

  /** The last entry's name as the archive has it. */
  get path(): string {
    return this.#decoder.path;
  }

  /** Where the end of the archive was found. */
  get end(): number {
    return this.#decoder.offset;
  }

  /** The next entry; null at the end. Throws TarEnd when there is no going on. */
  *next(): Sys<TarEntry | null> {
    if (this.#cutOff) throw new TarEnd('Unexpected EOF in archive');
    for (;;) {
      const { wanted, inside } = this.#decoder;
      const bytes = yield* this.#exactly(wanted);
      if (!inside && bytes.length < wanted) {
        // An archive that just stops between two entries is taken as whole.
        if (this.#entries > 0 || this.#skipping) return null;
        return yield* this.#noArchive();
      }
      try {
        const entry = this.#decoder.take(bytes);
        this.#skipping = false;
        if (this.#decoder.ended) return null;
        if (entry === null) continue;
        this.#entries++;
        return entry;
      } catch (error) {
        if (!(error instanceof TarError)) throw error;
        this.#cutOff = error.cutOff;
        if (error.partial !== null) return error.partial;
        if (error.cutOff) throw new TarEnd('Unexpected EOF in archive');
        yield* this.#skip();
      }
    }
  }

  /** A block that is no header: the next one may be. */
  *#skip(): Sys<void> {
    if (this.#skipping) return;
    if (this.#entries === 0 && !this.failed) yield* complain('tar', 'This does not look like a tar archive');
    yield* complain('tar', 'Skipping to next header');
    this.failed = true;
    this.#skipping = true;
  }

  *#noArchive(): Sys<null> {
    if (!this.failed) yield* complain('tar', 'This does not look like a tar archive');
    this.failed = true;
    return null;
  }

  /** `count` bytes, or fewer at the end. */
  *#exactly(count: number): Sys<Uint8Array> {
    if (!this.#started) yield* this.#start();
    const parts = [this.#rest];
    let size = this.#rest.length;
    while (size < count) {
      const bytes = yield* this.#next();
      if (bytes.length === 0) break;
      parts.push(bytes);
      size += bytes.length;
    }
    const all = parts.length === 1 ? this.#rest : concatBytes(parts);
    this.#rest = all.subarray(count);
    return all.subarray(0, count);
  }

  *#start(): Sys<void> {
    this.#started = true;
    const first = yield* this.#source();
    if (this.#gzip === 'no' && isGzip(first)) throw new TarEnd('Archive is compressed. Use -z option');
    if (this.#gzip === 'yes' || isGzip(first)) {
      this.compressed = true;
      let pending: Uint8Array | null = first;
      if (first.length > 0 && !isGzip(first)) throw childEnd('not in gzip format');
      const source = this.#source;
      const expander = new Expander(function* () {
        const bytes = pending ?? (yield* source());
        pending = null;
        return bytes;
      });
      this.#read = () => expander.read();
    } else this.#rest = first;
  }

  *#next(): Sys<Uint8Array> {
    try {
      return yield* this.#read();
    } catch (error) {
      if (!(error instanceof GzipError)) throw error;
      throw childEnd(error.message);
    }
  }

  /** Reads what is left, so that the program before in a pipe does not die of writing. */
  *drain(): Sys<void> {
    while ((yield* this.#next()).length > 0);
  }
}

/** What gzip, as tar's child, says, and then tar of it. */
const childEnd = (message: string) =>
  new TarEnd('Child returned status 1', 'unrecoverable', `\ngzip: stdin: ${message}\n`);
