/** What the line tools share: lines as text that keeps every byte, output that is written in pieces. */

import { type Fd, LineReader, type Sys, sys } from '../../../linux/index.ts';
import { bytesFromText, textFromBytes } from '../../text.ts';
import { writeOut } from '../options.ts';
import { complain, eachInput } from '../support.ts';

const PIECE = 4096;

/** A line without its newline. */
export interface Line {
  readonly text: string;
  /** False for a last line without a newline. */
  readonly ended: boolean;
}

/** Standard output, written whenever a piece is full, as stdio does for pipes and files. */
export class PieceWriter {
  #held: string[] = [];
  #length = 0;

  *write(text: string): Sys<void> {
    this.#held.push(text);
    this.#length += text.length;
    if (this.#length >= PIECE) yield* this.flush();
  }

  *flush(): Sys<void> {
    const text = this.#held.join('');
    this.#held = [];
    this.#length = 0;
    if (text !== '') yield* writeOut(bytesFromText(text));
  }
}

export class TextLines {
  readonly #reader: LineReader;

  constructor(fd: Fd) {
    this.#reader = new LineReader(fd);
  }

  /** Null at the end. */
  *next(): Sys<Line | null> {
    const bytes = yield* this.#reader.next();
    if (bytes === null) return null;
    const ended = bytes.at(-1) === 10;
    return { text: textFromBytes(ended ? bytes.subarray(0, -1) : bytes), ended };
  }
}

/** Every line of every file, in order; the exit status. */
export function* eachLine(
  name: string,
  files: readonly string[],
  out: PieceWriter,
  use: (line: Line) => Sys<void>,
): Sys<number> {
  const status = yield* eachInput(name, files, function* (fd) {
    const lines = new TextLines(fd);
    for (let line = yield* lines.next(); line !== null; line = yield* lines.next()) yield* use(line);
  });
  yield* out.flush();
  return status;
}

/** Opens `file`, `-` being standard input. */
export function* openInput(file: string): Sys<Fd> {
  return file === '-' ? 0 : yield* sys.open(file, 0);
}

/** Wrong usage that is told without the hint at --help. */
export class Refusal extends Error {}

/** Runs `body`; a Refusal becomes a message and status 1. */
export function* refusing(name: string, body: () => Sys<number>): Sys<number> {
  try {
    return yield* body();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    yield* complain(name, error.message);
    return 1;
  }
}
