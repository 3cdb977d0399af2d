/**
 * One direction of a link: a queue of frames, a rate at which bits go out, a delay until they arrive, and loss. It is also
 * what tc(8)'s netem and tbf shape, so that any device's outgoing side can be made slow.
 */
import type { Nanos } from '../../base/index.ts';
import type { NetworkContext } from '../context.ts';

export interface WireOptions {
  /** Bits a second; null takes no time. */
  readonly rate: number | null;
  /** Propagation, in nanoseconds. */
  readonly delay: Nanos;
  /** Frames lost on the way: `numerator` in `denominator`. */
  readonly loss: { readonly numerator: number; readonly denominator: number };
  /** How many frames may wait or be on their way out; the next one is dropped (txqueuelen). */
  readonly limit: number;
}

/** Between devices of one machine nothing but the kernel's work takes time. */
export const VIRTUAL_WIRE: WireOptions = {
  rate: null,
  delay: 12_000,
  loss: { numerator: 0, denominator: 1 },
  limit: 1000,
};

/** A gigabit cable of a machine room. */
export const GIGABIT_WIRE: WireOptions = { ...VIRTUAL_WIRE, rate: 1_000_000_000, delay: 5_000 };

/** Preamble, frame check sequence and gap between frames take the time of 24 bytes; the shortest frame is 60 without them. */
const WIRE_OVERHEAD = 24;
const SHORTEST_FRAME = 60;

export class Wire {
  options: WireOptions;
  readonly #context: NetworkContext;
  /** When the last bit of what was accepted has gone out. */
  #busyUntil: Nanos = 0;
  /** When each frame that was accepted arrives or, being lost, would have. */
  #leaving: Nanos[] = [];

  constructor(context: NetworkContext, options: WireOptions) {
    this.#context = context;
    this.options = options;
  }

  /** How many frames wait or are on their way out. */
  get queued(): number {
    const now = this.#context.queue.now;
    let gone = 0;
    while (gone < this.#leaving.length && this.#leaving[gone]! <= now) gone++;
    if (gone > 0) this.#leaving.splice(0, gone);
    return this.#leaving.length;
  }

  /** Takes a frame, and calls `deliver` when it arrives. False: the queue was full. */
  send(bytes: number, deliver: () => void): boolean {
    const { rate, delay, loss, limit } = this.options;
    if (this.queued >= limit) return false;
    const now = this.#context.queue.now;
    const bits = 8 * (Math.max(bytes, SHORTEST_FRAME) + WIRE_OVERHEAD);
    const sending = rate === null ? 0 : Math.ceil((bits * 1e9) / rate);
    this.#busyUntil = Math.max(now, this.#busyUntil) + sending;
    // Without a rate there is no queue at the sender: what is under way counts, so that a loop of bridges stays finite.
    this.#leaving.push(rate === null ? now + delay : this.#busyUntil);
    if (loss.numerator > 0 && this.#context.random.chance(loss.numerator, loss.denominator)) return true;
    this.#context.queue.after(this.#busyUntil + delay - now, deliver);
    return true;
  }
}
