/**
 * A VM's RAM as its hypervisor sees it: guest physical addresses, backed by host frames when they are first used (demand paging). The
 * VM's virtio devices do their DMA through it, and so stay inside of it.
 */
import { assert } from '../../base/index.ts';
import type { Dma, PhysicalMemory } from '../../machine/index.ts';
import { FRAME_BYTES, type FrameAllocator } from './frames.ts';
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
}

export class GuestMemory implements Dma {
  readonly base: number;
  readonly size: number;
  readonly #options: GuestMemoryOptions;
  /** Guest frames that devices wrote: their writes pass by the hart, which marks a page as dirty for the guest's own stores. */
  readonly #written = new Set<number>();

  constructor(options: GuestMemoryOptions) {
    assert(options.base % FRAME_BYTES === 0 && options.size % FRAME_BYTES === 0, 'guest RAM is whole pages');
    this.#options = options;
    this.base = options.base;
    this.size = options.size;
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
      if (!this.back(frame)) return false;
    return true;
  }

  /** Backs a guest frame of the VM's RAM with a host frame, if it is not; false when the host has none left. */
  back(guestFrame: number): boolean {
    const { stage2, frames, owner } = this.#options;
    if (stage2.lookup(guestFrame) !== null) return true;
    const frame = frames.allocate(owner, 'guest');
    if (frame === null) return false;
    if (stage2.map(guestFrame, frame)) return true;
    frames.release(frame);
    return false;
  }

  /** Takes a guest frame's backing away, for a balloon: what was in it is lost. Returns whether it had any. */
  unback(guestFrame: number): boolean {
    const { stage2, frames } = this.#options;
    const mapping = stage2.unmap(guestFrame);
    if (mapping === null) return false;
    frames.release(mapping.frame);
    this.#written.delete(guestFrame);
    return true;
  }

  /** The guest frames that are backed, ascending. */
  backed(): number[] {
    return [...this.#options.stage2.mappings()].map(([guestFrame]) => guestFrame);
  }

  /** Takes all backing away. */
  unbackAll(): void {
    for (const guestFrame of this.backed()) this.unback(guestFrame);
  }

  /** Whether an access that stage 2 refused can be mended by backing a frame: RAM that is not mapped yet. */
  isMissing(gpa: number): boolean {
    return this.isRam(gpa) && this.#options.stage2.lookup(Math.floor(gpa / FRAME_BYTES)) === null;
  }

  /** The guest frames written since this was last asked, by the guest or by its devices, ascending. Translations must be flushed after. */
  takeDirty(): number[] {
    const { stage2 } = this.#options;
    for (const [guestFrame] of stage2.mappings())
      if (stage2.takeDirty(guestFrame)) this.#written.add(guestFrame);
    const dirty = [...this.#written].sort((a, b) => a - b);
    this.#written.clear();
    return dirty;
  }

  read16(address: number): number {
    return this.#options.memory.read16(this.#host(address, 2));
  }

  read32(address: number): number {
    return this.#options.memory.read32(this.#host(address, 4));
  }

  write16(address: number, value: number): void {
    this.#options.memory.write16(this.#forWriting(address, 2), value);
  }

  write32(address: number, value: number): void {
    this.#options.memory.write32(this.#forWriting(address, 4), value);
  }

  /** A copy of `length` bytes. */
  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (const [at, from, count] of pieces(address, length))
      bytes.set(this.#options.memory.read(this.#host(at, count), count), from);
    return bytes;
  }

  write(address: number, bytes: Uint8Array): void {
    for (const [at, from, count] of pieces(address, bytes.length))
      this.#options.memory.write(this.#forWriting(at, count), bytes.subarray(from, from + count));
  }

  #forWriting(address: number, length: number): number {
    const host = this.#host(address, length);
    this.#written.add(Math.floor(address / FRAME_BYTES));
    return host;
  }

  /** The host physical address of what lies within one page. */
  #host(address: number, length: number): number {
    const guestFrame = Math.floor(address / FRAME_BYTES);
    assert(
      this.isRam(address, length) && this.back(guestFrame),
      `guest address 0x${address.toString(16)} is asked for without contains()`,
    );
    const { frame } = this.#options.stage2.lookup(guestFrame)!;
    return frame * FRAME_BYTES + (address % FRAME_BYTES);
  }
}

/** A range cut at page borders: address, offset in the range, bytes. */
function* pieces(address: number, length: number): Generator<readonly [number, number, number]> {
  for (let from = 0; from < length; ) {
    const count = Math.min(length - from, FRAME_BYTES - ((address + from) % FRAME_BYTES));
    yield [address + from, from, count];
    from += count;
  }
}
