/**
 * A general-purpose input as SiFive's GPIO controller has it ("sifive,gpio0"; SiFive FU540-C000 Manual, chapter "General Purpose
 * Input/Output Controller"), with one pin: the power key. The register of each condition has an enable before it.
 */
import type { ScheduledEvent } from '../../base/index.ts';
import type { BusDevice, Width } from '../bus.ts';
import type { Timers } from '../timing.ts';
import type { InterruptWire } from './interruptWire.ts';

const INPUT_VALUE = 0x00;
const INPUT_ENABLE = 0x04;
/** rise_ie, rise_ip, fall_ie, fall_ip, high_ie, high_ip, low_ie, low_ip. */
const FIRST_CONDITION = 0x18;
const LAST_CONDITION = 0x34;

const RISE = 0;
const FALL = 1;
const HIGH = 2;
const LOW = 3;
const CONDITIONS = [RISE, FALL, HIGH, LOW] as const;

/** Pin 0, which all registers have in bit 0. */
const PIN = 1;
/** How long a pressed key stays down: 100 ms. */
const PRESS = 100_000_000;

/** What {@link Gpio.save} gives: plain JSON. */
export interface GpioState {
  readonly level: boolean;
  readonly inputEnabled: boolean;
  /** rise, fall, high, low. */
  readonly enabled: readonly boolean[];
  readonly pending: readonly boolean[];
}

export interface GpioOptions {
  readonly name: string;
  readonly base: number;
  readonly wire: InterruptWire;
  readonly timers: Timers;
}

export class Gpio implements BusDevice {
  readonly name: string;
  readonly base: number;
  readonly size = 0x1000;
  readonly #wire: InterruptWire;
  readonly #timers: Timers;
  #level = false;
  #inputEnabled = false;
  #enabled = [false, false, false, false];
  #pending = [false, false, false, false];
  #release: ScheduledEvent | null = null;

  constructor({ name, base, wire, timers }: GpioOptions) {
    this.name = name;
    this.base = base;
    this.#wire = wire;
    this.#timers = timers;
  }

  /** Presses the key on the pin, and lets it go 100 ms later. */
  press(): void {
    this.#release?.cancel();
    this.#set(true);
    this.#releaseSoon();
  }

  /** Not connected to anything, nothing enabled: as after power-on. The key is up. */
  reset(): void {
    this.#release?.cancel();
    this.#release = null;
    this.#level = false;
    this.#inputEnabled = false;
    this.#enabled = [false, false, false, false];
    this.#pending = [false, false, false, false];
    this.#drive();
  }

  save(): GpioState {
    return {
      level: this.#level,
      inputEnabled: this.#inputEnabled,
      enabled: [...this.#enabled],
      pending: [...this.#pending],
    };
  }

  restore(state: GpioState): void {
    this.#level = state.level;
    this.#inputEnabled = state.inputEnabled;
    this.#enabled = [...state.enabled];
    this.#pending = [...state.pending];
    if (this.#level) this.#releaseSoon();
    this.#drive();
  }

  load(offset: number): number {
    if (offset === INPUT_VALUE) return bit(this.#level && this.#inputEnabled);
    if (offset === INPUT_ENABLE) return bit(this.#inputEnabled);
    const condition = conditionAt(offset);
    if (condition === null) return 0;
    return bit((condition.isPending ? this.#pending : this.#enabled)[condition.number]!);
  }

  store(offset: number, _width: Width, value: number): boolean {
    const on = (value & PIN) !== 0;
    const condition = conditionAt(offset);
    if (offset === INPUT_ENABLE) {
      this.#inputEnabled = on;
      this.#latchLevel();
    } else if (condition?.isPending && on) {
      // Written as 1, a pending bit is cleared; the condition of a level sets it again while that level lasts.
      this.#pending[condition.number] = false;
      this.#latchLevel();
    } else if (condition !== null && !condition.isPending) this.#enabled[condition.number] = on;
    this.#drive();
    return true;
  }

  #releaseSoon(): void {
    this.#release = this.#timers.after(PRESS, () => {
      this.#release = null;
      this.#set(false);
    });
  }

  #set(level: boolean): void {
    const edge = level !== this.#level;
    this.#level = level;
    if (edge && this.#inputEnabled) this.#pending[level ? RISE : FALL] = true;
    this.#latchLevel();
    this.#drive();
  }

  #latchLevel(): void {
    if (this.#inputEnabled) this.#pending[this.#level ? HIGH : LOW] = true;
  }

  #drive(): void {
    this.#wire.set(CONDITIONS.some((number) => this.#enabled[number] && this.#pending[number]));
  }
}

const bit = (on: boolean): number => (on ? PIN : 0);

function conditionAt(offset: number): { readonly number: number; readonly isPending: boolean } | null {
  if (offset < FIRST_CONDITION || offset > LAST_CONDITION || offset % 4 !== 0) return null;
  const register = (offset - FIRST_CONDITION) / 4;
  return { number: register >> 1, isPending: register % 2 === 1 };
}
