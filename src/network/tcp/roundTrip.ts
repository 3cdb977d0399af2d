/** The retransmission timeout from measured round trips (RFC 6298), with Linux's bounds of 200 ms and 120 s. */
import { MILLISECOND, type Nanos, SECOND } from '../../base/index.ts';

const SMALLEST = 200 * MILLISECOND;
const LARGEST = 120 * SECOND;

export class RoundTrip {
  /** SRTT; null before the first measurement. */
  smoothed: Nanos | null = null;
  /** RTTVAR. */
  variation: Nanos = 0;
  #timeout: Nanos = SECOND;
  #backoff = 0;

  /** RTO, doubled for each time that it ran out without an answer. */
  get timeout(): Nanos {
    return Math.min(this.#timeout * 2 ** this.#backoff, LARGEST);
  }

  /** A segment that was sent once was acknowledged after `time` (section 2). */
  measured(time: Nanos): void {
    if (this.smoothed === null) {
      this.smoothed = time;
      this.variation = Math.floor(time / 2);
    } else {
      this.variation = Math.floor((3 * this.variation + Math.abs(this.smoothed - time)) / 4);
      this.smoothed = Math.floor((7 * this.smoothed + time) / 8);
    }
    // As Linux: the variation counts for no less than the smallest timeout.
    this.#timeout = Math.min(this.smoothed + Math.max(SMALLEST, 4 * this.variation), LARGEST);
  }

  /** The timer ran out (5.5). */
  backOff(): void {
    this.#backoff++;
  }

  /** New data was acknowledged. */
  answered(): void {
    this.#backoff = 0;
  }
}
