/** Charging memory, and what happens at a limit: reclaim, throttling, the OOM killer. */
import { isOsError, type Nanos, OsError, SECOND } from '../../base/index.ts';
import { Charges, type MemoryController } from '../cgroup/memory.ts';
import { PAGE } from '../cgroup/values.ts';
import type { Inode } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../tasks/task.ts';
import { type ChargedFile, FilePages, PageCache, type PagedFile } from './filePages.ts';
import { killForMemory } from './oom.ts';
import { PROCESS_ANON, PROCESS_KERNEL } from './taskMemory.ts';

/** The longest sleep for memory.high, mm/memcontrol.c MEMCG_MAX_HIGH_DELAY_JIFFIES; shorter ones than a hundredth of a second are left out. */
const LONGEST_DELAY: Nanos = 2 * SECOND;
const SHORTEST_DELAY: Nanos = SECOND / 100;

const whole = (bytes: number) => Math.ceil(bytes / PAGE) * PAGE;

/** Bytes of the pages with `moved` bytes before `end`. */
const pagesAt = (end: number, moved: number) => whole(end) - Math.floor((end - moved) / PAGE) * PAGE;

export class MemoryManager {
  readonly #kernel: Kernel;
  /** In the order in which they came: the first go first. */
  readonly #cache = new PageCache((bytes) => {
    const { current } = this.#kernel;
    if (current !== null) current.io.cancelled += bytes;
  });

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** A process begins. At a limit somebody is killed for it, itself perhaps. */
  begin(task: Task): void {
    this.charge(task.memory.anon, PROCESS_ANON, task);
    this.charge(task.memory.kernel, PROCESS_KERNEL, task);
  }

  /** execve(2): all of the old program goes, and the new one is where the process is now. */
  renew(task: Task): void {
    task.memory.free();
    task.memory.data = 0;
    this.begin(task);
  }

  /** brk(2): the data segment grows or shrinks by `bytes`, untouched. ENOMEM at RLIMIT_AS or RLIMIT_DATA. */
  resize(task: Task, bytes: number): void {
    const { memory, limits } = task;
    const data = memory.data + bytes;
    if (data < 0) throw new OsError('EINVAL');
    if (bytes > 0 && (memory.space + bytes > limits.as || data > limits.data)) throw new OsError('ENOMEM');
    memory.data = data;
    if (memory.touched > data) memory.anon.remove(memory.touched - data);
  }

  /** Page faults on `bytes` of the data segment that were never touched; what is beyond its end does not count. */
  touch(task: Task, bytes: number): void {
    const { memory } = task;
    const untouched = memory.data - memory.touched;
    const wanted = Math.min(whole(bytes), untouched);
    if (wanted > 0) this.charge(memory.anon, wanted, task);
    memory.grown();
  }

  /** Memory that a driver takes for the process, or gives back. Who is never to be killed has it above the limit. */
  lend(task: Task, bytes: number): void {
    const { memory } = task;
    if (bytes < 0) memory.lent.remove(-bytes);
    if (bytes <= 0 || memory.reaped || !task.alive) return;
    try {
      this.charge(memory.lent, bytes, task);
    } catch (error) {
      if (!isOsError(error, 'ENOMEM')) throw error;
      memory.lent.add(task.cgroup.effectiveMemory, bytes);
    }
    memory.grown();
  }

  /** How long the process has to sleep for `bytes` above memory.high of its group or one above (calculate_high_delay). */
  delayAbove(task: Task, bytes: number): Nanos {
    let worst = 0;
    const own = task.cgroup.effectiveMemory;
    for (let at: MemoryController | null = own; at !== null; at = at.parent) {
      if (at.usage <= at.high) continue;
      at.count('high');
      this.reclaim(at, at.usage - at.high);
      if (at.usage > at.high) worst = Math.max(worst, (at.usage - at.high) / Math.max(at.high, PAGE));
    }
    const delay = Math.min(LONGEST_DELAY, Math.floor(worst * worst * (bytes / PAGE) * SECOND));
    return delay <= SHORTEST_DELAY ? 0 : delay;
  }

  /** Adds to what `charges` stands for, on behalf of `task`. Nothing is charged to a process that dies of it. ENOMEM when there is nobody to kill. */
  charge(charges: Charges, bytes: number, task: Task): void {
    const controller = task.cgroup.effectiveMemory;
    let left = bytes;
    for (let full = controller.over(left); full !== null; full = controller.over(left)) {
      full.count('max');
      if (this.reclaim(full, full.usage + left - full.max) > 0) continue;
      // Page by page: those that still fit are taken before anybody is killed for the next one.
      const room = Math.max(0, Math.floor((full.max - full.usage) / PAGE) * PAGE);
      if (room > 0 && controller.over(room) === null) {
        charges.add(controller, room);
        left -= room;
      }
      full.count('oom');
      if (!killForMemory(this.#kernel, full, task)) {
        charges.remove(bytes - left);
        throw new OsError('ENOMEM');
      }
      if (task.memory.reaped) return;
    }
    charges.add(controller, left);
  }

  /** `moved` bytes of a file, the last before `end`, were read: its pages are in memory, as far as the limits let them. */
  cacheRead(task: Task, inode: Inode, end: number, moved: number): void {
    const file = inode.pagedFile?.();
    if (moved === 0 || file === undefined || file === null) return;
    const missing = this.#bring(task, file, inode, end, moved);
    if (missing > 0) this.#kernel.io.read(task, Math.min(missing, pagesAt(end, moved)));
  }

  /** They were written. Without room in memory they go to the disk at once. */
  cacheWritten(task: Task, inode: Inode, end: number, moved: number): void {
    const file = inode.pagedFile?.();
    if (moved === 0 || file === undefined || file === null) return;
    this.#bring(task, file, inode, end, moved);
    if (file.pages === null) this.#kernel.io.write(task, pagesAt(end, moved));
    else this.#kernel.io.dirty(task, file.pages, end - moved, end);
  }

  /** Returns how many bytes were not in memory. */
  #bring(task: Task, file: PagedFile, inode: Inode, end: number, moved: number): number {
    const before = file.pages?.size ?? 0;
    if (end <= before) return 0;
    const stored = inode.stat().blocks * 512;
    const missing = Math.min(whole(end) - before, whole(moved) + PAGE, stored - before);
    if (missing <= 0) return 0;
    const controller = task.cgroup.effectiveMemory;
    const full = controller.over(missing);
    let room = missing;
    if (full !== null) {
      // What does not fit displaces older pages; a file larger than the limit keeps what fits.
      full.count('max');
      this.reclaim(full, full.usage + missing - full.max);
      room = Math.min(missing, Math.floor((full.max - full.usage) / PAGE) * PAGE);
      if (room <= 0 || controller.over(room) !== null) return missing;
    }
    (file.pages ?? new FilePages(file, this.#cache)).charges.add(controller, room);
    return missing;
  }

  /** Blocks of a file in a tmpfs came or went (negative). ENOMEM. */
  readonly share = (file: ChargedFile, bytes: number): void => {
    file.charges ??= new Charges('shmem');
    const { charges } = file;
    const task = this.#kernel.current;
    if (bytes < 0) charges.remove(-bytes);
    else if (task === null) charges.add(this.#kernel.cgroups.root.memory!, bytes);
    else {
      this.charge(charges, bytes, task);
      if (task.memory.reaped) throw new OsError('ENOMEM');
    }
  };

  /** Takes pages of files away that `controller` and those below it pay for; returns how many bytes. What memory.min and memory.low of others protect stays as long as it can. */
  reclaim(controller: MemoryController, wanted: number): number {
    let freed = 0;
    for (const spare of ['low', 'min'] as const) {
      for (const pages of this.#cache.files) {
        if (freed >= wanted) return freed;
        const owner = pages.charges.payerWithin(controller);
        if (owner === null || this.#protected(owner, controller, spare)) continue;
        if (spare === 'min' && owner.usage <= owner.low && owner !== controller) owner.count('low');
        const part = Math.min(pages.size, whole(wanted - freed));
        this.#kernel.io.evict(pages, part);
        pages.drop(part);
        freed += part;
      }
    }
    return freed;
  }

  /** memory.high was set: what is above it goes, if it can. */
  pressHigh(controller: MemoryController): void {
    if (controller.usage > controller.high) this.reclaim(controller, controller.usage - controller.high);
  }

  /** memory.max was set: what is above it goes, by force if need be. */
  enforceMax(controller: MemoryController): void {
    while (controller.usage > controller.max) {
      if (this.reclaim(controller, controller.usage - controller.max) > 0) continue;
      controller.count('oom');
      if (!killForMemory(this.#kernel, controller, this.#kernel.current!)) return;
    }
  }

  /** The power is gone, and with it what was in memory. */
  dropAll(): void {
    this.#kernel.io.lose();
    for (const pages of this.#cache.files) pages.drop(pages.size);
  }

  /** Whether a group between the payer and the one that needs memory is to be spared. */
  #protected(payer: MemoryController, needing: MemoryController, by: 'low' | 'min'): boolean {
    for (let at = payer; at !== needing && at.parent !== null; at = at.parent) {
      const protection = by === 'low' ? Math.max(at.low, at.min) : at.min;
      if (protection > 0 && at.usage <= protection) return true;
    }
    return false;
  }
}
