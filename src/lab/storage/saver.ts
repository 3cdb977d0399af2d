/**
 * Saving after every change without a press: changes within a moment become one write, writes never overlap, a failed write is told once and
 * tried again with the next change.
 */
import { reasonOf } from '../reason.ts';

const SETTLE_MS = 400;

export interface SaverOptions<T> {
  write: (value: T) => Promise<void>;
  /** Told when saving starts to fail (with the reason) and when it works again (with null). */
  onTrouble: (reason: string | null) => void;
  later?: (run: () => void, milliseconds: number) => void;
}

export class Saver<T> {
  #options: SaverOptions<T>;
  #waiting: { value: T } | null = null;
  #writing: { readonly value: T; readonly done: Promise<void> } | null = null;
  #timer = false;
  #trouble = false;

  constructor(options: SaverOptions<T>) {
    this.#options = options;
  }

  /** The last value that is not known to be written. */
  get unwritten(): T | null {
    return (this.#waiting ?? this.#writing)?.value ?? null;
  }

  /** Takes `value` to be written a moment later; a later value replaces it. */
  save(value: T): void {
    this.#waiting = { value };
    if (this.#timer) return;
    this.#timer = true;
    const later = this.#options.later ?? ((run, milliseconds) => void setTimeout(run, milliseconds));
    later(() => {
      this.#timer = false;
      void this.flush();
    }, SETTLE_MS);
  }

  /** Writes what is waiting now; resolves when nothing is left to write, whether or not it could be written. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing.done;
    const change = this.#waiting;
    if (!change) return;
    this.#waiting = null;
    this.#writing = { value: change.value, done: this.#write(change) };
    await this.#writing.done;
    this.#writing = null;
  }

  async #write(change: { value: T }): Promise<void> {
    try {
      await this.#options.write(change.value);
      if (this.#trouble) this.#options.onTrouble(null);
      this.#trouble = false;
    } catch (error) {
      this.#waiting ??= change;
      if (!this.#trouble) this.#options.onTrouble(saveTrouble(error));
      this.#trouble = true;
    }
  }
}

/** What to tell the learner when a write failed. */
export function saveTrouble(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  if (name === 'QuotaExceededError')
    return 'This browser has no room left for the book, so your latest changes are not stored. They are safe as long as this page stays open. Export your work to a file, or free some space and go on typing.';
  if (name === 'InvalidStateError')
    return 'The book’s storage was closed (site data removed, or a newer version of the book opened). Your work is safe as long as this page stays open. Export it to a file, then reload.';
  return `Your latest changes could not be stored (${reasonOf(error)}). They are safe as long as this page stays open. Export your work to a file.`;
}
