/**
 * The cpuset controller (admin-guide/cgroup-v2.rst, "Cpuset"): on which processors the processes of a cgroup may run, and from which memory
 * nodes, of which a host here has one. Partitions (cpuset.cpus.exclusive, .partition, .isolated) are not there.
 */
import { allCpus, type CpuSet } from '../tasks/cpuSet.ts';
import type { Scheduler } from '../tasks/scheduler.ts';
import type { Task } from '../tasks/task.ts';
import type { Cgroup } from './cgroup.ts';

/** The one memory node. */
const NODES: CpuSet = 1n;

export class CpusetController {
  readonly parent: CpusetController | null;
  /** What was asked for; empty: what the parent has. */
  cpus: CpuSet = 0n;
  mems: CpuSet = 0n;
  readonly #all: CpuSet;

  /** `parent` null: the root of a host with so many `processors`. */
  constructor(parent: CpusetController | null, processors: number) {
    this.parent = parent;
    this.#all = allCpus(processors);
  }

  /** What there is of what was asked for; nothing of it: what the parent has. */
  get effectiveCpus(): CpuSet {
    const above = this.parent?.effectiveCpus ?? this.#all;
    return (this.cpus & above) === 0n ? above : this.cpus & above;
  }

  get effectiveMems(): CpuSet {
    return NODES;
  }
}

/** Where the task may run: what it asked for itself, as far as its cgroup has it. */
export function allowedCpus({ affinity, cgroup }: Task): CpuSet {
  const all = cgroup.effectiveCpuset.effectiveCpus;
  return affinity === null || (affinity & all) === 0n ? all : affinity & all;
}

/** The task's own wish, or what its cgroup has, is another: tells the scheduler, for which the dead are gone. */
export function confine(scheduler: Scheduler, task: Task): void {
  if (!task.alive) return;
  const cpus = allowedCpus(task);
  scheduler.confine(task, cpus === scheduler.allCpus ? null : cpus);
}

/** The same for all that live in a cgroup and below it. */
export function confineAll(scheduler: Scheduler, cgroup: Cgroup): void {
  for (const at of cgroup.descendants()) for (const task of at.members) confine(scheduler, task);
}
