/** The receiving half of the serial port: bytes on their way, the FIFO (one byte deep when FIFOs are off), its trigger and timeout. */
import type { Nanos, ScheduledEvent } from '../../base/index.ts';
import type { Timers } from '../timing.ts';

/** Plain JSON. Times are ns that are left. */
export interface ReceiverState {
  readonly coming: readonly number[];
  readonly fifo: readonly number[];
  readonly register: number;
  readonly depth: number;
  readonly trigger: number;
  readonly connected: boolean;
  readonly timedOut: boolean;
  readonly arrival: Nanos | null;
  readonly timeout: Nanos | null;
}

export class Receiver {
  /** Bytes that the other side wants to send and has not yet. */
  #coming: number[] = [];
  #next = 0;
  #fifo: number[] = [];
  /** The receiver buffer register, as it is without FIFOs. */
  #register = 0;
  #depth = 1;
  #trigger = 1;
  #arrival: ScheduledEvent | null = null;
  #timeout: ScheduledEvent | null = null;
  #timedOut = false;
  #connected = true;
  readonly #timers: Timers;
  readonly #characterTime: () => Nanos;
  readonly #changed: () => void;

  constructor(timers: Timers, characterTime: () => Nanos, changed: () => void) {
    this.#timers = timers;
    this.#characterTime = characterTime;
    this.#changed = changed;
  }

  /** A byte can be read. */
  get ready(): boolean {
    return this.#fifo.length > 0;
  }

  /** The FIFO holds as many bytes as the trigger level (8.5), or the one byte without FIFOs is there. */
  get triggered(): boolean {
    return this.#fifo.length >= this.#trigger;
  }

  /** Bytes are there, and for four character times none came and none was read (8.12, "FIFO Interrupt Mode Operation"). */
  get timedOut(): boolean {
    return this.#timedOut;
  }

  /** False in loop-back: what comes from outside waits. */
  set connected(connected: boolean) {
    this.#connected = connected;
    this.#schedule();
  }

  /** Bytes that come from outside, each a character time after the one before. */
  arrive(bytes: Uint8Array): void {
    for (const byte of bytes) this.#coming.push(byte);
    this.#schedule();
  }

  /**
   * One byte now, from the port's own transmitter; false when there was no room: an overrun. A full FIFO keeps what it has; RBR alone
   * loses what was in it (8.4, "overrun error").
   */
  hear(byte: number): boolean {
    const room = this.#fifo.length < this.#depth;
    if (!room && this.#depth === 1) this.#fifo = [];
    if (this.#fifo.length < this.#depth) this.#take(byte);
    return room;
  }

  /** The oldest byte. When there is none, an empty FIFO gives 0, and RBR alone the byte that is still in it. */
  read(): number {
    const byte = this.#fifo.shift() ?? (this.#depth === 1 ? this.#register : 0);
    this.#restartTimeout();
    this.#schedule();
    return byte;
  }

  /** Sets how many bytes there is room for, and how many raise the interrupt. */
  configure(depth: number, trigger: number): void {
    this.#depth = depth;
    this.#trigger = trigger;
    this.#restartTimeout();
    this.#schedule();
  }

  clear(): void {
    this.#fifo = [];
    this.#restartTimeout();
    this.#schedule();
  }

  save(): ReceiverState {
    const left = (event: ScheduledEvent | null) => event && event.time - this.#timers.now;
    return {
      coming: this.#coming.slice(this.#next),
      fifo: [...this.#fifo],
      register: this.#register,
      depth: this.#depth,
      trigger: this.#trigger,
      connected: this.#connected,
      timedOut: this.#timedOut,
      arrival: left(this.#arrival),
      timeout: left(this.#timeout),
    };
  }

  restore(state: ReceiverState): void {
    this.#arrival?.cancel();
    this.#timeout?.cancel();
    this.#coming = [...state.coming];
    this.#next = 0;
    this.#fifo = [...state.fifo];
    this.#register = state.register;
    this.#depth = state.depth;
    this.#trigger = state.trigger;
    this.#connected = state.connected;
    this.#timedOut = state.timedOut;
    // When both are due at one instant, the timeout had been scheduled first.
    this.#timeout = state.timeout === null ? null : this.#timeOutIn(state.timeout);
    this.#arrival = state.arrival === null ? null : this.#arriveIn(state.arrival);
  }

  #take(byte: number): void {
    if (this.#depth === 1) this.#register = byte;
    this.#fifo.push(byte);
    this.#restartTimeout();
    this.#changed();
  }

  #schedule(): void {
    const wanted = this.#connected && this.#next < this.#coming.length && this.#fifo.length < this.#depth;
    if (!wanted || this.#arrival !== null) return;
    this.#arrival = this.#arriveIn(this.#characterTime());
  }

  #arriveIn(delay: Nanos): ScheduledEvent {
    return this.#timers.after(delay, () => {
      this.#arrival = null;
      if (!this.#connected || this.#fifo.length >= this.#depth) return;
      const byte = this.#coming[this.#next++]!;
      if (this.#next === this.#coming.length) {
        this.#coming = [];
        this.#next = 0;
      }
      this.#take(byte);
      this.#schedule();
    });
  }

  #restartTimeout(): void {
    this.#timeout?.cancel();
    this.#timeout = null;
    this.#timedOut = false;
    if (this.#depth === 1 || this.#fifo.length === 0) return;
    this.#timeout = this.#timeOutIn(4 * this.#characterTime());
  }

  #timeOutIn(delay: Nanos): ScheduledEvent {
    return this.#timers.after(delay, () => {
      this.#timeout = null;
      this.#timedOut = true;
      this.#changed();
    });
  }
}
