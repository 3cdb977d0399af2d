/** Reads a json-file log with all of its files, also while it grows and its files give way to new ones. */
import { decodeUtf8 } from '../base/index.ts';
import { type Fd, O_CLOEXEC, O_CREAT, O_RDONLY, type Path, type Sys, sys } from '../linux/index.ts';
import { statOrNull } from './files.ts';
import type { LogSettings } from './logOptions.ts';

export interface LogLine {
  readonly log: string;
  readonly stream: 'stdout' | 'stderr';
  readonly attrs?: Readonly<Record<string, string>>;
  readonly time: string;
}

export class LogReader {
  readonly #path: Path;
  /** Files that are kept beside the one that is written to; null: that one never gives way. */
  readonly #kept: number | null;
  #fd: Fd | null = null;
  #rest = '';

  constructor(path: Path, { maxSize, maxFiles }: LogSettings) {
    this.#path = path;
    this.#kept = maxSize === null ? null : maxFiles - 1;
  }

  *close(): Sys<void> {
    if (this.#fd !== null) yield* sys.close(this.#fd);
    this.#fd = null;
  }

  /** Lines that have come since the last call; at the first one all that are kept, the oldest first. */
  *next(): Sys<LogLine[]> {
    const lines: LogLine[] = [];
    if (this.#fd === null) yield* this.#open(this.#kept === null ? this.#path : yield* this.#oldest());
    for (;;) {
      yield* this.#drain(lines);
      const newer = this.#kept === null ? null : yield* this.#newer();
      if (newer === null) return lines;
      // What was still written to it before it gave way.
      yield* this.#drain(lines);
      yield* this.#open(newer);
    }
  }

  *#open(path: Path): Sys<void> {
    yield* this.close();
    this.#fd = yield* sys.open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0o640);
  }

  *#drain(lines: LogLine[]): Sys<void> {
    for (;;) {
      const bytes = yield* sys.read(this.#fd!, 65_536);
      if (bytes.length === 0) return;
      const parts = (this.#rest + decodeUtf8(bytes)).split('\n');
      this.#rest = parts.pop()!;
      for (const part of parts) lines.push(JSON.parse(part) as LogLine);
    }
  }

  #numbered(number: number): Path {
    return number === 0 ? this.#path : `${this.#path}.${number}`;
  }

  *#oldest(): Sys<Path> {
    for (let number = this.#kept!; number > 0; number--)
      if ((yield* statOrNull(this.#numbered(number))) !== null) return this.#numbered(number);
    return this.#path;
  }

  /** The file that came after the open one; null when that is the last. */
  *#newer(): Sys<Path | null> {
    const own = (yield* sys.fstat(this.#fd!)).ino;
    const current = yield* statOrNull(this.#path);
    if (current === null || current.ino === own) return null;
    for (let number = 1; number <= this.#kept!; number++)
      if ((yield* statOrNull(this.#numbered(number)))?.ino === own) return this.#numbered(number - 1);
    return yield* this.#oldest();
  }
}
