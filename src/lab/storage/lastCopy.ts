/**
 * The last moments of work. A page that is left does not wait for its database, so what that does not have yet is copied to where writing is
 * done at once, and is found there at the next opening.
 */
import { parseWork, type Work } from './records.ts';

export class LastCopy {
  #exerciseId: string;
  /** When the work in the copy was saved, as far as this page knows of one. */
  #savedAt: number | null = null;

  constructor(exerciseId: string) {
    this.#exerciseId = exerciseId;
  }

  /** Copies `work` before this returns; without its session record, and what was typed after that, where it is too long. */
  keep(work: Work): void {
    this.#savedAt = work.savedAt;
    if (this.#put(work)) return;
    const { typed: _typed, ...rest } = work;
    this.#put({ ...rest, transcript: null });
  }

  /** The stored work, or the copy where that is newer. */
  newer(stored: Work | null): Work | null {
    const copy = this.#read();
    if (copy === null) return stored;
    this.#savedAt = copy.savedAt;
    if (stored !== null && stored.savedAt >= copy.savedAt) return stored;
    const transcript = copy.transcript ?? (stored?.seed === copy.seed ? stored.transcript : null);
    return { ...copy, transcript };
  }

  /** What was saved at this time is in the database now: a copy that is not newer is of no use. */
  written(savedAt: number): void {
    if (this.#savedAt === null || this.#savedAt > savedAt) return;
    this.#savedAt = null;
    try {
      localStorage.removeItem(this.#key);
    } catch {
      // Where nothing can be read, nothing was copied.
    }
  }

  get #key(): string {
    return `virtbook.unsaved.${this.#exerciseId}`;
  }

  #put(work: Work): boolean {
    try {
      localStorage.setItem(this.#key, JSON.stringify(work));
      return true;
    } catch {
      return false;
    }
  }

  #read(): Work | null {
    try {
      const parsed = parseWork(JSON.parse(localStorage.getItem(this.#key) ?? 'null'), this.#exerciseId);
      return parsed.ok ? parsed.value : null;
    } catch {
      return null;
    }
  }
}
