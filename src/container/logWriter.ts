/** The log of a container as the driver json-file keeps it: one object a line. */
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

export class LogWriter {
  readonly #path: Path;
  readonly #partial = new Map<Stream, string>();
  #fd: Fd | null = null;

  constructor(path: Path) {
    this.#path = path;
  }

  /** The file is there from the start on, however little is said. */
  *begin(): Sys<void> {
    yield* sys.close(yield* sys.open(this.#path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640));
  }

  /** A line in pieces is logged when it is complete. */
  *write(stream: Stream, bytes: Uint8Array): Sys<void> {
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
    for (const [stream, rest] of this.#partial) if (rest !== '') yield* this.#append(stream, [rest]);
    this.#partial.clear();
    if (this.#fd !== null) yield* sys.close(this.#fd);
    this.#fd = null;
  }

  *#append(stream: Stream, lines: readonly string[]): Sys<void> {
    const time = yield* timestamp();
    const name = stream === 1 ? 'stdout' : 'stderr';
    this.#fd ??= yield* sys.open(this.#path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640);
    yield* writeAll(
      this.#fd,
      encodeUtf8(lines.map((log) => `${JSON.stringify({ log, stream: name, time })}\n`).join('')),
    );
  }
}
