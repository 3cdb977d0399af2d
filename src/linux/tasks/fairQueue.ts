/**
 * Shares of processor time: what kernel/sched/fair.c does, over all processors together. Whatever competes in a queue (a process, or a
 * cgroup that is a queue itself) has a virtual time that passes the slower the larger its share is; who is behind goes first.
 *
 * Shares come from weights by water-filling from the top: nobody is given more than it can use (a process one processor, a group as many
 * as it has processes, or its quota), and what it cannot use is divided among the rest. They are counted in millionths of a processor.
 */
import type { Nanos } from '../../base/index.ts';
import { Bandwidth } from './bandwidth.ts';
import type { CpuSet } from './cpuSet.ts';
import type { Task } from './task.ts';

/** One processor. */
export const WHOLE = 1_000_000;

/** Who sleeps does not save up more than this: half of what the fair scheduler calls its latency. */
export const CREDIT: Nanos = 3_000_000;

/** The weight of nice 0, and of a group whose cpu.weight is 100. */
export const NICE_0_WEIGHT = 1024;

/** What competes in a queue. */
export abstract class Entity {
  queue: FairQueue | null = null;
  weight = NICE_0_WEIGHT;
  /** Nanoseconds, at the rate at which a fair share passes. */
  time = 0;
  share = WHOLE;
  /** Processes that run or could run, here and below. */
  abstract readonly active: number;
  /** Those of them that have no processor. */
  abstract readonly waiting: number;
  /** The most it could use, in millionths of a processor. */
  abstract demand(cpus: number): number;
}

export class TaskEntity extends Entity {
  readonly task: Task;
  active = 0;
  waiting = 0;
  /** Counts the steps: whose end is told too late finds that it has gone on. */
  turn = 0;
  /** The processor that it has, or had last. */
  cpu = 0;
  /** Where it may run; null: everywhere. Changed by `Scheduler.confine` alone. */
  cpus: CpuSet | null = null;
  /** Its virtual time while processes are confined, see placement.ts. */
  placedTime: Nanos = 0;

  constructor(task: Task) {
    super();
    this.task = task;
  }

  demand(): number {
    return WHOLE;
  }
}

/** Of all that were never limited: it is never changed. */
const UNLIMITED = new Bandwidth();

const needOf = (entity: Entity, cpus: number): number => entity.demand(cpus) / entity.weight;

/** The processes and groups of one cgroup with the cpu controller, and what that is to the one above. */
export class FairQueue extends Entity {
  active = 0;
  waiting = 0;
  /** Those with something active, in the order in which they came. */
  readonly entities: Entity[] = [];
  /** Where a new one starts. */
  clock = 0;
  /** cpu.idle. */
  idle = false;
  bandwidth = UNLIMITED;

  /** `parent` null: the root. */
  constructor(parent: FairQueue | null) {
    super();
    this.queue = parent;
  }

  /** One that can be changed. */
  ownBandwidth(): Bandwidth {
    if (this.bandwidth === UNLIMITED) this.bandwidth = new Bandwidth();
    return this.bandwidth;
  }

  demand(cpus: number): number {
    const most = Math.min(this.active, cpus) * WHOLE;
    const { quota, period } = this.bandwidth;
    return Math.max(1, Math.min(most, Math.floor((quota / period) * WHOLE)));
  }

  /** Adds to the counts here and above, as far as nothing is throttled: what is in a throttled group is nowhere above it. */
  change(active: number, waiting: number): void {
    for (let at: FairQueue | null = this; at !== null; at = at.queue) {
      const before = at.active;
      at.active += active;
      at.waiting += waiting;
      if (at.bandwidth.throttled || at.queue === null) return;
      if (before === 0 && at.active > 0) at.queue.admit(at);
      if (before > 0 && at.active === 0) at.queue.dismiss(at);
    }
  }

  admit(entity: Entity): void {
    entity.time = Math.max(entity.time, this.clock - CREDIT);
    this.entities.push(entity);
  }

  dismiss(entity: Entity): void {
    const at = this.entities.indexOf(entity);
    if (at >= 0) this.entities.splice(at, 1);
  }

  /** Of those with somebody waiting the one that is most behind; of equals the first. */
  first(): Entity | null {
    const { entities } = this;
    if (entities.length === 1) {
      const [only] = entities;
      if (this.clock < only!.time) this.clock = only!.time;
      return only!.waiting > 0 ? only! : null;
    }
    let chosen: Entity | null = null;
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (const entity of entities) {
      const { time } = entity;
      if (time < least) least = time;
      if (time > most) most = time;
      if (entity.waiting > 0 && (chosen === null || time < chosen.time)) chosen = entity;
    }
    if (this.clock < least) this.clock = least;
    else if (this.clock > most && most > Number.NEGATIVE_INFINITY) this.clock = most;
    return chosen;
  }

  /** Divides `available` among what competes here, then each group's part among its own. */
  divide(available: number, cpus: number): void {
    this.share = available;
    let rest = available;
    let weights = 0;
    for (const entity of this.entities) weights += entity.weight;
    for (const entity of this.#byNeed(cpus)) {
      const fair = (rest * entity.weight) / weights;
      const share = Math.max(1, Math.floor(Math.min(fair, entity.demand(cpus))));
      rest -= share;
      weights -= entity.weight;
      if (entity instanceof FairQueue) entity.divide(share, cpus);
      else entity.share = share;
    }
  }

  /** Who needs least for its weight comes first; mostly they are in that order as they are. */
  #byNeed(cpus: number): readonly Entity[] {
    const { entities } = this;
    for (let i = 1; i < entities.length; i++)
      if (needOf(entities[i]!, cpus) < needOf(entities[i - 1]!, cpus))
        return [...entities].sort((a, b) => needOf(a, cpus) - needOf(b, cpus));
    return entities;
  }

  /** The process that goes next, with all that it is below. */
  next(): TaskEntity | null {
    let at: Entity | null = this;
    while (at instanceof FairQueue) at = at.first();
    return at as TaskEntity | null;
  }
}

/** Weights of nice -20 … 19, each a quarter more than the next (sched_prio_to_weight). */
const NICE_WEIGHTS = [
  88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904, 3906, 3121,
  2501, 1991, 1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23,
  18, 15,
] as const;

export function weightOfNice(nice: number): number {
  return NICE_WEIGHTS[nice + 20]!;
}

/** The nice value whose weight is the nearest, as cpu.weight.nice shows it. */
export function niceOfWeight(weight: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const [index, value] of NICE_WEIGHTS.entries()) {
    const distance = Math.abs(value - weight);
    if (distance >= nearest) return index - 21;
    nearest = distance;
  }
  return 19;
}
