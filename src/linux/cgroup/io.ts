/**
 * The io controller (admin-guide/cgroup-v2.rst, "IO"). Every host has one block device, the disk 254:0 that its root file system is on. What
 * counts as I/O:
 *
 * - reading a file's pages that are not in the page cache (memory/filePages.ts), when it is read: requests of up to 128 KiB, one at least for
 *   each read(2). Nothing is read ahead.
 * - writing dirty pages back: by fsync(2) and sync(2), when they are 30 s old, and when they are reclaimed. A page that is written twice in a
 *   row is written back once. Requests have up to 1 MiB. Pages that are truncated or unlinked before that never are.
 * - what files with O_DIRECT read and write: past the page cache, at once.
 *
 * Each request is on the account of the group of the process that reads, or that made the pages dirty. Whoever waits for it (read, fsync,
 * sync, a write with O_DIRECT or O_DSYNC) waits until io.max of the group and of all above has let it pass and the disk has served it
 * (memory/disk.ts); a write(2) into the page cache waits for nobody. Directories, program text, mapped files, what an overlay copies up
 * and the images of virtual machines do not count, and nothing is ever discarded.
 *
 * The disk's time is shared by io.weight, which blk-iocost brings: groups that want it at once have it in proportion to their weights,
 * then the processes of each by equal parts. A process of the root is beside its groups as a group of the default weight would be.
 * A real host switches this on in io.cost.qos; here it is on from the start. That file can switch it off, and nothing else.
 */
import { FewSet, type Nanos, SECOND } from '../../base/index.ts';
import type { DeviceNumber } from '../fs/index.ts';
import type { Flow } from '../memory/disk.ts';
import { MAX } from './values.ts';

/** The disk /dev/vda, and the partition on it that is the root file system. */
export const DISK: DeviceNumber = { major: 254, minor: 0 };
export const ROOT_PARTITION: DeviceNumber = { major: 254, minor: 1 };

export type Direction = 'read' | 'write';

/** Bytes and requests in a second, as io.max has them. */
export interface IoLimits {
  readonly rbps: number;
  readonly wbps: number;
  readonly riops: number;
  readonly wiops: number;
}

const NO_LIMITS: IoLimits = { rbps: MAX, wbps: MAX, riops: MAX, wiops: MAX };

/** A time that something takes. */
export interface Passage {
  readonly start: Nanos;
  readonly end: Nanos;
}

/** Bytes of the largest request. */
const LARGEST: Readonly<Record<Direction, number>> = { read: 128 * 1024, write: 1024 * 1024 };

export const requestsIn = (direction: Direction, bytes: number): number =>
  Math.ceil(bytes / LARGEST[direction]);

/** io.weight of a group, or of a process, that nobody has set. */
export const DEFAULT_WEIGHT = 100;

const limitsOf = {
  read: { bytes: 'rbps', requests: 'riops' },
  write: { bytes: 'wbps', requests: 'wiops' },
} as const;

/** How long `amount` takes at `rate` a second. */
const timeFor = (amount: number, rate: number): Nanos =>
  rate === MAX ? 0 : Math.floor(amount / rate) * SECOND + Math.ceil(((amount % rate) * SECOND) / rate);

export class IoController {
  readonly parent: IoController | null;
  /** Here and below. */
  readonly bytes: Record<Direction, number> = { read: 0, write: 0 };
  readonly requests: Record<Direction, number> = { read: 0, write: 0 };
  /** For disks without a weight of their own, and of the one that there is. */
  defaultWeight = DEFAULT_WEIGHT;
  diskWeight: number | null = null;
  /** What wants the disk now: I/O of the group's own processes, and groups below with some. */
  readonly wanting = new FewSet<Flow | IoController>();
  #limits = NO_LIMITS;
  /** When all that was let pass is through, by each limit; null: none is set. */
  #free: Record<keyof IoLimits, Nanos> | null = null;

  constructor(parent: IoController | null) {
    this.parent = parent;
  }

  get limited(): boolean {
    return this.#free !== null;
  }

  get weight(): number {
    return this.diskWeight ?? this.defaultWeight;
  }

  get limits(): IoLimits {
    return this.#limits;
  }

  /** New limits begin with nobody waiting. */
  limit(limits: IoLimits): void {
    this.#limits = limits;
    const limited = Object.values(limits).some((rate) => rate !== MAX);
    this.#free = limited ? { rbps: 0, wbps: 0, riops: 0, wiops: 0 } : null;
  }

  /** Counts I/O here and above. */
  count(direction: Direction, bytes: number): void {
    const requests = requestsIn(direction, bytes);
    for (let at: IoController | null = this; at !== null; at = at.parent) {
      at.bytes[direction] += bytes;
      at.requests[direction] += requests;
    }
  }

  /** `bytes` come at `now`: from when to when the slowest limit, here or above, lets them pass. */
  pass(direction: Direction, bytes: number, now: Nanos): Passage {
    const requests = requestsIn(direction, bytes);
    const names = limitsOf[direction];
    let slowest: Passage = { start: now, end: now };
    for (let at: IoController | null = this; at !== null; at = at.parent) {
      const free = at.#free;
      if (free === null) continue;
      for (const taken of [
        at.#take(free, names.bytes, bytes, now),
        at.#take(free, names.requests, requests, now),
      ])
        if (taken.end > slowest.end) slowest = taken;
    }
    return slowest;
  }

  /** What was let pass did not. */
  giveBack(direction: Direction, bytes: number): void {
    const names = limitsOf[direction];
    for (let at: IoController | null = this; at !== null; at = at.parent) {
      if (at.#free === null) continue;
      at.#free[names.bytes] -= timeFor(bytes, at.#limits[names.bytes]);
      at.#free[names.requests] -= timeFor(requestsIn(direction, bytes), at.#limits[names.requests]);
    }
  }

  isWithin(other: IoController): boolean {
    for (let at: IoController | null = this; at !== null; at = at.parent) if (at === other) return true;
    return false;
  }

  #take(free: Record<keyof IoLimits, Nanos>, name: keyof IoLimits, amount: number, now: Nanos): Passage {
    const rate = this.#limits[name];
    if (rate === MAX) return { start: now, end: now };
    const start = Math.max(now, free[name]);
    free[name] = start + timeFor(amount, rate);
    return { start, end: free[name] };
  }
}
