/** Reads records from a descriptor. */
import { isOsError, strerror } from '../../../base/index.ts';
import { type Fd, type Sys, sys } from '../../../linux/index.ts';
import { orNull } from '../support.ts';
import { fromBytes } from './bytes.ts';
import { AwkError } from './problems.ts';
import { findParagraph, findRecord } from './separators.ts';

/** mawk fills a buffer of this size before it looks at it, unless it reads from a terminal. */
const BUFFER_SIZE = 4096;

export class RecordReader {
  readonly fd: Fd;
  #buffer = '';
  #at = 0;
  /** Up to here no separator was found. */
  #seen = 0;
  #ended = false;
  /** Null until asked: whether a part of a buffer is enough. */
  #eager: boolean | null;

  /** `eager`: what can be had is used at once, as from a terminal. */
  constructor(fd: Fd, eager: boolean) {
    this.fd = fd;
    this.#eager = eager ? true : null;
  }

  /** The next record as RS wants it; null at the end. */
  *next(rs: string): Sys<string | null> {
    const paragraphs = rs === '';
    if (paragraphs) yield* this.#skipNewlines();
    for (this.#seen = this.#at; ; this.#seen = this.#buffer.length, yield* this.#fill()) {
      const found = paragraphs
        ? findParagraph(this.#buffer, this.#at, this.#seen)
        : findRecord(this.#buffer, this.#at, this.#seen, rs, this.#ended);
      if (found !== null) {
        const record = this.#buffer.slice(this.#at, found.end);
        this.#at = found.next;
        return record;
      }
      if (this.#ended) return this.#rest(paragraphs);
    }
  }

  /** What no separator ends. */
  #rest(paragraph: boolean): string | null {
    if (this.#at >= this.#buffer.length) return null;
    const rest = this.#buffer.slice(this.#at);
    this.#buffer = '';
    this.#at = 0;
    return paragraph ? rest.replace(/\n$/, '') : rest;
  }

  *#skipNewlines(): Sys<void> {
    for (;;) {
      while (this.#buffer[this.#at] === '\n') this.#at++;
      if (this.#at < this.#buffer.length || this.#ended) return;
      yield* this.#fill();
    }
  }

  *#fill(): Sys<void> {
    this.#buffer = this.#buffer.slice(this.#at);
    this.#seen -= this.#at;
    this.#at = 0;
    this.#eager ??= (yield* orNull(() => sys.tcgetattr(this.fd))) !== null;
    // A long record is read in longer and longer parts, so that looking for its end stays cheap.
    let wanted = Math.max(BUFFER_SIZE, this.#buffer.length);
    do {
      const bytes = yield* this.#read(wanted);
      if (bytes.length === 0) {
        this.#ended = true;
        return;
      }
      this.#buffer += fromBytes(bytes);
      wanted -= bytes.length;
    } while (wanted > 0 && !this.#eager);
  }

  *#read(count: number): Sys<Uint8Array> {
    try {
      return yield* sys.read(this.fd, count);
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw new AwkError(`read error (${strerror(error.code)})`);
    }
  }
}
