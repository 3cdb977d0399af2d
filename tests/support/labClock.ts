/** A clock and a timer queue that move when a test says so. */
export class LabClock {
  now = 0;
  #tasks: { at: number; run: () => void }[] = [];

  later = (run: () => void, milliseconds: number): void => {
    this.#tasks.push({ at: this.now + milliseconds, run });
  };

  /** Lets so many milliseconds pass, running what is due in order, and lets promises settle between. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    for (;;) {
      const next = this.#tasks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#tasks.splice(this.#tasks.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      next.run();
      await settled();
    }
    this.now = end;
    await settled();
  }
}

/** Resolves after every promise that is ready has run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
