/** The token buckets of `limit` matches (nft(8), limit statement), each of a rule's own. */
import type { Clock, Nanos } from '../../base/index.ts';

interface Limit {
  readonly rate: number;
  readonly per: Nanos;
  readonly burst: number;
}

export class Limits {
  readonly #clock: Clock;
  readonly #buckets = new WeakMap<Limit, { credit: Nanos; at: Nanos }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one token; false when there is none. */
  within(limit: Limit): boolean {
    const cost = Math.ceil(limit.per / limit.rate);
    const most = cost * Math.max(1, limit.burst);
    const { now } = this.#clock;
    const bucket = this.#buckets.get(limit) ?? { credit: most, at: now };
    this.#buckets.set(limit, bucket);
    bucket.credit = Math.min(most, bucket.credit + now - bucket.at);
    bucket.at = now;
    if (bucket.credit < cost) return false;
    bucket.credit -= cost;
    return true;
  }
}
