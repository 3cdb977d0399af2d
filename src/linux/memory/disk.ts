/**
 * The disk's time. A request takes a time of its own and one for each page: the linear model of blk-iocost (admin-guide/cgroup-v2.rst,
 * io.cost.model), with what block/blk-iocost.c takes for an SSD that it knows nothing of (AUTOP_SSD_DFL). Whether requests are in
 * sequence makes no difference here.
 *
 * An SSD serves many requests at once, so this is a fluid: all that is in the queue goes on, each at a part of the disk's time. Parts are
 * by weight, from the root down; what io.max keeps from using its part leaves the rest of it to the others.
 */
import { type EventQueue, type Nanos, type ScheduledEvent, SECOND } from '../../base/index.ts';
import { DEFAULT_WEIGHT, type Direction, type IoController, requestsIn } from '../cgroup/io.ts';
import { PAGE } from '../cgroup/values.ts';

/** As io.cost.model tells it: bytes, requests of 4 KiB in sequence, and such at random, in a second. */
export const MODEL = {
  ...{ rbps: 488_636_629, rseqiops: 8_932, rrandiops: 8_518 },
  ...{ wbps: 427_891_549, wseqiops: 28_755, wrandiops: 21_940 },
};

/** For each page, and what a request of one page takes besides (calc_lcoefs). */
const PER_PAGE: Readonly<Record<Direction, Nanos>> = {
  read: (PAGE * SECOND) / MODEL.rbps,
  write: (PAGE * SECOND) / MODEL.wbps,
};
const REQUEST: Readonly<Record<Direction, Nanos>> = {
  read: SECOND / MODEL.rseqiops - PER_PAGE.read,
  write: SECOND / MODEL.wseqiops - PER_PAGE.write,
};

/** How long the disk is busy with it, if it does nothing else. */
export const serviceTime = (direction: Direction, bytes: number): Nanos =>
  requestsIn(direction, bytes) * REQUEST[direction] + Math.ceil(bytes / PAGE) * PER_PAGE[direction];

/** I/O on its way through the disk, by one process or by the kernel for a group. */
export class Flow {
  readonly controller: IoController;
  readonly weight = DEFAULT_WEIGHT;
  /** Of the disk's time: what it still needs, the most it may have, and what it has. */
  left: Nanos;
  most = 1;
  part = 0;
  readonly ended: () => void;

  constructor(controller: IoController, service: Nanos, ended: () => void) {
    this.controller = controller;
    this.left = service;
    this.ended = ended;
  }
}

/** Less than a nanosecond is nothing. */
const NOTHING: Nanos = 0.001;

export class Disk {
  readonly #events: EventQueue;
  readonly #root: IoController;
  /** In the order in which they came. */
  readonly #flows = new Set<Flow>();
  /** Whether weights count (io.cost.qos): without them all I/O is alike. */
  weighted = true;
  #since: Nanos = 0;
  #next: ScheduledEvent | null = null;

  constructor(events: EventQueue, root: IoController) {
    this.#events = events;
    this.#root = root;
  }

  add(flow: Flow): void {
    this.#pass();
    this.#flows.add(flow);
    let wanting: Flow | IoController = flow;
    for (let at: IoController | null = flow.controller; at !== null; at = at.parent) {
      at.wanting.add(wanting);
      wanting = at;
    }
    this.#share();
  }

  remove(flow: Flow): void {
    if (!this.#flows.has(flow)) return;
    this.#pass();
    this.#leave(flow);
    this.#share();
  }

  /** A weight has changed, or whether they count. */
  reweigh(): void {
    this.#pass();
    this.#share();
  }

  /** The power is gone. */
  stop(): void {
    for (const flow of [...this.#flows]) this.#leave(flow);
    this.#next?.cancel();
  }

  #leave(flow: Flow): void {
    this.#flows.delete(flow);
    let gone: Flow | IoController = flow;
    for (let at: IoController | null = flow.controller; at !== null; at = at.parent) {
      at.wanting.delete(gone);
      if (at.wanting.size > 0) return;
      gone = at;
    }
  }

  /** What has been served since the last time. */
  #pass(): void {
    const { now } = this.#events;
    for (const flow of this.#flows) flow.left -= flow.part * (now - this.#since);
    this.#since = now;
  }

  /** Divides the disk anew, and waits for the first to be through. */
  #share(): void {
    this.#next?.cancel();
    this.#next = null;
    if (this.#flows.size === 0) return;
    divide(this.weighted ? this.#root.wanting : this.#flows, 1);
    let first = Number.POSITIVE_INFINITY;
    for (const flow of this.#flows) first = Math.min(first, flow.left / flow.part);
    this.#next = this.#events.after(Math.max(0, Math.ceil(first)), () => this.#serve());
  }

  #serve(): void {
    this.#pass();
    const through = [...this.#flows].filter((flow) => flow.left < NOTHING);
    for (const flow of through) this.#leave(flow);
    this.#share();
    for (const flow of through) flow.ended();
  }
}

/** The most that it could use. */
function demandOf(wanting: Flow | IoController): number {
  if (wanting instanceof Flow) return wanting.most;
  let sum = 0;
  for (const each of wanting.wanting) sum += demandOf(each);
  return Math.min(1, sum);
}

/** By weight, but nobody has more than it can use: those who need the least for their weight come first. */
function divide(wanting: Iterable<Flow | IoController>, amount: number): void {
  const all = Array.from(wanting, (each) => ({ each, weight: each.weight, demand: demandOf(each) }));
  all.sort((a, b) => a.demand / a.weight - b.demand / b.weight);
  let weights = all.reduce((sum, { weight }) => sum + weight, 0);
  let rest = amount;
  for (const { each, weight, demand } of all) {
    const part = Math.min(demand, (rest * weight) / weights);
    rest -= part;
    weights -= weight;
    if (each instanceof Flow) each.part = part;
    else divide(each.wanting, part);
  }
}
