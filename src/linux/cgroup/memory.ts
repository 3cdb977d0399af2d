/**
 * The memory controller (admin-guide/cgroup-v2.rst, "Memory"). Which bytes count, and for whom:
 *
 * - `anon`: what a process's program starts with (a nominal 512 KiB) and what it has touched of its data segment, until it ends.
 *   After fork(2) the pages that parent and child share stay the parent's alone. And what virtual machines have of a process, from the
 *   first use of each page on, with their stage-2 tables; memory.high does not slow them down.
 * - `kernel`: a nominal 32 KiB a process, for its stack in the kernel and its page tables.
 * - `shmem`: blocks of files in a tmpfs, until the file is gone: the process may be long before.
 * - `file`: pages of files on a disk that were read or written, until the file is gone or the pages are reclaimed. Nothing of this
 *   kind is ever dirty for long: all of it can be reclaimed at once.
 *
 * Each byte is charged to the group of the process that needed it first, and stays there when that process moves. A group without the
 * controller uses the nearest one above that has it. What a group still has when it goes is its parent's. Program text, pipes
 * and sockets do not count.
 */
import type { Cgroup } from './cgroup.ts';
import { MAX } from './values.ts';

export type MemoryKind = 'anon' | 'kernel' | 'shmem' | 'file';

export interface MemoryEvents {
  low: number;
  high: number;
  max: number;
  oom: number;
  oom_kill: number;
  oom_group_kill: number;
}

const NO_EVENTS: Readonly<MemoryEvents> = { low: 0, high: 0, max: 0, oom: 0, oom_kill: 0, oom_group_kill: 0 };

const oneMore = (events: Readonly<MemoryEvents>, event: keyof MemoryEvents): Readonly<MemoryEvents> => ({
  ...events,
  [event]: events[event] + 1,
});

/** All sizes are bytes. */
export class MemoryController {
  readonly cgroup: Cgroup;
  readonly parent: MemoryController | null;
  /** Here and below. */
  usage = 0;
  peak = 0;
  readonly kinds: Record<MemoryKind, number> = { anon: 0, kernel: 0, shmem: 0, file: 0 };
  min = 0;
  low = 0;
  high = MAX;
  max = MAX;
  swapMax = MAX;
  swapHigh = MAX;
  oomGroup = false;
  /** In most groups nothing ever happens. */
  events = NO_EVENTS;
  localEvents = NO_EVENTS;
  /** The group or the controller is gone: whose the rest is now. */
  heir: MemoryController | null = null;
  /** What is charged here and not below. */
  readonly #own: Record<MemoryKind, number> = { anon: 0, kernel: 0, shmem: 0, file: 0 };

  constructor(cgroup: Cgroup, parent: MemoryController | null) {
    this.cgroup = cgroup;
    this.parent = parent;
  }

  /** Charges `bytes` here and above, whatever the limits say; negative gives back. */
  add(kind: MemoryKind, bytes: number): void {
    const own = this.alive;
    own.#own[kind] += bytes;
    for (let at: MemoryController | null = own; at !== null; at = at.parent) {
      at.kinds[kind] += bytes;
      at.usage += bytes;
      if (at.usage > at.peak) at.peak = at.usage;
    }
  }

  /** Itself, or whose its charges are now. */
  get alive(): MemoryController {
    let at: MemoryController = this;
    while (at.heir !== null) at = at.heir;
    return at;
  }

  /** What is left becomes the parent's own: for it and those above nothing changes. */
  retire(): void {
    const { parent } = this;
    if (parent === null) return;
    this.heir = parent;
    for (const kind of Object.keys(this.#own) as MemoryKind[]) parent.#own[kind] += this.#own[kind];
  }

  /** Here or above, the first that could not take `bytes` more. */
  over(bytes: number): MemoryController | null {
    for (let at: MemoryController | null = this.alive; at !== null; at = at.parent)
      if (at.usage + bytes > at.max) return at;
    return null;
  }

  /** Counts something that happened here: in memory.events of all above too. */
  count(event: keyof MemoryEvents): void {
    this.localEvents = oneMore(this.localEvents, event);
    for (let at: MemoryController | null = this; at !== null; at = at.parent)
      at.events = oneMore(at.events, event);
  }

  isWithin(other: MemoryController): boolean {
    for (let at: MemoryController | null = this.alive; at !== null; at = at.parent)
      if (at === other) return true;
    return false;
  }
}

/** What one group pays for, and what others had paid for before. */
interface Part {
  readonly controller: MemoryController;
  readonly bytes: number;
  readonly before: Part | null;
}

/** Bytes of one holder (a process, a file), with the groups that pay for them: the last to be charged is the first to be given back. */
export class Charges {
  readonly kind: MemoryKind;
  /** Who was charged last, and for how much: mostly for all of it, so that the rest is seldom there. */
  #payer: MemoryController | null = null;
  #paid = 0;
  #before: Part | null = null;

  constructor(kind: MemoryKind) {
    this.kind = kind;
  }

  get total(): number {
    let sum = this.#paid;
    for (let part = this.#before; part !== null; part = part.before) sum += part.bytes;
    return sum;
  }

  add(controller: MemoryController, bytes: number): void {
    controller.add(this.kind, bytes);
    if (this.#payer !== controller) {
      if (this.#payer !== null)
        this.#before = { controller: this.#payer, bytes: this.#paid, before: this.#before };
      this.#payer = controller;
      this.#paid = 0;
    }
    this.#paid += bytes;
  }

  remove(bytes: number): void {
    for (let rest = Math.min(bytes, this.total); rest > 0; ) {
      const part = Math.min(rest, this.#paid);
      this.#payer!.add(this.kind, -part);
      this.#paid -= part;
      rest -= part;
      if (this.#paid === 0) this.toPartBefore();
    }
  }

  /** Who pays for the last of it, when that is `controller` or one below it. */
  payerWithin(controller: MemoryController): MemoryController | null {
    const payer = this.#payer?.alive;
    return payer?.isWithin(controller) ? payer : null;
  }

  // `private` and not `#private`: else each would be a field larger.
  private toPartBefore(): void {
    const before = this.#before;
    this.#payer = before?.controller ?? null;
    this.#paid = before?.bytes ?? 0;
    this.#before = before?.before ?? null;
  }
}
