/** The list of past command lines, and its file. */
import { isOsError } from '../../base/index.ts';
import {
  O_APPEND,
  O_CREAT,
  O_TRUNC,
  O_WRONLY,
  readFile,
  type Sys,
  sys,
  writeAll,
} from '../../linux/index.ts';
import { bytesFromText, textFromBytes } from '../text.ts';

export interface HistoryEntry {
  readonly text: string;
  /** Seconds since 1970 when it was entered; 0 for lines read from the file. */
  readonly time: number;
}

export class History {
  #entries: HistoryEntry[] = [];
  /** Number of the first entry: grows when old ones fall off. */
  firstNumber = 1;
  /** HISTSIZE; infinite when negative or unset. */
  limit = 500;
  /** Entries added since the file was last read or written. */
  #fresh = 0;

  get entries(): readonly HistoryEntry[] {
    return this.#entries;
  }

  get nextNumber(): number {
    return this.firstNumber + this.#entries.length;
  }

  /** Adds a line as HISTCONTROL `control` says. */
  add(text: string, time = 0, control = ''): void {
    const rules = control.split(':');
    const both = rules.includes('ignoreboth');
    if (text === '' || ((both || rules.includes('ignorespace')) && text.startsWith(' '))) return;
    if ((both || rules.includes('ignoredups')) && this.#entries.at(-1)?.text === text) return;
    if (rules.includes('erasedups')) this.#entries = this.#entries.filter((entry) => entry.text !== text);
    this.#entries.push({ text, time });
    this.#fresh++;
    this.#trim();
  }

  #trim(): void {
    const extra = this.#entries.length - this.limit;
    if (extra <= 0) return;
    this.#entries = this.#entries.slice(extra);
    this.firstNumber += extra;
  }

  clear(): void {
    this.#entries = [];
    this.firstNumber = 1;
    this.#fresh = 0;
  }

  /** Removes the entry numbered `number`, or counted from the end when negative. */
  remove(number: number): boolean {
    const index = number < 0 ? this.#entries.length + number : number - this.firstNumber;
    if (index < 0 || index >= this.#entries.length) return false;
    this.#entries.splice(index, 1);
    return true;
  }

  /** Adds the lines of a file; none when it does not exist. */
  *load(path: string): Sys<void> {
    let text: string;
    try {
      text = textFromBytes(yield* readFile(path));
    } catch (error) {
      if (isOsError(error, 'ENOENT')) return;
      throw error;
    }
    let time = 0;
    for (const line of text.split('\n')) {
      const stamp = /^#(\d+)$/.exec(line);
      if (stamp !== null) time = Number(stamp[1]);
      else if (line !== '') {
        this.#entries.push({ text: line, time });
        time = 0;
      }
    }
    this.#trim();
    this.#fresh = 0;
  }

  /** Replaces the file by the list. */
  *write(path: string, limit = Number.POSITIVE_INFINITY): Sys<void> {
    yield* this.#save(path, this.#entries.slice(-limit), O_TRUNC);
  }

  /** Adds what is new since the last time to the file. */
  *append(path: string): Sys<void> {
    const fresh = this.#fresh === 0 ? [] : this.#entries.slice(-this.#fresh);
    if (fresh.length > 0) yield* this.#save(path, fresh, O_APPEND);
  }

  *#save(path: string, entries: readonly HistoryEntry[], flag: number): Sys<void> {
    const fd = yield* sys.open(path, O_WRONLY | O_CREAT | flag, 0o600);
    yield* writeAll(fd, bytesFromText(entries.map((entry) => `${entry.text}\n`).join('')));
    yield* sys.close(fd);
    this.#fresh = 0;
  }
}
