/** How many errors one host is told in a time: a token bucket for each (Linux's inet_peer and icmp_ratelimit). */
import { type Clock, MILLISECOND, type Nanos } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';

/** So many at once (XRLIM_BURST_FACTOR). */
const BURST = 6;
/** Hosts that are remembered; the oldest is forgotten. */
const MOST_PEERS = 4096;

export class ErrorRate {
  readonly #clock: Clock;
  readonly #peers = new Map<Ipv4, { tokens: Nanos; at: Nanos }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether `peer` may be told one more, which costs `interval` milliseconds of silence; 0 is no limit. `burst` are saved up at most. */
  allows(peer: Ipv4, interval: number, burst = BURST): boolean {
    const cost = interval * MILLISECOND;
    if (cost === 0) return true;
    const { now } = this.#clock;
    const known = this.#peers.get(peer);
    const tokens = known === undefined ? burst * cost : Math.min(burst * cost, known.tokens + now - known.at);
    const allowed = tokens >= cost;
    if (known === undefined && this.#peers.size >= MOST_PEERS)
      this.#peers.delete(this.#peers.keys().next().value!);
    this.#peers.set(peer, { tokens: allowed ? tokens - cost : tokens, at: now });
    return allowed;
  }
}
