/** What goes to the disk and comes from it, who pays, and who waits; the model stands in cgroup/io.ts. */
import { type Nanos, type ScheduledEvent, SECOND } from '../../base/index.ts';
import type { Cgroup } from '../cgroup/cgroup.ts';
import type { Direction, IoController, IoLimits } from '../cgroup/io.ts';
import { PAGE } from '../cgroup/values.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../tasks/task.ts';
import { Blocked, WaitQueue } from '../tasks/waitQueue.ts';
import { Chain } from './chain.ts';
import { Disk, Flow, serviceTime } from './disk.ts';
import { DirtyPages, type FilePages } from './filePages.ts';

/** Dirty pages this old are written back: vm.dirty_expire_centisecs, proc_sys_vm(5). */
const EXPIRES: Nanos = 30 * SECOND;

/** I/O that a system call waits for: the call has done its work, and answers when all of it is through. */
export class Transfer {
  value: unknown;
  /** What is not through yet. */
  open = 0;
  readonly through = new WaitQueue();

  /** The answer of a call whose I/O is through; before that, what to wait for. */
  answer(): unknown {
    return this.open > 0 ? new Blocked([this.through]) : this.value;
  }
}

/** What is on its way. */
interface Passing {
  readonly flow: Flow;
  readonly direction: Direction;
  /** As of when io.max was asked the last time, and what they need of the disk. */
  bytes: number;
  service: Nanos;
  /** When the limits let it begin. */
  start: ScheduledEvent | null;
}

export class BlockIo {
  readonly #kernel: Kernel;
  readonly disk: Disk;
  /** In the order in which they became dirty. */
  readonly #dirty = new Chain<DirtyPages>();
  #expiry: ScheduledEvent | null = null;
  readonly #passing = new Set<Passing>();

  constructor(kernel: Kernel, root: IoController) {
    this.#kernel = kernel;
    this.disk = new Disk(kernel.events, root);
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
    const first = Math.floor(start / PAGE);
    const last = Math.floor((end - 1) / PAGE);
    pages.dirty ??= new DirtyPages(pages);
    const { dirty } = pages;
    const again = dirty.bytes > 0 && first === dirty.last ? 1 : 0;
    const bytes = Math.min((last - first + 1 - again) * PAGE, pages.size - dirty.bytes);
    dirty.last = last;
    if (bytes <= 0) return;
    task.io.writeBytes += bytes;
    if (dirty.bytes === 0) {
      // Those whose pages were truncated or reclaimed in the meantime stand with the youngest again.
      this.#dirty.remove(dirty);
      dirty.since = this.#kernel.events.now;
      this.#dirty.add(dirty);
      this.#expiry ??= this.#kernel.events.after(EXPIRES, () => this.#expire());
    }
    dirty.bytes += bytes;
    dirty.payer = task.cgroup;
  }

  /** fsync(2): the task waits for the file's dirty pages. */
  flush(task: Task, pages: FilePages): void {
    const { dirty } = pages;
    if (dirty === null || dirty.bytes === 0) return;
    this.#clean(dirty);
    this.#wait(task, dirty.payer!, 'write', dirty.bytes);
  }

  /** sync(2). */
  flushAll(task: Task): void {
    for (const { pages } of this.#dirty) this.flush(task, pages);
  }

  /** `bytes` of the file's pages are about to be taken from memory. */
  evict(pages: FilePages, bytes: number): void {
    const { dirty } = pages;
    const unwritten = dirty === null ? 0 : dirty.bytes - (pages.size - bytes);
    if (dirty === null || unwritten <= 0) return;
    dirty.bytes -= unwritten;
    this.#inBackground(dirty.payer!, unwritten);
  }

  /** The power is gone. */
  lose(): void {
    for (const dirty of this.#dirty) this.#clean(dirty);
    this.#expiry?.cancel();
    for (const { start } of this.#passing) start?.cancel();
    this.#passing.clear();
    this.disk.stop();
  }

  /** io.max. What is on its way is held to the new limits for what is left of it. */
  limit(controller: IoController, limits: IoLimits): void {
    controller.limit(limits);
    for (const passing of this.#passing) {
      const { flow, direction, bytes, service } = passing;
      if (!flow.controller.isWithin(controller)) continue;
      this.disk.remove(flow);
      passing.start?.cancel();
      passing.bytes = Math.ceil((bytes * flow.left) / service);
      passing.service = flow.left;
      flow.controller.giveBack(direction, passing.bytes);
      this.#pace(passing);
    }
  }

  /** Writes back what is old enough. */
  #expire(): void {
    this.#expiry = null;
    const { now } = this.#kernel.events;
    for (const dirty of this.#dirty) {
      const due = dirty.since + EXPIRES;
      if (due > now) {
        this.#expiry = this.#kernel.events.after(due - now, () => this.#expire());
        return;
      }
      if (dirty.bytes > 0) this.#inBackground(dirty.payer!, dirty.bytes);
      this.#clean(dirty);
    }
  }

  #clean(dirty: DirtyPages): void {
    dirty.pages.dirty = null;
    this.#dirty.remove(dirty);
  }

  #inBackground(payer: Cgroup, bytes: number): void {
    this.#begin(payer, 'write', bytes, () => {});
  }

  #wait(task: Task, payer: Cgroup, direction: Direction, bytes: number): void {
    const transfer = task.call === null ? null : (task.call.transfer ??= new Transfer());
    if (transfer !== null) transfer.open++;
    this.#begin(payer, direction, bytes, () => {
      if (transfer !== null && --transfer.open === 0) transfer.through.wake();
    });
  }

  #begin(payer: Cgroup, direction: Direction, bytes: number, ended: () => void): void {
    const controller = payer.effectiveIo;
    controller.count(direction, bytes);
    const service = serviceTime(direction, bytes);
    const flow = new Flow(controller, service, () => {
      this.#passing.delete(passing);
      ended();
    });
    const passing: Passing = { flow, direction, bytes, service, start: null };
    this.#passing.add(passing);
    this.#pace(passing);
  }

  /** Sends it to the disk when, and as fast as, the limits let it. */
  #pace(passing: Passing): void {
    const { flow, direction, bytes, service } = passing;
    const { now } = this.#kernel.events;
    const { start, end } = flow.controller.pass(direction, bytes, now);
    flow.most = Math.min(1, service / (end - start));
    passing.start = start > now ? this.#kernel.events.after(start - now, () => this.disk.add(flow)) : null;
    if (start === now) this.disk.add(flow);
  }
}
