/** The lab's own database in the browser: work, attempts, what was set aside, settings. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Attempt, SetAside, Work } from './records.ts';

interface Tables extends DBSchema {
  work: { key: string; value: Work };
  attempts: { key: string; value: Attempt; indexes: { exerciseId: string } };
  aside: { key: number; value: SetAside; indexes: { exerciseId: string } };
  settings: { key: string; value: unknown };
}

const NAME = 'virtbook-lab';
const VERSION = 1;

let warm: Promise<Database | null> | null = null;

/** Opens the database and leaves it open: it is the first opening that takes long. Null without one; whoever needs it is told why. */
export function warmDatabase(): Promise<Database | null> {
  const cold = () => {
    warm = null;
    return null;
  };
  warm ??= Database.open(cold).catch(cold);
  return warm;
}

/** All of the lab's reading and writing. Every method may reject; what is told then is the caller's part. */
export class Database {
  #db: IDBPDatabase<Tables>;

  private constructor(db: IDBPDatabase<Tables>) {
    this.#db = db;
  }

  /** Opens the database; `onClosed` tells that a newer version of the book, in another tab, has taken it over. */
  static async open(onClosed: () => void): Promise<Database> {
    const db = await openDB<Tables>(NAME, VERSION, {
      upgrade(fresh) {
        fresh.createObjectStore('work');
        fresh.createObjectStore('attempts', { keyPath: 'id' }).createIndex('exerciseId', 'exerciseId');
        fresh.createObjectStore('aside', { autoIncrement: true }).createIndex('exerciseId', 'exerciseId');
        fresh.createObjectStore('settings');
      },
      blocking(_current, _blocked, event) {
        (event.target as IDBDatabase).close();
        onClosed();
      },
      terminated: onClosed,
    });
    return new Database(db);
  }

  /** The stored work as it lies there, unchecked. */
  readWork(exerciseId: string): Promise<unknown> {
    return this.#db.get('work', exerciseId);
  }

  async writeWork(work: Work): Promise<void> {
    await this.#db.put('work', work, work.exerciseId);
  }

  /** Moves the stored work out of the way, whole, with the reason why; one transaction, so it is in one place or the other. */
  async setWorkAside(exerciseId: string, reason: string, at: number): Promise<void> {
    const move = this.#db.transaction(['work', 'aside'], 'readwrite');
    const record: unknown = await move.objectStore('work').get(exerciseId);
    await move.objectStore('aside').add({ exerciseId, reason, at, record });
    await move.objectStore('work').delete(exerciseId);
    await move.done;
  }

  asides(exerciseId: string): Promise<SetAside[]> {
    return this.#db.getAllFromIndex('aside', 'exerciseId', exerciseId);
  }

  async attempts(exerciseId: string): Promise<Attempt[]> {
    const found = await this.#db.getAllFromIndex('attempts', 'exerciseId', exerciseId);
    return found.sort((a, b) => a.at - b.at);
  }

  async writeAttempt(attempt: Attempt): Promise<void> {
    await this.#db.put('attempts', attempt);
  }

  async deleteAttempt(id: string): Promise<void> {
    await this.#db.delete('attempts', id);
  }

  readSetting(name: string): Promise<unknown> {
    return this.#db.get('settings', name);
  }

  async writeSetting(name: string, value: unknown): Promise<void> {
    await this.#db.put('settings', value, name);
  }

  close(): void {
    this.#db.close();
  }
}
