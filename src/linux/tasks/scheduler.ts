/** Which process runs: fair shares of the host's processors (fairQueue.ts), in slices of virtual time, within limits (bandwidth.ts). */
import { type EventQueue, MILLISECOND, type Nanos } from '../../base/index.ts';
import type { Cgroup } from '../cgroup/cgroup.ts';
import { Doing } from '../cgroup/pressure.ts';
import { allCpus, type CpuSet, hasCpu } from './cpuSet.ts';
import { type Entity, FairQueue, type TaskEntity, WHOLE } from './fairQueue.ts';
import { LoadAverage } from './loadAverage.ts';
import { mayRunOn, Placement } from './placement.ts';
import { StepEnds } from './stepEnds.ts';
import type { Task } from './task.ts';

/** How long a process keeps a processor while others wait. */
const SLICE: Nanos = 4 * MILLISECOND;
/** How long at least, unless it goes by itself. */
const SHORTEST: Nanos = MILLISECOND;
/** Among more than these, who comes or goes changes the others' shares so little that a millisecond is soon enough. */
const MANY = 64;

export class Scheduler {
  readonly root = new FairQueue(null);
  readonly load: LoadAverage;
  readonly #events: EventQueue;
  readonly #ends: StepEnds;
  readonly #step: (task: Task) => Nanos;
  readonly #cpus: number;
  /** The host's processors. */
  readonly allCpus: CpuSet;
  /** Processors without anybody, the first one last. */
  readonly #idle: number[];
  readonly #placement: Placement;
  /** Living processes that may not run everywhere: with none, nobody looks at the processors' numbers. */
  #confined = 0;
  /** Runnable, but in a frozen group. */
  readonly #held = new Set<Task>();
  /** Queues with a limit. */
  #limited = 0;
  /** Shares are to be divided anew. */
  #changed = true;
  /** When shares among many are too old. */
  #stale: Nanos = 0;

  /** `step` runs one system call of a task and says how long that keeps the processor. */
  constructor(events: EventQueue, cpus: number, step: (task: Task) => Nanos) {
    this.#events = events;
    this.#ends = new StepEnds(events, (task, turn, cpu) => this.#continue(task, turn, cpu));
    this.load = new LoadAverage(events.now);
    this.#cpus = cpus;
    this.#idle = Array.from({ length: cpus }, (_, i) => cpus - 1 - i);
    this.allCpus = allCpus(cpus);
    this.#placement = new Placement(this.root, this.allCpus);
    this.#step = step;
  }

  /** Makes a task runnable. */
  enqueue(task: Task): void {
    task.state = 'runnable';
    if (this.#isHeld(task)) {
      this.#held.add(task);
      this.#does(task, Doing.nothing);
      return;
    }
    this.#does(task, Doing.waiting);
    this.#add(task.entity, task.cgroup.effectiveCpu);
    this.#startIdle(task.entity.cpus);
  }

  /** From now on the task runs on these processors only; null: on all. A step that it is in goes on where it is. */
  confine(task: Task, cpus: CpuSet | null): void {
    const { entity } = task;
    if (entity.cpus === cpus) return;
    const before = this.#confined;
    this.#confined += Number(cpus !== null) - Number(entity.cpus !== null);
    entity.cpus = cpus;
    if (before === 0) this.#placement.begin();
    this.#changed = true;
    // Whom it leaves, or who it is itself, may find an idle one.
    this.#startAllIdle();
  }

  /** A task's group has changed, or what its group lets it do. */
  moved(task: Task): void {
    const { entity } = task;
    if (task.state === 'running') {
      // It goes on until its step is over, on the new group's account.
      if (entity.queue === null || entity.queue === task.cgroup.effectiveCpu) return;
      this.#remove(entity);
      this.#add(entity, task.cgroup.effectiveCpu, false);
    } else if (task.state === 'runnable') {
      if (entity.queue !== null) this.#remove(entity);
      this.#held.delete(task);
      this.enqueue(task);
    }
  }

  /** nice(2) or a group's weight has changed. */
  reweigh(): void {
    this.#changed = true;
  }

  /** sched_yield(2): whoever waits beside it goes first. */
  yield(task: Task): void {
    task.sliceStart = Number.NEGATIVE_INFINITY;
    const { entity } = task;
    if (this.#confined > 0) {
      this.#placement.yield(entity);
      return;
    }
    for (const other of entity.queue?.entities ?? [])
      if (other.waiting > 0) entity.time = Math.max(entity.time, other.time);
  }

  /** The group gets a queue of its own: the cpu controller came. */
  attach(cgroup: Cgroup): void {
    cgroup.cpu = cgroup.parent === null ? this.root : new FairQueue(cgroup.parent.effectiveCpu);
    this.#rehome(cgroup);
  }

  detach(cgroup: Cgroup): void {
    const { cpu } = cgroup;
    if (cpu === null) return;
    if (cpu.bandwidth.limited) this.limit(cpu, Number.POSITIVE_INFINITY, cpu.bandwidth.period, 0);
    cgroup.cpu = null;
    this.#rehome(cgroup);
  }

  /** cpu.max. */
  limit(queue: FairQueue, quota: Nanos, period: Nanos, burst: Nanos): void {
    const bandwidth = queue.ownBandwidth();
    this.#limited += Number(quota !== Number.POSITIVE_INFINITY) - Number(bandwidth.limited);
    bandwidth.set(quota, period, burst);
    if (bandwidth.throttled) this.#unthrottle(queue);
    this.#changed = true;
  }

  /** As in /proc/loadavg: over 1, 5 and 15 minutes. */
  loadAverages(): readonly [string, string, string] {
    this.load.pass(this.#events.now, this.root.active);
    return this.load.averages();
  }

  /** A task goes to another group, as what it is. */
  account(task: Task, to: Cgroup): void {
    const { doing } = task;
    this.#does(task, Doing.nothing);
    task.cgroup = to;
    this.#does(task, doing);
  }

  /** A task is dead. */
  gone(task: Task): void {
    this.#held.delete(task);
    this.#does(task, Doing.nothing);
    this.#remove(task.entity);
    this.confine(task, null);
  }

  /** What the task does from now on, for the pressure of its groups. */
  #does(task: Task, doing: Doing): void {
    const { doing: before } = task;
    if (before === doing) return;
    task.doing = doing;
    const { now } = this.#events;
    for (let at: Cgroup | null = task.cgroup; at !== null; at = at.parent)
      at.pressure.change(before, doing, now);
  }

  #rehome(cgroup: Cgroup): void {
    for (const task of cgroup.members) this.moved(task);
    for (const child of cgroup.children.values()) this.#rehome(child);
  }

  /** In a frozen group nobody runs, but to die or to stop for a tracer. */
  #isHeld(task: Task): boolean {
    return task.cgroup.frozen && !task.pending.includes('KILL') && !task.tracee?.interrupted;
  }

  #add(entity: TaskEntity, queue: FairQueue, waiting = true): void {
    if (entity.queue !== queue) {
      entity.time = queue.clock;
      entity.queue = queue;
    }
    entity.active = 1;
    entity.waiting = Number(waiting);
    queue.admit(entity);
    this.#count(queue, 1, entity.waiting);
    if (this.#confined > 0) this.#placement.admit(entity);
  }

  #remove(entity: TaskEntity): void {
    if (entity.active === 0) return;
    const queue = entity.queue!;
    queue.dismiss(entity);
    this.#count(queue, -1, -entity.waiting);
    entity.active = 0;
    entity.waiting = 0;
  }

  #count(queue: FairQueue, active: number, waiting: number): void {
    this.load.pass(this.#events.now, this.root.active);
    queue.change(active, waiting);
    this.#changed = true;
  }

  /** Wakes a processor without anybody, one of `cpus`; null: any. */
  #startIdle(cpus: CpuSet | null): void {
    const idle = this.#idle;
    if (idle.length === 0) return;
    const at = cpus === null ? idle.length - 1 : idle.findLastIndex((cpu) => hasCpu(cpus, cpu));
    if (at < 0) return;
    const cpu = idle[at]!;
    // A list of its own for each process that wakes would cost more than the rest of this.
    idle.copyWithin(at, at + 1);
    idle.pop();
    this.#events.after(0, () => this.#dispatch(cpu));
  }

  #startAllIdle(): void {
    while (this.#idle.length > 0 && this.root.waiting > 0) this.#startIdle(null);
  }

  /** Gives a free processor to whoever is most behind. */
  #dispatch(cpu: number): void {
    const entity =
      this.root.waiting === 0 ? null : this.#confined === 0 ? this.root.next() : this.#placement.next(cpu);
    if (entity === null) {
      this.#idle.push(cpu);
      return;
    }
    const { task } = entity;
    entity.waiting = 0;
    entity.cpu = cpu;
    entity.queue!.change(0, -1);
    task.state = 'running';
    this.#does(task, Doing.running);
    task.sliceStart = this.#events.now;
    if (this.#confined > 0) this.#wakeForOthers();
    this.#run(task);
  }

  /** Who was to have this processor, but is not the one who has it now, may find another. */
  #wakeForOthers(): void {
    for (const cpu of [...this.#idle])
      if (this.#placement.next(cpu) !== null) this.#startIdle(1n << BigInt(cpu));
  }

  #run(task: Task): void {
    const { entity } = task;
    const turn = ++entity.turn;
    const { cpu } = entity;
    const cost = this.#step(task);
    task.cpuTime += cost;
    task.cgroup.cpuTime += cost;
    this.#charge(entity, cost);
    if (task.state !== 'running') {
      this.#remove(entity);
      this.#does(task, stallOf(task));
    }
    this.#ends.after(cost, task, turn, cpu);
  }

  /** Lets virtual time pass for the task and the groups that it is in. */
  #charge(entity: TaskEntity, cost: Nanos): void {
    if (this.#confined > 0) {
      this.#chargePlaced(entity, cost);
      return;
    }
    // While there is a processor for each, everybody has what it wants.
    const contended = this.root.active > this.#cpus || this.#limited > 0;
    if (contended && this.#areSharesOld()) this.root.divide(this.#cpus * WHOLE, this.#cpus);
    entity.time += contended ? Math.floor((cost * WHOLE) / entity.share) : cost;
    for (let at = entity.queue; at !== null; at = at.queue) {
      const passed = contended ? Math.floor((cost * WHOLE) / at.share) : cost / Math.max(1, at.active);
      at.clock += passed;
      at.time += passed;
      if (at.bandwidth.limited) this.#spend(at, cost);
    }
  }

  #areSharesOld(): boolean {
    if (!this.#changed || (this.root.active > MANY && this.#events.now < this.#stale)) return false;
    this.#changed = false;
    this.#stale = this.#events.now + SHORTEST;
    return true;
  }

  #chargePlaced(entity: TaskEntity, cost: Nanos): void {
    if (this.#areSharesOld()) this.#placement.divide();
    entity.placedTime += Math.floor((cost * WHOLE) / entity.share);
    if (this.#limited === 0) return;
    for (let at = entity.queue; at !== null; at = at.queue) if (at.bandwidth.limited) this.#spend(at, cost);
  }

  #continue(task: Task, turn: number, cpu: number): void {
    // It may have slept, been woken and be on another processor already.
    if (task.state !== 'running' || task.entity.turn !== turn) {
      this.#dispatch(cpu);
    } else if (this.#isHeld(task)) {
      this.#remove(task.entity);
      task.state = 'runnable';
      this.#does(task, Doing.nothing);
      this.#held.add(task);
      this.#dispatch(cpu);
    } else if (this.#mustGo(task)) {
      this.#preempt(task);
    } else {
      this.#run(task);
    }
  }

  #mustGo(task: Task): boolean {
    if (this.#limited > 0 && this.#isThrottled(task)) return true;
    if (this.#confined > 0 && !mayRunOn(task.entity, task.entity.cpu)) return true;
    if (this.root.waiting === 0) return false;
    const ran = this.#events.now - task.sliceStart;
    if (this.#confined > 0) {
      const best = ran >= SHORTEST ? this.#placement.next(task.entity.cpu) : null;
      return best !== null && (ran >= SLICE || best.placedTime < task.entity.placedTime);
    }
    return ran >= SLICE || (ran >= SHORTEST && this.#isAhead(task.entity));
  }

  /** The task waits again, behind those that are as far as it is. */
  #preempt(task: Task): void {
    const { entity } = task;
    task.state = 'runnable';
    this.#does(task, Doing.waiting);
    entity.waiting = 1;
    const queue = entity.queue!;
    queue.entities.push(...queue.entities.splice(queue.entities.indexOf(entity), 1));
    queue.change(0, 1);
    if (this.#confined > 0) this.#wakeForOthers();
    this.#dispatch(entity.cpu);
  }

  /** Whether somebody who waits is behind the task, at the level where their groups part. */
  #isAhead(entity: TaskEntity): boolean {
    const chain: Entity[] = [entity];
    for (let at = entity.queue; at !== null; at = at.queue) chain.push(at);
    for (let level = chain.length - 1; level > 0; level--) {
      const best = (chain[level] as FairQueue).first();
      const own = chain[level - 1]!;
      if (best === null) return false;
      if (best !== own) return best.time < own.time;
    }
    return false;
  }

  #isThrottled(task: Task): boolean {
    for (let at = task.entity.queue; at !== null; at = at.queue) if (at.bandwidth.throttled) return true;
    return false;
  }

  #spend(queue: FairQueue, cost: Nanos): void {
    const { bandwidth } = queue;
    bandwidth.left -= cost;
    bandwidth.used += cost;
    bandwidth.timer ??= this.#events.after(bandwidth.period, () => this.#periodEnds(queue));
    if (bandwidth.left <= 0 && !bandwidth.throttled) this.#throttle(queue, cost);
  }

  /** Nothing of the group is to be seen above until its next quota. */
  #throttle(queue: FairQueue, cost: Nanos): void {
    const { bandwidth, active, waiting } = queue;
    // The step that used the last of it is still to come to its end.
    bandwidth.since = this.#events.now + cost;
    bandwidth.kept = Math.max(1, Math.min(active, this.#cpus));
    if (active > 0) queue.queue!.dismiss(queue);
    this.#count(queue.queue!, -active, -waiting);
    bandwidth.throttled = true;
  }

  #unthrottle(queue: FairQueue): void {
    const { bandwidth, active, waiting } = queue;
    bandwidth.throttled = false;
    bandwidth.throttledTime += Math.max(0, this.#events.now - bandwidth.since) * bandwidth.kept;
    if (active > 0) queue.queue!.admit(queue);
    this.#count(queue.queue!, active, waiting);
    if (this.#confined > 0) this.#startAllIdle();
    else for (let i = 0; i < waiting && this.#idle.length > 0; i++) this.#startIdle(null);
  }

  #periodEnds(queue: FairQueue): void {
    const { bandwidth } = queue;
    bandwidth.timer = null;
    if (!bandwidth.refill()) return;
    bandwidth.timer = this.#events.after(bandwidth.period, () => this.#periodEnds(queue));
    if (bandwidth.throttled && bandwidth.left > 0) this.#unthrottle(queue);
  }
}

/** Who sleeps for want of something: of the disk, or of memory, above memory.high. */
function stallOf({ state, call }: Task): Doing {
  if (state !== 'sleeping' || call === null) return Doing.nothing;
  if (call.transfer !== null) return Doing.disk;
  return call.request.call === 'touch' ? Doing.memory : Doing.nothing;
}
