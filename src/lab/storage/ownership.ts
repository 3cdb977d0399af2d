/**
 * One tab at a time works on an exercise. The tab holds a web lock (which the browser frees if the tab dies); another tab is told, and may ask
 * for it over a broadcast channel. The owner stores its work first, then lets go; an owner that does not answer loses the lock.
 */

const ANSWER_MS = 1500;

export interface OwnershipOptions {
  exerciseId: string;
  /** Another tab takes over: store everything and stop; the lock is freed when this resolves. */
  onTaken: () => Promise<void>;
}

export class Ownership {
  #name: string;
  #options: OwnershipOptions;
  #channel: BroadcastChannel;
  #release: (() => void) | null = null;

  constructor(options: OwnershipOptions) {
    this.#options = options;
    this.#name = `virtbook-lab:${options.exerciseId}`;
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = (event) => {
      if (event.data === 'yield' && this.#release) void this.#yield();
    };
  }

  get held(): boolean {
    return this.#release !== null;
  }

  /** Takes the exercise if no other tab has it. */
  acquire(): Promise<boolean> {
    // Browsers have locks on secure addresses only; elsewhere the last tab to write wins.
    if (!('locks' in navigator)) return Promise.resolve(true);
    return this.#request({ ifAvailable: true });
  }

  /** Takes it from the tab that has it. */
  async takeOver(): Promise<boolean> {
    if (this.held) return true;
    this.#channel.postMessage('yield');
    const patience = AbortSignal.timeout(ANSWER_MS);
    if (await this.#request({ signal: patience })) return true;
    return this.#request({ steal: true });
  }

  /** Lets go for good. */
  close(): void {
    this.#release?.();
    this.#release = null;
    this.#channel.close();
  }

  /** Resolves with whether the lock was got; the lock is then held until `#release` is called. */
  #request(options: LockOptions): Promise<boolean> {
    return new Promise((resolve) => {
      const hold = (lock: Lock | null) => {
        if (!lock) return resolve(false);
        return new Promise<void>((release) => {
          this.#release = release;
          resolve(true);
        });
      };
      navigator.locks.request(this.#name, options, hold).catch(() => {
        // Not granted in time, or, later, stolen by a tab that got no answer from this one.
        const stolen = this.#release !== null;
        this.#release = null;
        resolve(false);
        if (stolen) void this.#options.onTaken();
      });
    });
  }

  async #yield(): Promise<void> {
    const release = this.#release;
    this.#release = null;
    try {
      await this.#options.onTaken();
    } finally {
      release?.();
    }
  }
}
