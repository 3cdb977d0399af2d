/** Ports of a namespace for one protocol: ip(7)'s ip_local_port_range, and who may share a port. */
import { OsError } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';
import type { NetworkNamespace } from '../stack/namespace.ts';

/** What holds a port. */
export interface PortHolder {
  readonly boundAddress: Ipv4;
  readonly boundPort: number;
  /** SO_REUSEADDR, and not listening: others may have the port too. */
  readonly sharesPort: boolean;
}

export class PortTable<Holder extends PortHolder> {
  readonly #namespace: NetworkNamespace;
  readonly #holders = new Map<number, Set<Holder>>();

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
  }

  at(port: number): Iterable<Holder> {
    return this.#holders.get(port) ?? [];
  }

  /** All of them, by port. */
  get all(): readonly Holder[] {
    return [...this.#holders.keys()].sort((a, b) => a - b).flatMap((port) => [...this.#holders.get(port)!]);
  }

  /** Throws EADDRINUSE when `holder` may not have `port` at `address`. */
  check(address: Ipv4, port: number, shares: boolean): void {
    for (const other of this.at(port)) {
      const meet = other.boundAddress === 0 || address === 0 || other.boundAddress === address;
      if (meet && !(shares && other.sharesPort)) throw new OsError('EADDRINUSE');
    }
  }

  /** A port of the local range that `isFree` likes, searched for from a random place on; null when there is none. */
  choose(isFree: (port: number) => boolean): number | null {
    const [low, high] = this.#namespace.settings.localPortRange;
    const count = high - low + 1;
    const start = this.#namespace.context.random.below(count);
    for (let i = 0; i < count; i++) {
      const port = low + ((start + i) % count);
      if (isFree(port)) return port;
    }
    return null;
  }

  /** Whether anybody has `port` at `address`. */
  isTaken(address: Ipv4, port: number): boolean {
    for (const other of this.at(port))
      if (other.boundAddress === 0 || address === 0 || other.boundAddress === address) return true;
    return false;
  }

  add(holder: Holder): void {
    const holders = this.#holders.get(holder.boundPort);
    if (holders === undefined) this.#holders.set(holder.boundPort, new Set([holder]));
    else holders.add(holder);
  }

  remove(holder: Holder): void {
    const holders = this.#holders.get(holder.boundPort);
    holders?.delete(holder);
    if (holders?.size === 0) this.#holders.delete(holder.boundPort);
  }
}
