/** The sending half of the serial port: the holding register or FIFO, and the shift register behind it. */
import type { Nanos, ScheduledEvent } from '../../base/index.ts';
import type { Timers } from '../timing.ts';

export interface TransmitterEvents {
  /** The last bit of `byte` has left. */
  sent(byte: number): void;
  /** The last byte waiting moved on to the shift register. */
  emptied(): void;
}

/** Plain JSON. */
export interface TransmitterState {
  readonly capacity: number;
  readonly waiting: readonly number[];
  /** The byte being sent, and the ns until its last bit has left. */
  readonly shifting: { readonly byte: number; readonly left: Nanos } | null;
}

export class Transmitter {
  /** Bytes that the holding register or FIFO has room for. */
  capacity = 1;
  #waiting: number[] = [];
  #shifting: { readonly byte: number; readonly event: ScheduledEvent } | null = null;
  readonly #timers: Timers;
  readonly #characterTime: () => Nanos;
  readonly #events: TransmitterEvents;

  constructor(timers: Timers, characterTime: () => Nanos, events: TransmitterEvents) {
    this.#timers = timers;
    this.#characterTime = characterTime;
    this.#events = events;
  }

  /** LSR's THRE: nothing waits. */
  get holdingEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** LSR's TEMT: nothing waits and nothing is being sent. */
  get idle(): boolean {
    return this.#waiting.length === 0 && this.#shifting === null;
  }

  /** A byte written to THR by a guest that may not have looked at THRE: it replaces the one in a holding register, a full FIFO loses it. */
  write(byte: number): void {
    if (this.capacity === 1) this.#waiting = [byte];
    else if (this.#waiting.length < this.capacity) this.#waiting.push(byte);
    if (this.#shifting === null) this.#shift();
  }

  /** Forgets what waits; the byte being sent goes out (8.5, "does not clear the shift register"). */
  clear(): void {
    const had = this.#waiting.length > 0;
    this.#waiting = [];
    if (had) this.#events.emptied();
  }

  reset(): void {
    this.#waiting = [];
    this.#shifting?.event.cancel();
    this.#shifting = null;
  }

  save(): TransmitterState {
    const shifting = this.#shifting && {
      byte: this.#shifting.byte,
      left: this.#shifting.event.time - this.#timers.now,
    };
    return { capacity: this.capacity, waiting: [...this.#waiting], shifting };
  }

  restore({ capacity, waiting, shifting }: TransmitterState): void {
    this.reset();
    this.capacity = capacity;
    this.#waiting = [...waiting];
    if (shifting) this.#send(shifting.byte, shifting.left);
  }

  #shift(): void {
    this.#send(this.#waiting.shift()!, this.#characterTime());
    if (this.#waiting.length === 0) this.#events.emptied();
  }

  #send(byte: number, time: Nanos): void {
    const event = this.#timers.after(time, () => {
      this.#shifting = null;
      if (this.#waiting.length > 0) this.#shift();
      this.#events.sent(byte);
    });
    this.#shifting = { byte, event };
  }
}
