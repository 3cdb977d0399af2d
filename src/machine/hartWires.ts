/** The wires between the interrupt controllers and one hart: they are there before the hart is. */
import type { InterruptBit, InterruptLines } from './bus.ts';

export class HartWires implements InterruptLines {
  #hart: InterruptLines | null = null;
  readonly #levels = new Map<InterruptBit, boolean>();

  /** Solders the hart on: it sees the levels of now. */
  connect(hart: InterruptLines): void {
    this.#hart = hart;
    for (const [bit, level] of this.#levels) hart.setInterrupt(bit, level);
  }

  /** Passes on changes alone, so that a controller may say the same again. */
  setInterrupt(bit: InterruptBit, level: boolean): void {
    if ((this.#levels.get(bit) ?? false) === level) return;
    this.#levels.set(bit, level);
    this.#hart?.setInterrupt(bit, level);
  }
}
