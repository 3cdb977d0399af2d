/**
 * Frames of the host's memory: who owns which. A frame is 4 KiB and is known by its number, physical address / 4096. Everything a VM
 * takes of the host's RAM, guest pages and stage-2 tables, comes from here and is given back here.
 */
import { assert } from '../../base/index.ts';
import type { PhysicalMemory } from '../../machine/index.ts';

export const FRAME_BYTES = 4096;

/** What a frame is used for. */
export type FrameUse = 'guest' | 'table';

export interface FrameOwner {
  /** The name of a VM. */
  readonly owner: string;
  readonly use: FrameUse;
}

/** Frames used by one owner. */
export interface FrameCount {
  readonly guest: number;
  readonly table: number;
}

export class FrameAllocator {
  readonly #memory: PhysicalMemory;
  readonly #first: number;
  readonly #owners: (FrameOwner | null)[];
  readonly #counts = new Map<string, { guest: number; table: number }>();
  /** Whom to tell that an owner has so many frames more, or fewer. */
  readonly #accounts = new Map<string, (frames: number) => void>();
  /** Whom to tell that a frame goes back: those who map it without having it. */
  readonly #watchers = new Map<number, Set<() => void>>();
  #free: number;
  /** Where the next search begins: the lowest frame that may be free. */
  #lowest = 0;

  /** Hands out the frames of `memory` from the physical address `from` on (its base when absent). */
  constructor(memory: PhysicalMemory, from = memory.base) {
    assert(from % FRAME_BYTES === 0 && from >= memory.base, `frames from 0x${from.toString(16)}`);
    this.#memory = memory;
    this.#first = from / FRAME_BYTES;
    this.#free = (memory.base + memory.size - from) / FRAME_BYTES;
    this.#owners = new Array<FrameOwner | null>(this.#free).fill(null);
  }

  /** Frames that nobody has. */
  get free(): number {
    return this.#free;
  }

  /** Frames altogether. */
  get total(): number {
    return this.#owners.length;
  }

  /**
   * Gives `owner` `count` frames next to each other, the first one's number a multiple of `align`, filled with zeros: nothing of a former
   * owner is left to be read. Returns the first frame's number, or null when the host has no such run of frames. Guests' frames come from
   * the bottom and tables from the top, so that tables do not cut up the room for guests.
   */
  allocate(owner: string, use: FrameUse, count = 1, align = 1): number | null {
    if (count > this.#free) return null;
    const start = use === 'table' ? this.#searchDown(count, align) : this.#search(count, align);
    if (start === null) return null;
    this.#owners.fill({ owner, use }, start, start + count);
    this.#free -= count;
    if (count === 1 && start === this.#lowest) this.#lowest = start + 1;
    this.#countOf(owner)[use] += count;
    this.#accounts.get(owner)?.(count);
    const frame = this.#first + start;
    this.#memory.fill(frame * FRAME_BYTES, count * FRAME_BYTES, 0);
    return frame;
  }

  /** Takes back one frame. Giving back what nobody has is our own mistake. */
  release(frame: number): void {
    const index = frame - this.#first;
    const had = this.#owners[index];
    // The message is made only when it is needed: this is called for every page.
    if (had === null || had === undefined) assert(false, `frame 0x${frame.toString(16)} is nobody's`);
    this.#owners[index] = null;
    this.#free++;
    this.#lowest = Math.min(this.#lowest, index);
    this.#countOf(had.owner)[had.use]--;
    this.#accounts.get(had.owner)?.(-1);
    const watchers = this.#watchers.get(frame);
    this.#watchers.delete(frame);
    for (const gone of watchers ?? []) gone();
  }

  /**
   * Calls `gone` once, when `frame` is taken back from its owner: whoever maps a frame of somebody else has to let go then, as an MMU
   * notifier makes KVM do. Returns what takes the wish back.
   */
  watch(frame: number, gone: () => void): () => void {
    const watchers = this.#watchers.get(frame) ?? new Set();
    this.#watchers.set(frame, watchers.add(gone));
    return () => {
      watchers.delete(gone);
      if (watchers.size === 0 && this.#watchers.get(frame) === watchers) this.#watchers.delete(frame);
    };
  }

  /** Calls `changed` with what `owner` has now, and from now on with each change of it. Null: no more. */
  account(owner: string, changed: ((frames: number) => void) | null): void {
    if (changed === null) this.#accounts.delete(owner);
    else {
      this.#accounts.set(owner, changed);
      const { guest, table } = this.usedBy(owner);
      changed(guest + table);
    }
  }

  /** Takes back all that `owner` has; returns how many frames that were. */
  releaseAll(owner: string): number {
    let released = 0;
    for (const [index, had] of this.#owners.entries()) {
      if (had?.owner !== owner) continue;
      this.release(this.#first + index);
      released++;
    }
    this.#counts.delete(owner);
    return released;
  }

  /** Who has a frame; null when nobody has, or when it is none of the frames handed out here. */
  ownerOf(frame: number): FrameOwner | null {
    return this.#owners[frame - this.#first] ?? null;
  }

  /** How many frames `owner` has. */
  usedBy(owner: string): FrameCount {
    return { ...(this.#counts.get(owner) ?? { guest: 0, table: 0 }) };
  }

  #search(count: number, align: number): number | null {
    const phase = (align - (this.#first % align)) % align;
    let start = phase + Math.ceil(Math.max(0, this.#lowest - phase) / align) * align;
    while (start + count <= this.#owners.length) {
      const taken = this.#lastTaken(start, count);
      if (taken === null) return start;
      start += Math.ceil((taken + 1 - start) / align) * align;
    }
    return null;
  }

  #searchDown(count: number, align: number): number | null {
    const aligned = (start: number) => start - ((this.#first + start) % align);
    let start = aligned(this.#owners.length - count);
    while (start >= 0) {
      const taken = this.#lastTaken(start, count);
      if (taken === null) return start;
      start = aligned(Math.min(start - 1, taken - count));
    }
    return null;
  }

  /** The last frame in a run that somebody has, or null. */
  #lastTaken(start: number, count: number): number | null {
    for (let index = start + count - 1; index >= start; index--)
      if (this.#owners[index] !== null) return index;
    return null;
  }

  #countOf(owner: string): { guest: number; table: number } {
    let count = this.#counts.get(owner);
    if (count === undefined) {
      count = { guest: 0, table: 0 };
      this.#counts.set(owner, count);
    }
    return count;
  }
}
