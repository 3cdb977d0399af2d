/**
 * mcycle, minstret and time (Privileged Architecture 3.1.10 to 3.1.12). One cycle is one instruction that retired or trapped. A write
 * suppresses its own instruction's increment: the next instruction reads what was written.
 */
import type { HartState } from './state.ts';

export type CounterName = 'cycle' | 'instret';

/** Bits of mcountinhibit. */
const INHIBIT = { cycle: 1, instret: 4 } as const;

export class Counters {
  readonly #state: HartState;
  /** Set while writes come from outside of the program. */
  debugger = false;

  constructor(state: HartState) {
    this.#state = state;
  }

  #counted(name: CounterName): bigint {
    const { cycles, trapped } = this.#state;
    return BigInt(name === 'cycle' ? cycles : cycles - trapped);
  }

  #offset(name: CounterName): bigint {
    return name === 'cycle' ? this.#state.mcycleOffset : this.#state.minstretOffset;
  }

  #setOffset(name: CounterName, offset: bigint): void {
    if (name === 'cycle') this.#state.mcycleOffset = offset;
    else this.#state.minstretOffset = offset;
  }

  /** All 64 bits. */
  read(name: CounterName): bigint {
    const inhibited = this.#state.mcountinhibit & INHIBIT[name];
    return BigInt.asUintN(64, (inhibited ? 0n : this.#counted(name)) + this.#offset(name));
  }

  /** Sets all 64 bits from the next instruction on; the one that writes will still be counted, a debugger's write has none. */
  write(name: CounterName, value: bigint): void {
    const inhibited = this.#state.mcountinhibit & INHIBIT[name];
    this.#setOffset(name, inhibited ? value : value - this.#counted(name) - (this.debugger ? 0n : 1n));
  }

  /** Writes mcountinhibit: CY and IR. Counters keep their values over the change. */
  inhibit(bits: number): void {
    const values = { cycle: this.read('cycle'), instret: this.read('instret') };
    const before = this.#state.mcountinhibit;
    this.#state.mcountinhibit = bits & (INHIBIT.cycle | INHIBIT.instret);
    for (const name of ['cycle', 'instret'] as const) {
      if ((before ^ bits) & INHIBIT[name]) this.write(name, values[name]);
    }
  }

  /** mtime; with htimedelta in V=1 (18.2.6). */
  time(): bigint {
    const { virtual, htimedelta } = this.#state;
    return BigInt.asUintN(64, this.#state.time() + (virtual ? htimedelta : 0n));
  }
}
