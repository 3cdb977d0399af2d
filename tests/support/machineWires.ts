/** What tests of devices use in place of harts and interrupt controllers. */
import type { InterruptBit, InterruptLines } from '../../src/machine/index.ts';

/** A hart's interrupt lines, to be read. */
export class ProbeLines implements InterruptLines {
  readonly pending = new Set<InterruptBit>();

  setInterrupt(bit: InterruptBit, level: boolean): void {
    if (level) this.pending.add(bit);
    else this.pending.delete(bit);
  }
}

/** One interrupt wire, to be read. */
export class ProbeWire {
  level = false;

  set(level: boolean): void {
    this.level = level;
  }
}
