/** The log of a container as the driver json-file keeps it: one object a line, in a file that gives way to a new one when it is full. */
import { decodeUtf8, encodeUtf8 } from '../base/index.ts';
import {
  type Fd,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_WRONLY,
  type Path,
  type Sys,
  sys,
  writeAll,
} from '../linux/index.ts';
import { timestamp } from './files.ts';
import type { Stream } from './frames.ts';
import { keptNumbers, numbered } from './logFiles.ts';
import type { LogSettings } from './logOptions.ts';

export class LogWriter {
  readonly #path: Path;
  readonly #settings: LogSettings;
  /** Unfinished lines, from the first thing said on. */
  #partial: Map<Stream, string> | null = null;
  #fd: Fd | null = null;
  /** Bytes in the file that is open. */
  #size = 0;

  constructor(path: Path, settings: LogSettings) {
    this.#path = path;
    this.#settings = settings;
  }

  /** The file is there from the start on, however little is said. */
  *begin(): Sys<void> {
    yield* sys.close(yield* this.#create());
  }

  /** A line in pieces is logged when it is complete. */
  *write(stream: Stream, bytes: Uint8Array): Sys<void> {
    this.#partial ??= new Map();
    const text = (this.#partial.get(stream) ?? '') + decodeUtf8(bytes);
    const lines = text.split('\n');
    this.#partial.set(stream, lines.pop()!);
    if (lines.length > 0)
      yield* this.#append(
        stream,
        lines.map((line) => `${line}\n`),
      );
  }

  /** What is left of unfinished lines. */
  *finish(): Sys<void> {
    for (const [stream, rest] of this.#partial ?? []) if (rest !== '') yield* this.#append(stream, [rest]);
    this.#partial = null;
    yield* this.#close();
  }

  *#create(): Sys<Fd> {
    return yield* sys.open(this.#path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640);
  }

  *#close(): Sys<void> {
    if (this.#fd !== null) yield* sys.close(this.#fd);
    this.#fd = null;
  }

  *#append(stream: Stream, lines: readonly string[]): Sys<void> {
    const time = yield* timestamp();
    const name = stream === 1 ? 'stdout' : 'stderr';
    const { attributes, maxSize } = this.#settings;
    const attrs = attributes === null ? {} : { attrs: attributes };
    const entries = lines.map((log) => `${JSON.stringify({ log, stream: name, ...attrs, time })}\n`);
    if (maxSize === null) {
      this.#fd ??= yield* this.#create();
      yield* writeAll(this.#fd, encodeUtf8(entries.join('')));
      return;
    }
    for (const entry of entries) yield* this.#appendWithin(maxSize, encodeUtf8(entry));
  }

  /** A file may be longer than `maxSize` by its last line. */
  *#appendWithin(maxSize: number, entry: Uint8Array): Sys<void> {
    if (this.#fd === null) {
      this.#fd = yield* this.#create();
      this.#size = (yield* sys.fstat(this.#fd)).size;
    }
    if (this.#size >= maxSize) {
      yield* this.#close();
      yield* this.#rotate();
      this.#fd = yield* this.#create();
      this.#size = 0;
    }
    yield* writeAll(this.#fd, entry);
    this.#size += entry.length;
  }

  /** The full file becomes FILE.1, FILE.1 becomes FILE.2, and the oldest goes. */
  *#rotate(): Sys<void> {
    const last = this.#settings.maxFiles - 1;
    for (const number of [0, ...(yield* keptNumbers(this.#path, last))].reverse()) {
      const path = numbered(this.#path, number);
      yield* number === last ? sys.unlink(path) : sys.rename(path, numbered(this.#path, number + 1));
    }
  }
}
