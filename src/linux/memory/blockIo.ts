/** What goes to the disk and comes from it, who pays, and who waits; the model stands in cgroup/io.ts. */
import { type Nanos, SECOND } from '../../base/index.ts';
import type { Cgroup } from '../cgroup/cgroup.ts';
import type { Direction, IoController, IoLimits, Passage } from '../cgroup/io.ts';
import { PAGE } from '../cgroup/values.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../tasks/task.ts';
import { Blocked, WaitQueue } from '../tasks/waitQueue.ts';
import type { FilePages } from './filePages.ts';

/** Dirty pages this old are written back: vm.dirty_expire_centisecs, proc_sys_vm(5). */
const EXPIRES: Nanos = 30 * SECOND;

/** I/O that a system call waits for: the call has done its work, and answers when all of it is through. */
export class Transfer {
  value: unknown;
  readonly parts: Part[] = [];
  /** Limits as of when the parts' ends were found. */
  epoch: number;

  constructor(epoch: number) {
    this.epoch = epoch;
  }
}

interface Part {
  readonly payer: Cgroup;
  readonly direction: Direction;
  bytes: number;
  passage: Passage;
}

export class BlockIo {
  readonly #kernel: Kernel;
  /** In the order in which they became dirty. */
  readonly #dirty = new Set<FilePages>();
  readonly #waiting = new WaitQueue();
  #epoch = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** `bytes` of a file that were not in memory come from the disk. */
  read(task: Task, bytes: number): void {
    task.io.readBytes += bytes;
    this.#wait(task, task.cgroup, 'read', bytes);
  }

  /** Written past the page cache. */
  write(task: Task, bytes: number): void {
    task.io.writeBytes += bytes;
    this.#wait(task, task.cgroup, 'write', bytes);
  }

  /** The file's bytes from `start` to `end` were written, in memory. */
  dirty(task: Task, pages: FilePages, start: number, end: number): void {
    const [first, last] = [Math.floor(start / PAGE), Math.floor((end - 1) / PAGE)];
    const again = pages.dirty > 0 && first === pages.lastDirty ? 1 : 0;
    const bytes = Math.min((last - first + 1 - again) * PAGE, pages.size - pages.dirty);
    pages.lastDirty = last;
    if (bytes <= 0) return;
    task.io.writeBytes += bytes;
    if (pages.dirty === 0) {
      this.expire();
      pages.dirtySince = this.#kernel.events.now;
      this.#dirty.add(pages);
    }
    pages.dirty += bytes;
    pages.payer = task.cgroup;
  }

  /** fsync(2): the task waits for the file's dirty pages. */
  flush(task: Task, pages: FilePages): void {
    this.expire();
    const { dirty } = pages;
    if (dirty === 0) return;
    this.#clean(pages);
    this.#wait(task, pages.payer!, 'write', dirty);
  }

  /** sync(2). */
  flushAll(task: Task): void {
    for (const pages of [...this.#dirty]) this.flush(task, pages);
  }

  /** `bytes` of the file's pages are about to be taken from memory. */
  evict(pages: FilePages, bytes: number): void {
    const unwritten = pages.dirty - (pages.size - bytes);
    if (unwritten <= 0) return;
    pages.dirty -= unwritten;
    this.#inBackground(pages.payer!, unwritten, this.#kernel.events.now);
  }

  /** Writes back what is old enough, as of when it was. */
  expire(): void {
    for (const pages of this.#dirty) {
      const due = pages.dirtySince + EXPIRES;
      if (due > this.#kernel.events.now) return;
      if (pages.dirty > 0) this.#inBackground(pages.payer!, pages.dirty, due);
      this.#clean(pages);
    }
  }

  /** The power is gone. */
  lose(): void {
    for (const pages of [...this.#dirty]) this.#clean(pages);
  }

  /** io.max. Who waits does so for what is left, by the new limits. */
  limit(controller: IoController, limits: IoLimits): void {
    controller.limit(limits);
    this.#epoch++;
    this.#waiting.wake();
  }

  /** The answer of a call whose I/O is through; before that, what to wait for. */
  answer(transfer: Transfer): unknown {
    const { now } = this.#kernel.events;
    if (transfer.epoch !== this.#epoch) {
      transfer.epoch = this.#epoch;
      for (const part of transfer.parts) this.#again(part, now);
    }
    const end = transfer.parts.reduce((latest, { passage }) => Math.max(latest, passage.end), 0);
    return end > now ? new Blocked([this.#waiting], end) : transfer.value;
  }

  #again(part: Part, now: Nanos): void {
    const { start, end } = part.passage;
    if (end <= now) return;
    part.bytes = Math.ceil((part.bytes * (end - Math.max(now, start))) / (end - start));
    part.passage = part.payer.effectiveIo.pass(part.direction, part.bytes, now);
  }

  #clean(pages: FilePages): void {
    pages.dirty = 0;
    this.#dirty.delete(pages);
  }

  #inBackground(payer: Cgroup, bytes: number, when: Nanos): void {
    const controller = payer.effectiveIo;
    controller.count('write', bytes);
    controller.pass('write', bytes, when);
  }

  #wait(task: Task, payer: Cgroup, direction: Direction, bytes: number): void {
    const { now } = this.#kernel.events;
    const controller = payer.effectiveIo;
    controller.count(direction, bytes);
    const passage = controller.pass(direction, bytes, now);
    if (passage.end <= now || task.call === null) return;
    task.call.transfer ??= new Transfer(this.#epoch);
    task.call.transfer.parts.push({ payer, direction, bytes, passage });
  }
}
