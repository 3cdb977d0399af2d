/** A hart that executes TypeScript functions, one an instruction: for tests of what drives harts. */
import type { Core, CoreWiring, InterruptBit } from '../../src/machine/index.ts';

/** What an instruction does; `wfi` waits until an interrupt line is high; null ends in a loop of instructions that do nothing. */
export type Instruction = ((core: ScriptedCore) => void) | 'wfi';

export class ScriptedCore implements Core {
  readonly wiring: CoreWiring;
  readonly lines = new Set<InterruptBit>();
  /** [entry, argument] of each reset. */
  readonly resets: [number, number][] = [];
  /** The budget of each `run`. */
  readonly budgets: number[] = [];
  progress = 0;
  executed = 0;
  readonly #script: readonly Instruction[];
  #at = 0;
  #yield = false;
  #wfi = false;

  constructor(wiring: CoreWiring, script: readonly Instruction[]) {
    this.wiring = wiring;
    this.#script = script;
  }

  get waiting(): boolean {
    return this.#wfi && this.lines.size === 0;
  }

  setInterrupt(bit: InterruptBit, level: boolean): void {
    if (level) this.lines.add(bit);
    else this.lines.delete(bit);
  }

  yieldSoon(): void {
    this.#yield = true;
  }

  reset(entry: number, argument: number): void {
    this.resets.push([entry, argument]);
    this.#at = 0;
    this.#wfi = false;
  }

  run(budget: number): number {
    this.budgets.push(budget);
    this.progress = 0;
    this.#yield = false;
    this.#wfi = false;
    while (this.progress < budget && !this.#yield) {
      const instruction = this.#script[this.#at++];
      if (typeof instruction === 'function') instruction(this);
      this.progress++;
      this.executed++;
      if (instruction === 'wfi' && this.lines.size === 0) {
        this.#wfi = true;
        break;
      }
    }
    return this.progress;
  }

  /** Stores a word as a store instruction does. */
  store(address: number, value: number): void {
    if (!this.wiring.bus.store(address, 4, value)) throw new Error(`store fault at ${address.toString(16)}`);
  }

  load(address: number): number | null {
    return this.wiring.bus.load(address, 4);
  }
}
