/** A bridge's forwarding database: at which port, in which VLAN, an address was last heard. bridge(8) shows it. */
import type { Nanos } from '../../base/index.ts';
import type { Mac } from '../address/mac.ts';
import type { NetworkDevice } from './device.ts';

export interface FdbEntry {
  readonly mac: Mac;
  /** 0 on a bridge that does not filter VLANs. */
  readonly vlan: number;
  /** A port, or the bridge itself for its own addresses. */
  port: NetworkDevice;
  /** `permanent`: an address of the bridge or a port, for the host itself. `static`: set by hand. */
  readonly kind: 'learned' | 'static' | 'permanent';
  /** When a frame from it was last seen. */
  updated: Nanos;
}

export class Fdb {
  readonly #entries = new Map<string, FdbEntry>();
  /** `ageing_time` of the bridge. */
  ageing: Nanos;

  constructor(ageing: Nanos) {
    this.ageing = ageing;
  }

  /** In the order in which they were made. */
  get entries(): readonly FdbEntry[] {
    return [...this.#entries.values()];
  }

  get(mac: Mac, vlan: number): FdbEntry | null {
    return this.#entries.get(`${vlan}|${mac}`) ?? null;
  }

  set(entry: FdbEntry): void {
    this.#entries.set(`${entry.vlan}|${entry.mac}`, entry);
  }

  delete(mac: Mac, vlan: number): boolean {
    return this.#entries.delete(`${vlan}|${mac}`);
  }

  /** Removes the entries that `which` is true of. */
  deleteWhere(which: (entry: FdbEntry) => boolean): void {
    for (const [key, entry] of this.#entries) if (which(entry)) this.#entries.delete(key);
  }

  /** Whether a learned entry was not refreshed for the ageing time. */
  isOld(entry: FdbEntry, now: Nanos): boolean {
    return entry.kind === 'learned' && now - entry.updated >= this.ageing;
  }
}
