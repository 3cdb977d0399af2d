/**
 * What a host does when its memory runs out, since its VMs were promised more than there is: it asks the balloons of those that have the
 * most, a vCPU that needs a frame meanwhile waits for one, and when none comes its VM ends. When frames are free again the guests get
 * theirs back.
 */
import { MILLISECOND, type Nanos, type ScheduledEvent } from '../../base/index.ts';
import type { BalloonDevice, Timers } from '../../machine/index.ts';
import { FRAME_BYTES, type FrameAllocator } from './frames.ts';
import type { GuestMemory } from './guestMemory.ts';

/** How long a vCPU waits for a frame. */
export const FRAME_PATIENCE: Nanos = 50 * MILLISECOND;

/** A VM as far as its memory can be had. */
export interface Lender {
  readonly memory: GuestMemory;
  /** Null for a VM without one. */
  readonly balloon: BalloonDevice | null;
  /** Whether its guest could answer: it runs, and waits for no frame itself. */
  readonly answering: boolean;
  /** Pages that its management wants in the balloon in any case. */
  readonly wanted: number;
  /** Frames are free: what waits for one tries again. */
  retry(): void;
}

export interface PressureOptions {
  readonly frames: FrameAllocator;
  readonly timers: Timers;
  readonly lenders: () => readonly Lender[];
}

export class MemoryPressure {
  readonly #options: PressureOptions;
  /** Pages asked of each beyond what its management wants. */
  readonly #asked = new Map<Lender, number>();

  constructor(options: PressureOptions) {
    this.#options = options;
  }

  /** Free frames below which balloons are asked: a 64th of the host, so that there are some while they answer. */
  get low(): number {
    return Math.max(8, Math.floor(this.#options.frames.total / 64));
  }

  /** A frame was taken. */
  taken(): void {
    if (this.#options.frames.free < this.low) this.#ask();
  }

  /** A frame is needed and none is there. Returns whether there is anything to wait for. */
  needed(): boolean {
    this.#ask();
    return this.#outstanding() > 0;
  }

  /** Frames were given back. */
  freed(): void {
    const { frames, lenders } = this.#options;
    // A balloon may have brought pages that never had a frame.
    if (frames.free < this.low) this.#ask();
    if (frames.free === 0) return;
    for (const lender of lenders()) lender.retry();
    // Twice as far from the edge as where it was asked for, so that it does not go to and fro.
    if (frames.free > 4 * this.low) this.#giveBack(frames.free - 4 * this.low);
  }

  /** The pages that a VM's balloon is to have now. */
  targetOf(lender: Lender): number {
    return lender.wanted + (this.#asked.get(lender) ?? 0);
  }

  /** A VM is gone, or begins anew: nothing is asked of it. */
  forget(lender: Lender): void {
    this.#asked.delete(lender);
  }

  /** Calls `run` unless it is cancelled before a vCPU's patience ends. */
  patience(run: () => void): ScheduledEvent {
    return this.#options.timers.after(FRAME_PATIENCE, run);
  }

  /** Asks for what is missing to twice the low mark, most of those that keep most. */
  #ask(): void {
    let missing = 2 * this.low - this.#options.frames.free - this.#outstanding();
    const lenders = this.#options
      .lenders()
      .filter(({ answering, balloon }) => answering && balloon?.driven)
      .map((lender) => ({ lender, room: this.#room(lender) }))
      .sort((a, b) => b.room - a.room);
    for (const { lender, room } of lenders) {
      const pages = Math.min(missing, room);
      if (pages <= 0) break;
      missing -= pages;
      this.#asked.set(lender, (this.#asked.get(lender) ?? 0) + pages);
      lender.balloon!.setTarget(this.targetOf(lender));
    }
  }

  /** A guest keeps half of its RAM, and is asked for no more than it has in frames. */
  #room(lender: Lender): number {
    const pages = lender.memory.size / FRAME_BYTES;
    const most = Math.floor(pages / 2) - this.targetOf(lender);
    return Math.min(most, lender.memory.backed().length);
  }

  /** Pages that balloons were asked for and have not brought yet. */
  #outstanding(): number {
    let pages = 0;
    for (const lender of this.#asked.keys())
      if (lender.answering) pages += Math.max(0, this.targetOf(lender) - lender.balloon!.actual);
    return pages;
  }

  #giveBack(free: number): void {
    let left = free;
    for (const [lender, asked] of this.#asked) {
      const pages = Math.min(left, asked);
      left -= pages;
      if (pages === asked) this.#asked.delete(lender);
      else this.#asked.set(lender, asked - pages);
      if (lender.answering) lender.balloon!.setTarget(this.targetOf(lender));
    }
  }
}
