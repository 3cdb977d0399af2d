/** Which process runs: a FIFO run queue served by the host's CPUs, in time slices of virtual time. */
import { type EventQueue, MILLISECOND, type Nanos } from '../../base/index.ts';
import type { Task } from './task.ts';

/** How long a process keeps a CPU while others wait. */
const SLICE: Nanos = 4 * MILLISECOND;

export class Scheduler {
  readonly #events: EventQueue;
  readonly #step: (task: Task) => Nanos;
  #queue: Task[] = [];
  /** Runnable, but in a frozen group. */
  readonly #held = new Set<Task>();
  #idle: number;

  /** `step` runs one system call of a task and says how long that keeps the CPU. */
  constructor(events: EventQueue, cpus: number, step: (task: Task) => Nanos) {
    this.#events = events;
    this.#idle = cpus;
    this.#step = step;
  }

  /** Makes a task runnable. */
  enqueue(task: Task): void {
    task.state = 'runnable';
    if (this.#isHeld(task)) {
      this.#held.add(task);
      return;
    }
    this.#queue.push(task);
    if (this.#idle === 0) return;
    this.#idle--;
    this.#events.after(0, () => this.#dispatch());
  }

  /** A task's group has changed, or what its group lets it do. */
  moved(task: Task): void {
    if (task.state !== 'runnable') return;
    if (this.#held.delete(task)) this.enqueue(task);
    else if (this.#isHeld(task)) {
      this.#queue = this.#queue.filter((other) => other !== task);
      this.#held.add(task);
    }
  }

  /** In a frozen group nobody runs, but to die. */
  #isHeld(task: Task): boolean {
    return task.cgroup.frozen && !task.pending.has('KILL');
  }

  /** How many tasks wait for a CPU. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Gives a free CPU to the next runnable task. */
  #dispatch(): void {
    const task = this.#queue.shift();
    if (task === undefined) {
      this.#idle++;
    } else if (task.state === 'runnable') {
      task.state = 'running';
      task.sliceStart = this.#events.now;
      this.#run(task);
    } else {
      this.#dispatch();
    }
  }

  #preempt(task: Task): void {
    task.state = 'runnable';
    if (this.#isHeld(task)) this.#held.add(task);
    else this.#queue.push(task);
    this.#dispatch();
  }

  #run(task: Task): void {
    const cost = this.#step(task);
    task.cpuTime += cost;
    task.cgroup.cpuTime += cost;
    this.#events.after(cost, () => this.#continue(task));
  }

  #continue(task: Task): void {
    if (task.state !== 'running') {
      this.#dispatch();
    } else if (
      this.#isHeld(task) ||
      (this.#queue.length > 0 && this.#events.now - task.sliceStart >= SLICE)
    ) {
      this.#preempt(task);
    } else {
      this.#run(task);
    }
  }
}
