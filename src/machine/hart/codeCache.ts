/**
 * Decoded instructions, cached by physical page and shared by all harts of a memory. A page has one slot per halfword, filled when
 * control first gets there; straight-line code runs from slot to slot. Every write to a decoded halfword, by any hart or device,
 * empties its slots, so instruction fetch is always coherent and FENCE.I has nothing to do.
 */
import { Slot } from '../../base/index.ts';
import type { PhysicalMemory, WriteWatcher } from '../memory.ts';
import { decode } from './decode.ts';
import { TAG_CODE, TLB_STORE, tlbStart } from './layout.ts';
import { CROSS, PAGE_END, UNDECODED } from './operations.ts';
import type { HartState } from './state.ts';

/** Words of a slot: operation, packed registers and length, immediate, the instruction's own bits. */
const SLOT = 4;
const SLOTS_PER_PAGE = 2048;
/** A page's slots and one more, where control falls off the end. */
export const PAGE_WORDS = (SLOTS_PER_PAGE + 1) * SLOT;
/** Pages that are kept at most: 32 KiB each. When they are used up, all are forgotten. */
const MOST_PAGES = 1024;

/** Where an instruction that crosses a page is decoded: two slots and an end. */
export const CROSS_START = 0;

const caches = new Slot<PhysicalMemory, CodeCache>('code cache');

export class CodeCache implements WriteWatcher {
  /** Slots; replaced when it grows, so nobody keeps it across an entry of a page. */
  code = new Int32Array(PAGE_WORDS);
  /** By place in {@link code}: how often an instruction was decoded. */
  readonly decoded: number[] = [];
  /** Whose turn it was last. */
  lastHart: HartState | null = null;
  /** Told when an instruction that was decoded is no more, by the number of its page's place in {@link code}; or all, by null. */
  onChange: ((place: number | null) => void) | null = null;
  readonly #memory: PhysicalMemory;
  readonly #words: Int32Array;
  readonly #halves: Uint16Array;
  /** By page of RAM: where its slots start in `code`, or 0 when it has none. */
  readonly #starts: Int32Array;
  /** The other way round: by place in `code`, which page of RAM. */
  readonly #pages: number[] = [];
  readonly #harts: HartState[] = [];
  #used = PAGE_WORDS;

  private constructor(memory: PhysicalMemory) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer);
    this.#halves = new Uint16Array(memory.buffer, memory.ramOffset, memory.size / 2);
    this.#starts = new Int32Array(memory.size / 4096);
    memory.watch(this);
  }

  /** The one cache of `memory`. */
  static of(memory: PhysicalMemory): CodeCache {
    let cache = caches.get(memory);
    if (!cache) {
      cache = new CodeCache(memory);
      caches.set(memory, cache);
    }
    return cache;
  }

  /** From now on `hart`'s TLBs are told of new code pages. */
  addHart(hart: HartState): void {
    this.#harts.push(hart);
  }

  /** Where the slots of the page of RAM at physical `page` start, making them when there are none. */
  pageStart(page: number): number {
    const index = (page - this.#memory.base) / 4096;
    const known = this.#starts[index]!;
    if (known !== 0) return known;
    const start = this.#allocate();
    this.#starts[index] = start;
    this.#pages[start / PAGE_WORDS] = index;
    this.code.fill(UNDECODED, start, start + PAGE_WORDS - SLOT);
    this.#end(start + PAGE_WORDS - SLOT);
    this.#protect(page);
    return start;
  }

  /** Whether stores into the page at physical `page` must go through {@link written}. */
  hasCode(page: number): boolean {
    return this.#starts[(page - this.#memory.base) / 4096] !== 0;
  }

  /** Decodes the instruction whose slot is at word `slot`. */
  fill(slot: number): void {
    const place = Math.floor(slot / PAGE_WORDS);
    const half = (slot - place * PAGE_WORDS) / SLOT;
    this.decoded[place] = (this.decoded[place] ?? 0) + 1;
    const at = this.#pages[place]! * SLOTS_PER_PAGE + half;
    const low = this.#halves[at]!;
    if ((low & 3) !== 3) decode(this.code, slot, low, 2, half * 2);
    else if (half === SLOTS_PER_PAGE - 1) {
      this.code[slot] = CROSS;
      this.code[slot + 1] = 8 << 24;
      this.code[slot + 3] = low;
    } else decode(this.code, slot, low | (this.#halves[at + 1]! << 16), 4, half * 2);
  }

  /** Decodes an instruction of two pages at {@link CROSS_START}. */
  fillCrossing(bits: number): void {
    decode(this.code, CROSS_START, bits, 4, -1);
    this.#end(CROSS_START + 2 * SLOT);
  }

  /** A hart's own aligned store of a word that did not go through its fast path. */
  storeWord(address: number, value: number): void {
    this.#words[(address - this.#memory.base + this.#memory.ramOffset) >> 2] = value;
    this.written(address, 4);
  }

  written(address: number, length: number): void {
    const { base } = this.#memory;
    const first = address - base;
    const last = first + length - 1;
    for (let page = Math.floor(first / 4096); page <= Math.floor(last / 4096); page++) {
      const start = this.#starts[page]!;
      if (start === 0) continue;
      // A four-byte instruction may start one halfword before what was written. One that comes from the page before is decoded anew each time.
      const from = Math.max(0, ((first - page * 4096) >> 1) - 1);
      const to = Math.min(SLOTS_PER_PAGE - 1, (last - page * 4096) >> 1);
      let changed = false;
      for (let half = from; half <= to; half++) {
        changed ||= this.code[start + half * SLOT] !== UNDECODED;
        this.code[start + half * SLOT] = UNDECODED;
      }
      if (changed) this.onChange?.(start / PAGE_WORDS);
    }
  }

  #end(slot: number): void {
    this.code[slot] = PAGE_END;
    this.code[slot + 1] = 0;
  }

  #allocate(): number {
    if (this.#used + PAGE_WORDS > this.code.length) {
      if (this.code.length >= PAGE_WORDS * MOST_PAGES) this.#forgetAll();
      else {
        const grown = new Int32Array(this.code.length * 2);
        grown.set(this.code);
        this.code = grown;
      }
    }
    const start = this.#used;
    this.#used += PAGE_WORDS;
    return start;
  }

  #forgetAll(): void {
    this.onChange?.(null);
    this.#starts.fill(0);
    this.#used = PAGE_WORDS;
    for (const hart of this.#harts) hart.flushTlbs();
  }

  /** From now on stores to `page` take the slow path: the TLBs' entries for it are marked. */
  #protect(page: number): void {
    const offset = page - this.#memory.base + this.#memory.ramOffset;
    for (const { words } of this.#harts) {
      for (let context = 0; context < 5; context++) {
        const start = tlbStart(context, TLB_STORE);
        for (let entry = start; entry < start + 512; entry += 2) {
          const tag = words[entry]!;
          if ((tag & 0xfff) === 0 && ((tag + words[entry + 1]!) | 0) === offset)
            words[entry] = tag | TAG_CODE;
        }
      }
    }
  }
}
