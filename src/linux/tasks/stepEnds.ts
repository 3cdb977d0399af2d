/** The ends of the steps that processes make: each system call has one, so an event that has happened is used again. */
import { type EventQueue, type Nanos, TimedEvent } from '../../base/index.ts';
import type { Task } from './task.ts';

/** `turn` tells which of its steps is over, `cpu` where it was made. */
type Told = (task: Task, turn: number, cpu: number) => void;

class StepEnd extends TimedEvent {
  /** Null while it is spare. */
  task: Task | null = null;
  turn = 0;
  cpu = 0;
  readonly #ends: StepEnds;

  constructor(ends: StepEnds) {
    super();
    this.#ends = ends;
  }

  happen(): void {
    this.#ends.tell(this);
  }
}

export class StepEnds {
  readonly #events: EventQueue;
  readonly #told: Told;
  readonly #spare: StepEnd[] = [];

  constructor(events: EventQueue, told: Told) {
    this.#events = events;
    this.#told = told;
  }

  /** Tells after `delay` that the task's step is over. */
  after(delay: Nanos, task: Task, turn: number, cpu: number): void {
    const end = this.#spare.pop() ?? new StepEnd(this);
    end.task = task;
    end.turn = turn;
    end.cpu = cpu;
    this.#events.schedule(delay, end);
  }

  tell(end: StepEnd): void {
    const { task, turn, cpu } = end;
    end.task = null;
    this.#spare.push(end);
    this.#told(task!, turn, cpu);
  }
}
