/**
 * Queueing disciplines (tc(8)): what a device does with frames before they go out. `netem` makes a line worse, `tbf` makes it narrow, `pfifo`
 * only counts places. The lengths that they count are those of frames.
 */
import type { Nanos, ScheduledEvent } from '../../base/index.ts';
import type { NetworkContext } from '../context.ts';

/** A part of 2^32 - 1, as the kernel has probabilities. */
export type Share = number;
export const WHOLE_SHARE = 0xffff_ffff;

export interface NetemOptions {
  readonly kind: 'netem';
  /** Frames that may wait. */
  readonly limit: number;
  readonly delay: Nanos;
  /** Each delay is up to so much longer or shorter. */
  readonly jitter: Nanos;
  readonly loss: Share;
  readonly duplicate: Share;
  /** Bits a second; null takes no time. */
  readonly rate: number | null;
}

export interface TbfOptions {
  readonly kind: 'tbf';
  /** Bits a second. */
  readonly rate: number;
  /** Bytes that may go out at once, which is also the longest frame. */
  readonly burst: number;
  /** Bytes that may wait. */
  readonly limit: number;
}

export interface FifoOptions {
  readonly kind: 'pfifo';
  readonly limit: number;
}

export type QdiscOptions = NetemOptions | TbfOptions | FifoOptions;

export interface QdiscStatistics {
  bytes: number;
  packets: number;
  dropped: number;
  /** How often a frame had to wait for its turn. */
  overlimits: number;
}

/** Puts a frame on the device. */
type Put = (frame: Uint8Array) => void;

interface Waiting {
  readonly frame: Uint8Array;
  readonly due: Nanos;
  event: ScheduledEvent | null;
}

export class Qdisc {
  /** The number before the colon. */
  readonly handle: number;
  options: QdiscOptions;
  readonly statistics: QdiscStatistics = { bytes: 0, packets: 0, dropped: 0, overlimits: 0 };
  readonly #context: NetworkContext;
  readonly #put: Put;
  readonly #waiting: Waiting[] = [];
  /** Of a token bucket: time that the tokens are worth, when that was so, and when the last frame will have gone. */
  #tokens: Nanos = 0;
  #tokensAt: Nanos = 0;

  constructor(context: NetworkContext, handle: number, options: QdiscOptions, put: Put) {
    this.#context = context;
    this.handle = handle;
    this.options = options;
    this.#put = put;
    this.#fill();
  }

  get backlog(): { readonly packets: number; readonly bytes: number } {
    const bytes = this.#waiting.reduce((sum, { frame }) => sum + frame.length, 0);
    return { packets: this.#waiting.length, bytes };
  }

  /** Other options; what waits goes on as it was. */
  change(options: QdiscOptions): void {
    this.options = options;
    this.#fill();
  }

  /** What waits is lost. */
  reset(): void {
    for (const { event } of this.#waiting) event?.cancel();
    this.#waiting.length = 0;
  }

  /** Takes a frame that is to go out; false when it is dropped. */
  enqueue(frame: Uint8Array): boolean {
    const { options } = this;
    if (options.kind === 'netem') return this.#worsen(frame, options);
    if (options.kind === 'tbf') return this.#shape(frame, options);
    return this.#wait(frame, this.#now);
  }

  get #now(): Nanos {
    return this.#context.queue.now;
  }

  #drop(): false {
    this.statistics.dropped++;
    return false;
  }

  #wait(frame: Uint8Array, due: Nanos): true {
    if (due <= this.#now && this.#waiting.length === 0) {
      this.#leave(frame);
      return true;
    }
    const waiting: Waiting = { frame, due, event: null };
    this.#waiting.push(waiting);
    waiting.event = this.#context.queue.after(Math.max(0, due - this.#now), () => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      this.#leave(frame);
    });
    return true;
  }

  #leave(frame: Uint8Array): void {
    this.statistics.packets++;
    this.statistics.bytes += frame.length;
    this.#put(frame);
  }

  #happens(share: Share): boolean {
    return share > 0 && this.#context.random.chance(share, WHOLE_SHARE);
  }

  #worsen(frame: Uint8Array, options: NetemOptions): boolean {
    const copies = 1 + (this.#happens(options.duplicate) ? 1 : 0) - (this.#happens(options.loss) ? 1 : 0);
    if (copies === 0) return this.#drop();
    for (let i = 0; i < copies; i++) {
      if (this.#waiting.length >= options.limit) return this.#drop();
      this.#wait(frame, this.#dueOf(frame, options));
    }
    return true;
  }

  /** With a rate a frame begins when the one before it has gone out; its delay runs meanwhile. */
  #dueOf(frame: Uint8Array, { delay, jitter, rate }: NetemOptions): Nanos {
    const { random } = this.#context;
    const moved = jitter === 0 ? delay : Math.max(0, delay - jitter + random.below(2 * jitter));
    if (rate === null) return this.#now + moved;
    const begin = this.#waiting.reduce((last, { due }) => Math.max(last, due), this.#now);
    const rest = Math.max(0, moved - (begin - this.#now));
    return begin + rest + sendingTime(frame.length, rate);
  }

  /** A full bucket. */
  #fill(): void {
    const { options } = this;
    if (options.kind !== 'tbf') return;
    this.#tokens = sendingTime(options.burst, options.rate);
    this.#tokensAt = this.#now;
  }

  #shape(frame: Uint8Array, { rate, burst, limit }: TbfOptions): boolean {
    if (frame.length > burst || this.backlog.bytes + frame.length > limit) return this.#drop();
    const now = this.#now;
    // Those that wait have taken their tokens already: the bucket's level is that of the moment when the last of them goes.
    const from = Math.max(now, this.#tokensAt);
    const full = sendingTime(burst, rate);
    this.#tokens = Math.min(full, this.#tokens + from - this.#tokensAt);
    const cost = sendingTime(frame.length, rate);
    const short = Math.max(0, cost - this.#tokens);
    this.#tokensAt = from + short;
    this.#tokens = Math.max(0, this.#tokens - cost);
    if (this.#tokensAt > now) this.statistics.overlimits++;
    return this.#wait(frame, this.#tokensAt);
  }
}

/** How long so many bytes take at so many bits a second. */
function sendingTime(bytes: number, rate: number): Nanos {
  return Math.ceil((bytes * 8 * 1e9) / rate);
}
