/**
 * A VM's RAM as its hypervisor has it: the host frames that keep it, given at first use (demand paging) or all at once (reserved). What
 * the guest sees of them is up to its stage-2 tables (guestTranslation.ts); here the hypervisor reads and writes by itself: to load an
 * image, to save, to migrate.
 */
import { assert } from '../../base/index.ts';
import type { PhysicalMemory } from '../../machine/index.ts';
import { FRAME_BYTES, type FrameAllocator } from './frames.ts';
import { piecesOf } from './pieces.ts';
import type { Stage2 } from './stage2.ts';

export interface GuestMemoryOptions {
  readonly memory: PhysicalMemory;
  readonly frames: FrameAllocator;
  readonly stage2: Stage2;
  /** The VM's name, under which frames are accounted. */
  readonly owner: string;
  /** First guest physical address of RAM. */
  readonly base: number;
  /** Bytes of RAM, a multiple of 4096. */
  readonly size: number;
  /** Makes the processors forget translations, after one was changed or taken away. */
  readonly flush: () => void;
  /** Told of each frame that was taken. */
  readonly took: () => void;
}

export class GuestMemory {
  readonly base: number;
  readonly size: number;
  readonly #options: GuestMemoryOptions;
  /** Guest frame → the host frame that keeps it. */
  readonly #kept = new Map<number, number>();
  /** Guest frames written by another than the guest's own stores, which the hart marks in stage 2, or marked there in a mapping that is gone. */
  readonly #written = new Set<number>();
  #firstFrame: number | null = null;

  constructor(options: GuestMemoryOptions) {
    assert(options.base % FRAME_BYTES === 0 && options.size % FRAME_BYTES === 0, 'guest RAM is whole pages');
    this.#options = options;
    this.base = options.base;
    this.size = options.size;
  }

  /** The first frame of reserved RAM; null with demand paging. */
  get firstFrame(): number | null {
    return this.#firstFrame;
  }

  /** Takes frames for all of it, in one run; false when the host has no such run. */
  reserve(): boolean {
    assert(this.#kept.size === 0, 'RAM is reserved before its first use');
    const count = this.size / FRAME_BYTES;
    const first = this.#options.frames.allocate(this.#options.owner, 'guest', count);
    if (first === null) return false;
    this.adopt(first);
    return true;
  }

  /** As {@link reserve}, of a run of frames that the VM has already. */
  adopt(first: number): void {
    this.#firstFrame = first;
    for (let i = 0; i < this.size / FRAME_BYTES; i++) this.#kept.set(this.base / FRAME_BYTES + i, first + i);
  }

  /** Whether an address lies in the VM's RAM, backed or not. */
  isRam(address: number, length = 1): boolean {
    return address >= this.base && length <= this.size && address - this.base <= this.size - length;
  }

  /** As {@link isRam}, and sees to it that all of it is backed: false also when the host has no frame left. */
  contains(address: number, length: number): boolean {
    if (!this.isRam(address, length)) return false;
    const last = Math.floor((address + Math.max(length, 1) - 1) / FRAME_BYTES);
    for (let frame = Math.floor(address / FRAME_BYTES); frame <= last; frame++)
      if (this.back(frame) === null) return false;
    return true;
  }

  /** The host frame that keeps a guest frame; null when it has none. */
  frameOf(guestFrame: number): number | null {
    return this.#kept.get(guestFrame) ?? null;
  }

  /** Backs a guest frame of the VM's RAM with a host frame, if it is not; null when the host has none left. */
  back(guestFrame: number): number | null {
    const kept = this.#kept.get(guestFrame);
    if (kept !== undefined) return kept;
    const frame = this.#options.frames.allocate(this.#options.owner, 'guest');
    if (frame === null) return null;
    this.#kept.set(guestFrame, frame);
    this.#options.took();
    return frame;
  }

  /** Takes a guest frame's backing away: what was in it is lost. Returns whether it had any. Reserved RAM stays whole. */
  unback(guestFrame: number): boolean {
    const frame = this.#kept.get(guestFrame);
    if (frame === undefined || this.#firstFrame !== null) return false;
    this.#kept.delete(guestFrame);
    if (this.#options.stage2.unmap(guestFrame) !== null) this.#options.flush();
    this.#options.frames.release(frame);
    this.#written.delete(guestFrame);
    return true;
  }

  /** The guest frames that are backed, ascending. */
  backed(): number[] {
    return [...this.#kept.keys()].sort((a, b) => a - b);
  }

  /** The VM is off: takes all backing away, or clears what is reserved. */
  unbackAll(): void {
    this.forgetMappings();
    if (this.#firstFrame !== null) this.#options.memory.fill(this.#firstFrame * FRAME_BYTES, this.size, 0);
    for (const guestFrame of this.backed()) this.unback(guestFrame);
    this.#written.clear();
  }

  /** Gives all of it back, also what is reserved. */
  release(): void {
    this.#firstFrame = null;
    this.unbackAll();
  }

  /** Empties stage 2, and keeps what the RAM holds: each page is translated anew at its next use. */
  forgetMappings(): void {
    const { stage2 } = this.#options;
    for (const [guestFrame, { dirty }] of stage2.mappings()) if (dirty) this.markWritten(guestFrame);
    stage2.clear();
    this.#options.flush();
  }

  /** Says that a guest frame was written by another than the guest's own stores. */
  markWritten(guestFrame: number): void {
    this.#written.add(guestFrame);
  }

  /** The guest frames of RAM written since this was last asked, by the guest or by its devices, ascending. Translations must be flushed after. */
  takeDirty(): number[] {
    const { stage2 } = this.#options;
    for (const [guestFrame] of stage2.mappings())
      if (stage2.takeDirty(guestFrame)) this.#written.add(guestFrame);
    const dirty = [...this.#written].filter((frame) => this.#kept.has(frame)).sort((a, b) => a - b);
    this.#written.clear();
    return dirty;
  }

  read32(address: number): number {
    return this.#options.memory.read32(this.#host(address, 4));
  }

  /** A copy of `length` bytes. */
  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (const [at, from, count] of piecesOf(address, length))
      bytes.set(this.#options.memory.read(this.#host(at, count), count), from);
    return bytes;
  }

  write(address: number, bytes: Uint8Array): void {
    for (const [at, from, count] of piecesOf(address, bytes.length)) {
      this.#options.memory.write(this.#host(at, count), bytes.subarray(from, from + count));
      this.markWritten(Math.floor(at / FRAME_BYTES));
    }
  }

  /** Puts bytes there from outside; false, and nothing is written, when they do not lie in the RAM or the host has no room for them. */
  fill(address: number, bytes: Uint8Array): boolean {
    if (!this.contains(address, bytes.length)) return false;
    this.write(address, bytes);
    return true;
  }

  /** The host physical address of what lies within one page. */
  #host(address: number, length: number): number {
    const frame = this.isRam(address, length) ? this.back(Math.floor(address / FRAME_BYTES)) : null;
    if (frame === null)
      assert(false, `guest address 0x${address.toString(16)} is asked for without contains()`);
    return frame * FRAME_BYTES + (address % FRAME_BYTES);
  }
}
