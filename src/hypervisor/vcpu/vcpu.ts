/** One virtual CPU: its state while no hart runs it, its virtual interrupts and its timer. */
import { assert, type Nanos, type ScheduledEvent } from '../../base/index.ts';
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

/** A vCPU as plain JSON: what it takes to go on with it elsewhere. */
export interface VcpuSnapshot {
  readonly state: VcpuState;
  /** VSTIP and VSEIP as the VM's timer and interrupt controller drive them. */
  readonly lines: number;
  readonly waiting: boolean;
  readonly stopped: boolean;
  /** The guest's time, in ticks of mtime, at which its timer interrupts; null when it is not set. Decimal: JSON has no bigint. */
  readonly deadline: string | null;
}

/** How a vCPU's timer reads the time. */
export interface VcpuClock {
  readonly timers: Timers;
  /** Guest time minus the host's, in ticks: htimedelta. */
  readonly delta: () => bigint;
}

export class Vcpu implements InterruptLines {
  /** The guest's hart id. */
  readonly id: number;
  /** WFI: nothing to do until an interrupt is pending. */
  #waiting = false;
  #lines = 0;
  #state: VcpuState;
  #hart: Hart | null = null;
  readonly #clock: VcpuClock;
  #timer: ScheduledEvent | null = null;
  #deadline: bigint | null = null;
  /** Virtual time that harts spent on it, exits included. */
  runtime: Nanos = 0;
  /** Not to be run: powered off or never started. */
  stopped = true;
  /** Not to be run until the host has a frame for it. */
  starved = false;

  constructor(id: number, clock: VcpuClock) {
    this.id = id;
    this.#clock = clock;
    this.#state = initialState(0, id, 0);
  }

  /** Whether a hart could run it now. */
  get runnable(): boolean {
    return !this.stopped && !this.starved && !this.waiting;
  }

  /** Waits for an interrupt that is not pending yet (or that the guest has not enabled, SIE aside: as WFI on a hart). */
  get waiting(): boolean {
    if (!this.#waiting) return false;
    const enabled = this.#hart?.readCsr('vsie') ?? this.#state.csrs.vsie;
    const pending = this.#lines | ((this.#hart?.readCsr('hvip') ?? this.#state.interrupts) & VSSIP);
    return ((pending >> 1) & enabled) === 0;
  }

  /** `registers`: more of x0 … x31 than a0 and a1, by their numbers. */
  start(entry: number, argument: number, registers?: ReadonlyMap<number, number>): void {
    this.#hart = null;
    this.#state = initialState(entry, this.id, argument, registers);
    this.#waiting = false;
    this.stopped = false;
  }

  /** Stops for good, until started anew: no timer of it remains. */
  stop(): void {
    this.#hart = null;
    this.stopped = true;
    this.starved = false;
    this.#waiting = false;
    this.#clearTimer();
  }

  /** The wire of the VM's own interrupt controller; only its supervisor level reaches a guest. */
  setInterrupt(bit: InterruptBit, level: boolean): void {
    if (bit === SEIP) this.#drive(VSEIP, level);
  }

  /** SBI set_timer (chapter "Timer Extension"): an interrupt is pending from the guest's time `deadline` on, in ticks of mtime. */
  setTimer(deadline: bigint): void {
    this.#clearTimer();
    this.#deadline = deadline;
    this.#arm(deadline);
  }

  /** The guest's time stands still: its timer does not come. */
  holdTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** The guest's time goes on: what was left of its timer is waited for. */
  goOnTimer(): void {
    if (this.#deadline !== null) this.#arm(this.#deadline);
  }

  #arm(deadline: bigint): void {
    const { timers, delta } = this.#clock;
    const wait = (deadline - delta()) * BigInt(NANOS_PER_TICK) - BigInt(timers.now);
    if (wait <= 0n) this.#drive(VSTIP, true);
    // All ones, or anything as far away, is "never".
    else if (wait < 2n ** 52n) this.#timer = timers.after(Number(wait), () => this.#drive(VSTIP, true));
  }

  #clearTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#deadline = null;
    this.#drive(VSTIP, false);
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
    this.#hart = hart;
    loadState(hart, this.#state);
    this.present();
  }

  /** Shows the hart what became pending since it last ran this vCPU, which goes on: a wait is over, though its interrupt will be taken back. */
  present(): void {
    const hart = this.#hart!;
    this.#waiting = false;
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

  /** Not while a hart runs it. */
  snapshot(): VcpuSnapshot {
    assert(this.#hart === null, `vCPU ${this.id} is saved while a hart runs it`);
    const deadline = this.#deadline === null ? null : String(this.#deadline);
    return {
      state: this.#state,
      lines: this.#lines,
      waiting: this.#waiting,
      stopped: this.stopped,
      deadline,
    };
  }

  /** Takes a snapshot's state, its timer held (see {@link goOnTimer}). */
  restore(snapshot: VcpuSnapshot): void {
    assert(this.#hart === null, `vCPU ${this.id} is restored while a hart runs it`);
    this.#clearTimer();
    this.#state = snapshot.state;
    this.#lines = snapshot.lines;
    this.#waiting = snapshot.waiting;
    this.stopped = snapshot.stopped;
    this.#deadline = snapshot.deadline === null ? null : BigInt(snapshot.deadline);
  }

  #drive(bit: number, level: boolean): void {
    this.#lines = level ? this.#lines | bit : this.#lines & ~bit;
  }
}
