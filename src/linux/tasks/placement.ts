/**
 * Which process runs where, while some may not run on every processor (sched_setaffinity(2), the cpuset controller). The scheduler asks here
 * only then: otherwise one queue for all processors together (fairQueue.ts) says it all.
 *
 * Groups count as in Linux by the weight that each of their processes has of them (`task_h_load`). From these weights come shares, the
 * fair ones in the sense of max-min: all grow together by weight until a process has a whole processor, or those that are confined to some
 * processors have all of these, and what is left is for the rest. Virtual time passes by shares, so it is the same for all on whatever processors.
 */
import type { Nanos } from '../../base/index.ts';
import { type CpuSet, cpusOf, hasCpu } from './cpuSet.ts';
import { CREDIT, FairQueue, type TaskEntity, WHOLE } from './fairQueue.ts';

/** Of more kinds of confinement than these, only each by itself and all together are told apart. */
const KINDS = 8;

/** Whether a process may run on a processor. */
export const mayRunOn = ({ cpus }: TaskEntity, cpu: number): boolean => cpus === null || hasCpu(cpus, cpu);

interface Weighed {
  readonly entity: TaskEntity;
  readonly weight: number;
  readonly cpus: CpuSet;
}

/** Processors with those who may run nowhere else. */
interface Region {
  readonly cpus: CpuSet;
  left: number;
}

export class Placement {
  readonly #root: FairQueue;
  readonly #all: CpuSet;
  /** Of those that run or could, the virtual time of who is most behind. */
  #clock: Nanos = 0;

  constructor(root: FairQueue, all: CpuSet) {
    this.#root = root;
    this.#all = all;
  }

  /** The first confined process has come: all start equal. */
  begin(): void {
    for (const { entity } of this.#weighed()) entity.placedTime = this.#clock;
  }

  /** A process that was away has saved up little, and owes little. */
  admit(entity: TaskEntity): void {
    const { placedTime } = entity;
    entity.placedTime = Math.min(this.#clock + CREDIT, Math.max(this.#clock - CREDIT, placedTime));
  }

  /** Of those who wait and may run on `cpu` the one that is most behind; of equals the first. */
  next(cpu: number): TaskEntity | null {
    let chosen: TaskEntity | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const entity of tasksOf(this.#root)) {
      least = Math.min(least, entity.placedTime);
      if (entity.waiting === 0 || !mayRunOn(entity, cpu)) continue;
      if (chosen === null || entity.placedTime < chosen.placedTime) chosen = entity;
    }
    if (least !== Number.POSITIVE_INFINITY) this.#clock = Math.max(this.#clock, least);
    return chosen;
  }

  /** sched_yield(2): after those who wait for the same processors. */
  yield(entity: TaskEntity): void {
    for (const other of tasksOf(this.#root))
      if (other.waiting > 0 && ((other.cpus ?? this.#all) & (entity.cpus ?? this.#all)) !== 0n)
        entity.placedTime = Math.max(entity.placedTime, other.placedTime);
  }

  /** Divides the processors among all that run or could. */
  divide(): void {
    let rest = this.#weighed();
    const regions = regionsOf(rest);
    while (rest.length > 0) {
      const heaviest = rest.reduce((most, { weight }) => Math.max(most, weight), 0);
      let rate = 1 / heaviest;
      let tight: Region | null = null;
      for (const region of regions) {
        const weights = rest.reduce((sum, one) => sum + (isWithin(one, region) ? one.weight : 0), 0);
        if (weights === 0 || region.left / weights >= rate) continue;
        rate = region.left / weights;
        tight = region;
      }
      const full = (one: Weighed) => (tight === null ? one.weight >= heaviest : isWithin(one, tight));
      for (const one of rest.filter(full)) {
        const share = one.weight * rate;
        one.entity.share = Math.max(1, Math.floor(share * WHOLE));
        for (const region of regions)
          if (isWithin(one, region)) region.left = Math.max(0, region.left - share);
      }
      rest = rest.filter((one) => !full(one));
    }
  }

  #weighed(): Weighed[] {
    const all: Weighed[] = [];
    const weigh = (queue: FairQueue, weight: number): void => {
      const sum = queue.entities.reduce((total, entity) => total + entity.weight, 0);
      for (const entity of queue.entities) {
        const own = (weight * entity.weight) / sum;
        if (entity instanceof FairQueue) weigh(entity, own);
        else {
          const task = entity as TaskEntity;
          all.push({ entity: task, weight: own, cpus: task.cpus ?? this.#all });
        }
      }
    };
    weigh(this.#root, 1);
    return all;
  }
}

const isWithin = ({ cpus }: Weighed, region: Region): boolean => (cpus & ~region.cpus) === 0n;

/** All unions of the sets to which processes are confined. */
function regionsOf(all: readonly Weighed[]): Region[] {
  const kinds = new Set(all.map(({ cpus }) => cpus));
  const unions = new Set<CpuSet>(kinds);
  if (kinds.size > KINDS) unions.add([...kinds].reduce((sum, cpus) => sum | cpus, 0n));
  else for (const kind of kinds) for (const union of [...unions]) unions.add(union | kind);
  return [...unions].map((cpus) => ({ cpus, left: cpusOf(cpus).length }));
}

function* tasksOf(queue: FairQueue): IterableIterator<TaskEntity> {
  for (const entity of queue.entities)
    if (entity instanceof FairQueue) yield* tasksOf(entity);
    else yield entity as TaskEntity;
}
