/** Which process runs: a FIFO run queue served by the host's CPUs, in time slices of virtual time. */
import { type EventQueue, MILLISECOND, type Nanos } from '../../base/index.ts';
import type { Task } from './task.ts';

/** How long a process keeps a CPU while others wait. */
const SLICE: Nanos = 4 * MILLISECOND;

export class Scheduler {
  readonly #events: EventQueue;
  readonly #step: (task: Task) => Nanos;
  #queue: Task[] = [];
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
    this.#queue.push(task);
    if (this.#idle === 0) return;
    this.#idle--;
    this.#events.after(0, () => this.#dispatch());
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

  #run(task: Task): void {
    const cost = this.#step(task);
    task.cpuTime += cost;
    this.#events.after(cost, () => this.#continue(task));
  }

  #continue(task: Task): void {
    if (task.state !== 'running') {
      this.#dispatch();
    } else if (this.#queue.length > 0 && this.#events.now - task.sliceStart >= SLICE) {
      task.state = 'runnable';
      this.#queue.push(task);
      this.#dispatch();
    } else {
      this.#run(task);
    }
  }
}
