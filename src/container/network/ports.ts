/** Which ports of the host are given out to containers (libnetwork's portallocator). */
import { formatIpv4, type Ipv4 } from '../../network/index.ts';

export type PortProtocol = 'tcp' | 'udp';

/** net.ipv4.ip_local_port_range: where ports come from that nobody chose. */
const EPHEMERAL: readonly [number, number] = [32_768, 60_999];

/** Why a port could not be had. */
export class PortTaken extends Error {}

export class PortAllocator {
  /** Addresses by `port/protocol`. */
  readonly #taken = new Map<string, Set<Ipv4>>();
  #last = EPHEMERAL[0] - 1;

  #isFree(address: Ipv4, port: number, protocol: PortProtocol): boolean {
    const holders = this.#taken.get(`${port}/${protocol}`);
    if (holders === undefined || holders.size === 0) return true;
    return address !== 0 && !holders.has(0) && !holders.has(address);
  }

  #take(address: Ipv4, port: number, protocol: PortProtocol): number {
    const key = `${port}/${protocol}`;
    const holders = this.#taken.get(key) ?? new Set();
    holders.add(address);
    this.#taken.set(key, holders);
    return port;
  }

  /** The first free port of the range; of the ephemeral ones the next after the last. `skipped` are in use by others. Throws PortTaken. */
  request(
    address: Ipv4,
    protocol: PortProtocol,
    range: readonly [number, number] | null,
    skipped: ReadonlySet<number>,
  ): number {
    const [low, high] = range ?? EPHEMERAL;
    const size = high - low + 1;
    const start = range === null ? this.#last + 1 - low : 0;
    for (let i = 0; i < size; i++) {
      const port = low + ((start + i) % size);
      if (skipped.has(port) || !this.#isFree(address, port, protocol)) continue;
      if (range === null) this.#last = port;
      return this.#take(address, port, protocol);
    }
    throw new PortTaken(
      size === 1
        ? `Bind for ${formatIpv4(address)}:${low} failed: port is already allocated`
        : 'all ports are allocated',
    );
  }

  release(address: Ipv4, port: number, protocol: PortProtocol): void {
    this.#taken.get(`${port}/${protocol}`)?.delete(address);
  }
}
