/**
 * A VM's stage-2 tables in the host's memory: guest physical → host physical addresses, in the format Sv32x4 that the hart walks by
 * itself (RISC-V Privileged Architecture, "Guest Physical Address Translation"). The root has 4096 entries in 16 KiB, four times
 * those of Sv32, since guest physical addresses have 34 bits; a leaf in the root maps 4 MiB, one in a second-level table 4 KiB.
 */
import { assert } from '../../base/index.ts';
import type { PhysicalMemory } from '../../machine/index.ts';
import { FRAME_BYTES, type FrameAllocator } from './frames.ts';

const V = 1 << 0;
const R = 1 << 1;
const W = 1 << 2;
const X = 1 << 3;
const U = 1 << 4;
const A = 1 << 6;
const D = 1 << 7;

const ROOT_FRAMES = 4;
const ENTRIES = 1024;
/** Frames in 4 MiB. */
export const LARGE_FRAMES = 1024;
/** One more than the greatest guest frame number. */
export const GUEST_FRAMES = 2 ** 22;

export interface Permissions {
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
}

export const ALL_ACCESS: Permissions = { read: true, write: true, execute: true };

/** One leaf entry. */
export interface Mapping {
  /** Host frame number of the guest frame asked about. */
  readonly frame: number;
  /** 4 MiB or 4 KiB. */
  readonly large: boolean;
  readonly permissions: Permissions;
  readonly accessed: boolean;
  readonly dirty: boolean;
}

function encode(frame: number, { read, write, execute }: Permissions): number {
  // G-stage accesses count as user accesses: U must be set. A and D are set by the hart, and tell what a guest touched.
  return ((frame << 10) | (execute ? X : 0) | (write ? W : 0) | (read ? R : 0) | U | V) >>> 0;
}

const isLeaf = (pte: number) => (pte & (R | W | X)) !== 0;

export class Stage2 {
  readonly #memory: PhysicalMemory;
  readonly #frames: FrameAllocator;
  readonly #owner: string;
  /** Host frame number of the root: the PPN of hgatp. */
  readonly root: number;

  private constructor(memory: PhysicalMemory, frames: FrameAllocator, owner: string, root: number) {
    this.#memory = memory;
    this.#frames = frames;
    this.#owner = owner;
    this.root = root;
  }

  /** Empty tables for the VM `owner`; null when the host has no frames for a root (16 KiB, aligned to 16 KiB). */
  static create(memory: PhysicalMemory, frames: FrameAllocator, owner: string): Stage2 | null {
    const root = frames.allocate(owner, 'table', ROOT_FRAMES, ROOT_FRAMES);
    return root === null ? null : new Stage2(memory, frames, owner, root);
  }

  /** Maps one guest frame. Returns false when the host has no frame for a table. What was mapped there before is replaced. */
  map(guestFrame: number, frame: number, permissions: Permissions = ALL_ACCESS): boolean {
    const slot = this.#slot(guestFrame, true);
    if (slot === null) return false;
    this.#memory.write32(slot, encode(frame, permissions));
    return true;
  }

  /** Maps 4 MiB: both frame numbers are multiples of 1024, and no 4 KiB mapping is there. */
  mapLarge(guestFrame: number, frame: number, permissions: Permissions = ALL_ACCESS): void {
    assert(guestFrame % LARGE_FRAMES === 0 && frame % LARGE_FRAMES === 0, 'a large page is aligned to 4 MiB');
    const slot = this.#rootSlot(guestFrame);
    assert(
      (this.#memory.read32(slot) & V) === 0,
      `guest frame 0x${guestFrame.toString(16)} is mapped already`,
    );
    this.#memory.write32(slot, encode(frame, permissions));
  }

  /** What a guest frame is mapped to; null when it is not. */
  lookup(guestFrame: number): Mapping | null {
    const { pte, large } = this.#leaf(guestFrame);
    if (pte === 0) return null;
    return {
      frame: (pte >>> 10) + (large ? guestFrame % LARGE_FRAMES : 0),
      large,
      permissions: { read: (pte & R) !== 0, write: (pte & W) !== 0, execute: (pte & X) !== 0 },
      accessed: (pte & A) !== 0,
      dirty: (pte & D) !== 0,
    };
  }

  /** Takes a mapping away (all of a large one) and returns it; null when there was none. */
  unmap(guestFrame: number): Mapping | null {
    const mapping = this.lookup(guestFrame);
    if (mapping !== null) this.#memory.write32(this.#leaf(guestFrame).slot, 0);
    return mapping;
  }

  /** Changes what may be done with a mapped guest frame (all of a large page). */
  protect(guestFrame: number, permissions: Permissions): void {
    const { pte, slot } = this.#leaf(guestFrame);
    assert(pte !== 0, `guest frame 0x${guestFrame.toString(16)} is not mapped`);
    this.#memory.write32(slot, (encode(pte >>> 10, permissions) | (pte & (A | D))) >>> 0);
  }

  /** Forgets that a guest frame was written (all of a large page); returns whether it was. Caches of it must be flushed after. */
  takeDirty(guestFrame: number): boolean {
    const { pte, slot } = this.#leaf(guestFrame);
    if ((pte & D) === 0) return false;
    this.#memory.write32(slot, (pte & ~D) >>> 0);
    return true;
  }

  /** All leaves in the order of guest frames: first guest frame → its mapping. */
  *mappings(): Generator<readonly [guestFrame: number, mapping: Mapping]> {
    for (let index = 0; index < ROOT_FRAMES * ENTRIES; index++) {
      const pte = this.#memory.read32(this.root * FRAME_BYTES + index * 4);
      if ((pte & V) === 0) continue;
      const first = index * LARGE_FRAMES;
      const last = isLeaf(pte) ? first : first + LARGE_FRAMES - 1;
      for (let guestFrame = first; guestFrame <= last; guestFrame++) {
        const mapping = this.lookup(guestFrame);
        if (mapping !== null) yield [guestFrame, mapping];
      }
    }
  }

  /** Takes all mappings away, and gives the second-level tables back. */
  clear(): void {
    for (let index = 0; index < ROOT_FRAMES * ENTRIES; index++) {
      const slot = this.root * FRAME_BYTES + index * 4;
      const pte = this.#memory.read32(slot);
      if ((pte & V) === 0) continue;
      this.#memory.write32(slot, 0);
      if (!isLeaf(pte)) this.#frames.release(pte >>> 10);
    }
  }

  /** Gives the tables back, not what they map. */
  release(): void {
    this.clear();
    for (let frame = this.root; frame < this.root + ROOT_FRAMES; frame++) this.#frames.release(frame);
  }

  #rootSlot(guestFrame: number): number {
    // Each access of a device comes here: the message is made only when it is needed.
    if (!(guestFrame >= 0 && guestFrame < GUEST_FRAMES))
      assert(false, `guest frame 0x${guestFrame.toString(16)}`);
    return this.root * FRAME_BYTES + Math.floor(guestFrame / LARGE_FRAMES) * 4;
  }

  /** Where the 4 KiB entry of a guest frame lies; null when there is no table and none is made, or no frame is left for it. */
  #slot(guestFrame: number, make: boolean): number | null {
    const rootSlot = this.#rootSlot(guestFrame);
    let pte = this.#memory.read32(rootSlot);
    if ((pte & V) === 0) {
      if (!make) return null;
      const table = this.#frames.allocate(this.#owner, 'table');
      if (table === null) return null;
      pte = ((table << 10) | V) >>> 0;
      this.#memory.write32(rootSlot, pte);
    }
    if (isLeaf(pte)) assert(false, `guest frame 0x${guestFrame.toString(16)} lies in a 4 MiB page`);
    return (pte >>> 10) * FRAME_BYTES + (guestFrame % LARGE_FRAMES) * 4;
  }

  /** The leaf that maps a guest frame and where it lies; 0 when there is none. */
  #leaf(guestFrame: number): { pte: number; slot: number; large: boolean } {
    const rootSlot = this.#rootSlot(guestFrame);
    const rootPte = this.#memory.read32(rootSlot);
    if ((rootPte & V) !== 0 && isLeaf(rootPte)) return { pte: rootPte, slot: rootSlot, large: true };
    const slot = this.#slot(guestFrame, false);
    if (slot === null) return { pte: 0, slot: rootSlot, large: false };
    const pte = this.#memory.read32(slot);
    return { pte: (pte & V) === 0 ? 0 : pte, slot, large: false };
  }
}
