/**
 * What learner code that runs as part of the system has to say: what it printed, and why a call of it failed. It is shown in the terminal
 * that was typed in last, between what its programs print, and is no part of the world.
 */
import { encodeUtf8 } from '../base/index.ts';

/** Lines shown between two keys. */
const MOST = 20;

export class Notices {
  #show: (bytes: Uint8Array) => void = () => {};
  #shown = 0;
  #last = '';

  /** A key was typed: from now on notices go to its terminal. */
  begin(show: (bytes: Uint8Array) => void): void {
    this.#show = show;
    this.#shown = 0;
    this.#last = '';
  }

  /** The same line twice in a row is shown once: one command calls a function many times. */
  tell(message: string, from = 'your code'): void {
    if (message === this.#last) return;
    this.#last = message;
    this.#shown++;
    if (this.#shown > MOST + 1) return;
    const text = this.#shown > MOST ? 'more is not shown' : message;
    this.#show(encodeUtf8(`\x1b[33m[${from}] ${text.replace(/\n/g, '\r\n')}\x1b[0m\r\n`));
  }
}
