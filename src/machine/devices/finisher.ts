/**
 * SiFive's test finisher (QEMU `virt`: "sifive,test1", also a "syscon"): one register that ends the run or starts it anew. The
 * device tree's `poweroff` and `reboot` nodes (syscon-poweroff, syscon-reboot) lead a guest to the same register.
 */
import type { BusDevice, Width } from '../bus.ts';

/** Values of the low 16 bits; the high 16 bits are an exit code for FAIL. */
export const FINISHER_FAIL = 0x3333;
export const FINISHER_PASS = 0x5555;
export const FINISHER_RESET = 0x7777;

/** What the finisher asks of the machine. */
export interface FinisherActions {
  /** Ends the run with an exit code: 0 for PASS, what the guest gave for FAIL. */
  powerOff(code: number): void;
  reset(): void;
}

export class Finisher implements BusDevice {
  readonly name = 'finisher';
  readonly base: number;
  readonly size = 0x1000;
  readonly #actions: FinisherActions;

  constructor(base: number, actions: FinisherActions) {
    this.base = base;
    this.#actions = actions;
  }

  load(): number {
    return 0;
  }

  store(offset: number, width: Width, value: number): boolean {
    if (offset !== 0 || width === 1) return true;
    const command = value & 0xffff;
    if (command === FINISHER_PASS) this.#actions.powerOff(0);
    if (command === FINISHER_FAIL) this.#actions.powerOff(width === 4 ? value >>> 16 : 0);
    if (command === FINISHER_RESET) this.#actions.reset();
    return true;
  }
}
