/** What sed reads: its files as one stream of lines, or one after the other, and what it writes, with a missing last newline kept missing. */
import { decodeUtf8, isOsError, strerror } from '../../../base/index.ts';
import { type Fd, LineReader, O_RDONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { complain } from '../support.ts';

/** Ends sed with a status and a message. */
export class SedEnd extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Line {
  readonly text: string;
  /** False for a last line without a newline. */
  readonly ended: boolean;
}

/** Told when the input goes on to another file, and when it has read the file. */
export interface FileWatcher {
  opened(file: string): Sys<void>;
  closed(): Sys<void>;
}

export class Input {
  /** Of the line read last; counts on over all files unless they are separate. */
  line = 0;
  file = '-';
  /** 2 when some file could not be read. */
  status = 0;
  readonly #files: string[];
  readonly #delimiter: number;
  readonly #separate: boolean;
  readonly #watcher: FileWatcher;
  #reader: LineReader | null = null;
  #fd: Fd = 0;
  #ahead: Line | null = null;
  #restarted = false;

  constructor(files: readonly string[], delimiter: number, separate: boolean, watcher: FileWatcher) {
    this.#files = files.length === 0 ? ['-'] : [...files];
    this.#delimiter = delimiter;
    this.#separate = separate;
    this.#watcher = watcher;
  }

  /** The next line; null at the end of all. */
  *next(): Sys<Line | null> {
    for (;;) {
      const line = yield* this.#fromFile();
      if (line !== null) {
        this.#ahead = null;
        this.line++;
        return line;
      }
      if (!(yield* this.#open())) return null;
    }
  }

  /** Whether the line read last is the last one: of its file when files are separate, else of all. */
  *isLast(): Sys<boolean> {
    for (;;) {
      if ((yield* this.#fromFile()) !== null) return false;
      if (this.#separate || !(yield* this.#open())) return true;
    }
  }

  /** True once after the input went on to another of separate files. */
  takeRestart(): boolean {
    const restarted = this.#restarted;
    this.#restarted = false;
    return restarted;
  }

  /** Reads no further. */
  *close(): Sys<void> {
    if (this.#reader === null) return;
    this.#reader = null;
    if (this.#fd !== 0) yield* sys.close(this.#fd);
    yield* this.#watcher.closed();
  }

  /** The next line of this file, which stays to be read. */
  *#fromFile(): Sys<Line | null> {
    if (this.#reader === null) return null;
    if (this.#ahead !== null) return this.#ahead;
    const bytes = yield* this.#readLine(this.#reader);
    if (bytes === null) return null;
    const ended = bytes.at(-1) === this.#delimiter;
    this.#ahead = { text: decodeUtf8(ended ? bytes.subarray(0, -1) : bytes), ended };
    return this.#ahead;
  }

  *#readLine(reader: LineReader): Sys<Uint8Array | null> {
    try {
      return yield* reader.next();
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new SedEnd(4, `read error on ${this.file}: ${strerror(error.code)}`);
    }
  }

  /** Goes on to the next file that can be read. The one before is closed only now: its last line may still be in work. */
  *#open(): Sys<boolean> {
    yield* this.close();
    for (let file = this.#files.shift(); file !== undefined; file = this.#files.shift()) {
      try {
        this.#fd = file === '-' ? 0 : yield* sys.open(file, O_RDONLY);
      } catch (error) {
        if (!isOsError(error)) throw error;
        yield* complain('sed', `can't read ${file}: ${strerror(error.code)}`);
        this.status = 2;
        continue;
      }
      this.file = file;
      this.#reader = new LineReader(this.#fd, this.#delimiter);
      if (this.#separate) {
        this.line = 0;
        this.#restarted = true;
      }
      yield* this.#watcher.opened(file);
      return true;
    }
    return false;
  }
}

/** A file that is written, standard output for example. */
export class Output {
  readonly #fd: Fd;
  readonly #end: string;
  #owesNewline = false;

  constructor(fd: Fd, end: string) {
    this.#fd = fd;
    this.#end = end;
  }

  *line({ text, ended }: Line): Sys<void> {
    yield* this.write(ended ? text + this.#end : text);
    this.#owesNewline = !ended;
  }

  *write(text: string): Sys<void> {
    const owed = this.#owesNewline ? this.#end : '';
    this.#owesNewline = false;
    yield* writeAll(this.#fd, owed + text);
  }
}
