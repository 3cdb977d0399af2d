/** What was typed and is in no record yet: the worker sends its record a moment after a key, and a page may be left before. */
import type { TerminalInput } from './laterCode.ts';

export class Unrecorded {
  #inputs: TerminalInput[] = [];
  #recorded = 0;

  /** All that is in no record, in the order in which it was typed. */
  get inputs(): readonly TerminalInput[] {
    return this.#inputs;
  }

  /** A session begins, from its record or without one. */
  begin(): void {
    this.#inputs = [];
    this.#recorded = 0;
  }

  typed(input: TerminalInput): void {
    this.#inputs.push(input);
  }

  /** A record has come with the first `count` inputs since the session began in it. */
  recorded(count: number): void {
    this.#inputs.splice(0, count - this.#recorded);
    this.#recorded = count;
  }
}
