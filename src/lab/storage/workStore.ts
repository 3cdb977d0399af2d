/**
 * The work on one exercise between page and database: loads it with care, saves it after every change, and goes on without a database (telling
 * so) when the browser gives none.
 */

import { reasonOf } from '../reason.ts';
import type { TerminalInput } from '../worker/laterCode.ts';
import { Database } from './database.ts';
import { LastCopy } from './lastCopy.ts';
import { type Attempt, parseWork, type SetAside, salvageFiles, type Work } from './records.ts';
import { Saver } from './saver.ts';

export interface WorkStoreOptions {
  exerciseId: string;
  /** Told when saving fails (a sentence) and when it works again (null). */
  onTrouble: (text: string | null) => void;
}

/** What was found when the lab opened. */
export interface Loaded {
  readonly work: Work | null;
  /** The stored record was of no use and is now set aside; the files that could be read are here. */
  readonly damaged: { readonly reason: string; readonly files: Readonly<Record<string, string>> } | null;
}

export class WorkStore {
  #options: WorkStoreOptions;
  #database: Database | null = null;
  #saver: Saver<Work>;
  #lastCopy: LastCopy;
  #latest: Work | null = null;
  #closed = false;
  /** The browser gives no storage at all, which was told when the lab opened. */
  #without = false;

  constructor(options: WorkStoreOptions) {
    this.#options = options;
    this.#lastCopy = new LastCopy(options.exerciseId);
    this.#saver = new Saver({
      write: async (work) => {
        if (!this.#database) throw new DOMException('no database', 'InvalidStateError');
        await this.#database.writeWork(work);
        this.#lastCopy.written(work.savedAt);
      },
      onTrouble: options.onTrouble,
    });
  }

  /** Opens the database; without one everything works, but is not kept. */
  async open(): Promise<void> {
    try {
      this.#database = await Database.open(() => {
        this.#database = null;
      });
    } catch (error) {
      this.#without = true;
      this.#options.onTrouble(
        `This browser gives the book no storage (${reasonOf(error)}), so your work is kept only while this page is open. Export it to a file before you leave.`,
      );
    }
  }

  async load(): Promise<Loaded> {
    const { exerciseId } = this.#options;
    const raw = await this.#database?.readWork(exerciseId).catch(() => undefined);
    const parsed = raw === undefined ? null : parseWork(raw, exerciseId);
    if (parsed === null || parsed.ok) {
      const work = this.#lastCopy.newer(parsed?.value ?? null);
      if (work !== null) this.#latest = work;
      return { work, damaged: null };
    }
    await this.setAside(parsed.reason);
    return { work: null, damaged: { reason: parsed.reason, files: salvageFiles(raw) } };
  }

  /** Keeps the stored record as it is, out of the way, for download. */
  async setAside(reason: string): Promise<void> {
    await this.#database?.setWorkAside(this.#options.exerciseId, reason, Date.now());
  }

  asides(): Promise<readonly SetAside[]> {
    return this.#database?.asides(this.#options.exerciseId) ?? Promise.resolve([]);
  }

  /** The work as last given, whether or not it is written yet. */
  get latest(): Work | null {
    return this.#latest;
  }

  save(work: Work): void {
    if (this.#closed) return;
    this.#latest = work;
    if (!this.#without) this.#saver.save(work);
  }

  flush(): Promise<void> {
    return this.#saver.flush();
  }

  /** The page is being left, or may be: what is not written yet is safe when this returns, and so is what was `typed` since the last record. */
  leave(typed: readonly TerminalInput[]): void {
    if (this.#closed) return;
    const { unwritten } = this.#saver;
    // The database gets the work without what was typed, and is not to count for as new as the copy.
    const last = typed.length > 0 ? this.#latest : null;
    if (last !== null)
      this.#lastCopy.keep({ ...last, typed, savedAt: Math.max(Date.now(), last.savedAt + 1) });
    else if (unwritten !== null) this.#lastCopy.keep(unwritten);
    void this.flush();
  }

  async attempts(): Promise<readonly Attempt[]> {
    return (await this.#database?.attempts(this.#options.exerciseId)) ?? [];
  }

  /** Rejects when the attempt could not be stored; the caller still has it. */
  async writeAttempt(attempt: Attempt): Promise<void> {
    if (!this.#database) throw new DOMException('no database', 'InvalidStateError');
    await this.#database.writeAttempt(attempt);
  }

  async deleteAttempt(id: string): Promise<void> {
    await this.#database?.deleteAttempt(id);
  }

  async setting(name: string): Promise<unknown> {
    return this.#database?.readSetting(name).catch(() => undefined);
  }

  saveSetting(name: string, value: unknown): void {
    this.#database?.writeSetting(name, value).catch(() => {
      // A setting that is not kept is no loss worth a message.
    });
  }

  /** Another tab has the exercise now: nothing more is written from here until {@link resume}. */
  suspend(): void {
    this.#closed = true;
  }

  resume(): void {
    this.#closed = false;
  }

  async close(): Promise<void> {
    await this.flush();
    this.#closed = true;
    this.#database?.close();
  }
}
