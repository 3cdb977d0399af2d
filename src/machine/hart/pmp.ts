/** Physical memory protection (Privileged Architecture 3.7): 16 entries, granularity 4 bytes. */
import { M, type Privilege } from './bits.ts';
import type { HartState } from './state.ts';

export const PMP_R = 1;
export const PMP_W = 2;
export const PMP_X = 4;
export const PMP_L = 0x80;
const MODE_SHIFT = 3;
const OFF = 0;
const TOR = 1;
const NA4 = 2;
const PAGE = 4096;

interface Region {
  /** First byte. */
  readonly low: number;
  /** First byte after it. */
  readonly high: number;
  readonly config: number;
}

export class Pmp {
  readonly #state: HartState;
  /** The entries that are on, lowest number first: the first that matches any byte decides. */
  #regions: readonly Region[] = [];

  constructor(state: HartState) {
    this.#state = state;
  }

  /** Writes pmpcfg`index` (four entries a register); locked entries keep theirs, and W without R is reserved: W reads 0. */
  writeConfig(index: number, value: number): void {
    const { pmpcfg } = this.#state;
    for (let i = 0; i < 4; i++) {
      const entry = index * 4 + i;
      if (pmpcfg[entry]! & PMP_L) continue;
      const config = (value >>> (8 * i)) & 0x9f;
      pmpcfg[entry] = config & PMP_R ? config : config & ~PMP_W;
    }
    this.update();
  }

  /** Writes pmpaddr`entry`; a locked entry, and the one below a locked top-of-range entry, keep theirs. */
  writeAddress(entry: number, value: number): void {
    const { pmpcfg, pmpaddr } = this.#state;
    const above = pmpcfg[entry + 1] ?? 0;
    if (pmpcfg[entry]! & PMP_L || (above & PMP_L && ((above >> MODE_SHIFT) & 3) === TOR)) return;
    pmpaddr[entry] = value;
    this.update();
  }

  /**
   * Whether the `width` bytes at `address` may be accessed; `right` is one of PMP_R, PMP_W, PMP_X. Accesses are aligned and 4 bytes at
   * most, and so are never in an entry in part.
   */
  allows(address: number, width: number, right: number, privilege: Privilege): boolean {
    for (const { low, high, config } of this.#regions) {
      if (address + width <= low || address >= high) continue;
      return (privilege === M && !(config & PMP_L)) || (config & right) !== 0;
    }
    return privilege === M;
  }

  /** Whether one decision holds for the whole page at `page`, so that a TLB may keep it. */
  uniform(page: number): boolean {
    for (const { low, high } of this.#regions) {
      if (page + PAGE <= low || page >= high) continue;
      return page >= low && page + PAGE <= high;
    }
    return true;
  }

  /** Recomputes the regions after the registers changed. */
  update(): void {
    const { pmpcfg, pmpaddr } = this.#state;
    this.#regions = Array.from(pmpcfg).flatMap((config, entry): Region[] => {
      const mode = (config >> MODE_SHIFT) & 3;
      const word = pmpaddr[entry]!;
      if (mode === OFF) return [];
      if (mode === TOR) {
        const low = entry === 0 ? 0 : pmpaddr[entry - 1]! * 4;
        return low < word * 4 ? [{ low, high: word * 4, config }] : [];
      }
      if (mode === NA4) return [{ low: word * 4, high: word * 4 + 4, config }];
      // NAPOT: the number of trailing ones gives the size; all ones is the whole space and more.
      const ones = word === 0xffff_ffff ? 32 : 31 - Math.clz32(~word & (word + 1));
      const size = 2 ** (ones + 3);
      const low = Math.floor((word * 4) / size) * size;
      return [{ low, high: low + size, config }];
    });
    this.#state.flushTlbs();
  }
}
