/** Congestion control: slow start, congestion avoidance, fast retransmit and recovery (RFC 5681, NewReno of RFC 6582). */
import { isBefore } from './sequence.ts';

/** Equal acknowledgements that mean a loss. */
export const DUPLICATES = 3;

export class Congestion {
  /** In bytes. */
  window: number;
  threshold = 0x7fffffff;
  duplicates = 0;
  /** Fast recovery lasts until this is acknowledged; null outside of it. */
  recover: number | null = null;
  #mss: number;

  /** Ten segments at first (RFC 6928). */
  constructor(mss: number) {
    this.#mss = mss;
    this.window = 10 * mss;
  }

  setMss(mss: number): void {
    this.#mss = mss;
  }

  /** `count` new bytes up to `una` were acknowledged. True: the next hole must be sent again, for recovery goes on. */
  acknowledged(count: number, una: number): boolean {
    this.duplicates = 0;
    if (this.recover !== null) {
      if (isBefore(una, this.recover)) {
        // A partial acknowledgement: less the bytes that left the network, plus the one segment that is sent anew.
        this.window = Math.max(this.window - count + this.#mss, this.#mss);
        return true;
      }
      this.recover = null;
      this.window = this.threshold;
      return false;
    }
    if (this.window < this.threshold) this.window += Math.min(count, 2 * this.#mss);
    else this.window += Math.max(1, Math.floor((this.#mss * this.#mss) / this.window));
    return false;
  }

  /** One more equal acknowledgement. True: it is the third, and the segment at `una` counts as lost. */
  duplicate(inFlight: number, max: number): boolean {
    this.duplicates++;
    if (this.recover !== null) {
      this.window += this.#mss;
      return false;
    }
    if (this.duplicates !== DUPLICATES) return false;
    this.threshold = Math.max(Math.floor(inFlight / 2), 2 * this.#mss);
    this.window = this.threshold + DUPLICATES * this.#mss;
    this.recover = max;
    return true;
  }

  /** The retransmission timer ran out. */
  timedOut(inFlight: number): void {
    this.threshold = Math.max(Math.floor(inFlight / 2), 2 * this.#mss);
    this.window = this.#mss;
    this.duplicates = 0;
    this.recover = null;
  }
}
