/** What routers told of the longest packet on a way (RFC 1191), kept for ten minutes (mtu_expires). */
import { type Clock, type Nanos, SECOND } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';

const LIFETIME = 600 * SECOND;
/** Nobody may talk us into smaller packets (min_pmtu). */
const SMALLEST = 552;

export class PathMtus {
  readonly #clock: Clock;
  readonly #known = new Map<Ipv4, { mtu: number; until: Nanos }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(destination: Ipv4): number | null {
    const known = this.#known.get(destination);
    return known !== undefined && known.until > this.#clock.now ? known.mtu : null;
  }

  learn(destination: Ipv4, mtu: number): void {
    this.#known.set(destination, { mtu: Math.max(mtu, SMALLEST), until: this.#clock.now + LIFETIME });
  }
}
