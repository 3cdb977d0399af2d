/** Reads a json-file log with all of its files, also while it grows and its files give way to new ones. */
import { concatBytes, decodeUtf8 } from '../base/index.ts';
import { type Fd, O_CLOEXEC, O_CREAT, O_RDONLY, type Path, type Sys, sys } from '../linux/index.ts';
import { statOrNull } from './files.ts';
import { keptNumbers, numbered } from './logFiles.ts';
import type { LogSettings } from './logOptions.ts';

export interface LogLine {
  readonly log: string;
  readonly stream: 'stdout' | 'stderr';
  readonly attrs?: Readonly<Record<string, string>>;
  readonly time: string;
}

const NEWLINE = 0x0a;
const NOTHING = new Uint8Array();

/** Null for a line that is not the driver's: anybody who is root may write to the file. */
function lineOf(text: string): LogLine | null {
  try {
    const line = JSON.parse(text) as Partial<LogLine> | null;
    const { log, stream, time } = line ?? {};
    const own =
      typeof log === 'string' && typeof time === 'string' && (stream === 'stdout' || stream === 'stderr');
    return own ? (line as LogLine) : null;
  } catch {
    return null;
  }
}

export class LogReader {
  readonly #path: Path;
  /** Files that are kept beside the one that is written to; null: that one never gives way. */
  readonly #kept: number | null;
  #fd: Fd | null = null;
  /** Bytes of the open file, and those of them that are no whole line yet. */
  #read = 0;
  #rest = NOTHING;

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
    this.#read = 0;
    this.#rest = NOTHING;
  }

  *#drain(lines: LogLine[]): Sys<void> {
    for (;;) {
      const bytes = yield* sys.read(this.#fd!, 65_536);
      this.#read += bytes.length;
      if (bytes.length === 0) {
        // Somebody has made it shorter, to have its room: what comes now stands at its start.
        if ((yield* sys.fstat(this.#fd!)).size >= this.#read) return;
        yield* this.#open(this.#path);
        continue;
      }
      const all = concatBytes([this.#rest, bytes]);
      const end = all.lastIndexOf(NEWLINE) + 1;
      this.#rest = all.slice(end);
      for (const text of decodeUtf8(all.subarray(0, end)).split('\n')) {
        const line = lineOf(text);
        if (line !== null) lines.push(line);
      }
    }
  }

  *#oldest(): Sys<Path> {
    return numbered(this.#path, (yield* keptNumbers(this.#path, this.#kept!)).at(-1) ?? 0);
  }

  /** The file that came after the open one; null when that is the last. */
  *#newer(): Sys<Path | null> {
    const own = (yield* sys.fstat(this.#fd!)).ino;
    const current = yield* statOrNull(this.#path);
    if (current === null || current.ino === own) return null;
    const kept = yield* keptNumbers(this.#path, this.#kept!);
    for (const [i, number] of kept.entries())
      if ((yield* statOrNull(numbered(this.#path, number)))?.ino === own)
        return numbered(this.#path, kept[i - 1] ?? 0);
    return yield* this.#oldest();
  }
}
