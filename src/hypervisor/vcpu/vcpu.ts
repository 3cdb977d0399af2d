/** One virtual CPU: its state while no hart runs it, its virtual interrupts and its timer. */
import type { Nanos, ScheduledEvent } from '../../base/index.ts';
import {
  type Hart,
  type InterruptBit,
  type InterruptLines,
  NANOS_PER_TICK,
  SEIP,
  type Timers,
} from '../../machine/index.ts';
import { initialState, loadState, saveState, type VcpuState } from './context.ts';

/** Bits of hvip (and hip): where the VS-level interrupts are pending. */
const VSSIP = 1 << 2;
const VSTIP = 1 << 6;
const VSEIP = 1 << 10;

export class Vcpu implements InterruptLines {
  /** The guest's hart id. */
  readonly id: number;
  /** WFI: nothing to do until an interrupt is pending. */
  #waiting = false;
  #lines = 0;
  #state: VcpuState;
  #hart: Hart | null = null;
  readonly #timers: Timers;
  #deadline: ScheduledEvent | null = null;
  /** Virtual time that harts spent on it, exits included. */
  runtime: Nanos = 0;
  /** Not to be run: powered off or never started. */
  stopped = true;

  constructor(id: number, timers: Timers) {
    this.id = id;
    this.#timers = timers;
    this.#state = initialState(0, id, 0);
  }

  /** Whether a hart could run it now. */
  get runnable(): boolean {
    return !this.stopped && !this.waiting;
  }

  /** Waits for an interrupt that is not pending yet (or that the guest has not enabled, SIE aside: as WFI on a hart). */
  get waiting(): boolean {
    if (!this.#waiting) return false;
    const enabled = this.#hart?.readCsr('vsie') ?? this.#state.csrs.vsie;
    const pending = this.#lines | ((this.#hart?.readCsr('hvip') ?? this.#state.interrupts) & VSSIP);
    return ((pending >> 1) & enabled) === 0;
  }

  start(entry: number, argument: number): void {
    this.#hart = null;
    this.#state = initialState(entry, this.id, argument);
    this.#waiting = false;
    this.stopped = false;
  }

  /** Stops for good, until started anew: no timer of it remains. */
  stop(): void {
    this.#hart = null;
    this.stopped = true;
    this.#waiting = false;
    this.#deadline?.cancel();
    this.#deadline = null;
    this.#lines &= ~VSTIP;
  }

  /** The wire of the VM's own interrupt controller; only its supervisor level reaches a guest. */
  setInterrupt(bit: InterruptBit, level: boolean): void {
    if (bit === SEIP) this.#drive(VSEIP, level);
  }

  /** SBI set_timer (chapter "Timer Extension"): an interrupt is pending from the tick `deadline` of mtime on. */
  setTimer(deadline: bigint): void {
    this.#deadline?.cancel();
    this.#drive(VSTIP, false);
    const delay = deadline * BigInt(NANOS_PER_TICK) - BigInt(this.#timers.now);
    // All ones, or anything as far away, is "never".
    if (delay > 2n ** 52n) this.#deadline = null;
    else if (delay <= 0n) this.#drive(VSTIP, true);
    else this.#deadline = this.#timers.after(Number(delay), () => this.#drive(VSTIP, true));
  }

  /** An inter-processor interrupt for the guest. */
  raiseSoftware(): void {
    if (this.#hart === null) this.#state = { ...this.#state, interrupts: this.#state.interrupts | VSSIP };
    else this.#hart.writeCsr('hvip', this.#hart.readCsr('hvip') | VSSIP);
  }

  waitForInterrupt(): void {
    this.#waiting = true;
  }

  /** Whether its state is in a hart: not any more when it was stopped or started anew meanwhile. */
  get loaded(): boolean {
    return this.#hart !== null;
  }

  /** The world switch in. */
  load(hart: Hart): void {
    this.#waiting = false;
    this.#hart = hart;
    loadState(hart, this.#state);
    this.present();
  }

  /** Shows the hart what became pending since it last ran this vCPU. */
  present(): void {
    const hart = this.#hart!;
    hart.writeCsr('hvip', (hart.readCsr('hvip') & VSSIP) | this.#lines);
  }

  /** The world switch out. */
  save(): void {
    this.#state = saveState(this.#hart!);
    this.#hart = null;
  }

  /** State while no hart runs it. */
  get state(): VcpuState {
    return this.#hart === null ? this.#state : saveState(this.#hart);
  }

  #drive(bit: number, level: boolean): void {
    this.#lines = level ? this.#lines | bit : this.#lines & ~bit;
  }
}
