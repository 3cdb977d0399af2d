/** What the terminals of one session have printed: all of it, for drawing them anew, and what is still to be sent to the page. */
import { concatBytes } from '../../base/index.ts';

/** Kept for drawing anew, in bytes for each terminal. */
const LIMIT = 256 * 1024;

export class Printed {
  #all = new Map<number, Uint8Array[]>();
  #unsent = new Map<number, Uint8Array[]>();

  add(terminal: number, bytes: Uint8Array): void {
    for (const parts of [this.#all, this.#unsent]) {
      const known = parts.get(terminal);
      if (known) known.push(bytes);
      else parts.set(terminal, [bytes]);
    }
  }

  /** All that a terminal has printed, or the end of it. Nothing of it is to be sent any more. */
  redraw(terminal: number): Uint8Array {
    this.#unsent.delete(terminal);
    const all = concatBytes(this.#all.get(terminal) ?? []);
    const kept = all.length > LIMIT ? all.slice(-LIMIT) : all;
    this.#all.set(terminal, [kept]);
    return kept.slice();
  }

  takeUnsent(): { readonly terminal: number; readonly bytes: Uint8Array }[] {
    const taken = [...this.#unsent].map(([terminal, parts]) => ({ terminal, bytes: concatBytes(parts) }));
    this.#unsent.clear();
    return taken;
  }

  forget(terminal: number): void {
    this.#all.delete(terminal);
    this.#unsent.delete(terminal);
  }

  clear(): void {
    this.#all.clear();
    this.#unsent.clear();
  }
}
