/**
 * Harts and events in one virtual time. Harts take turns of a slice; each has a time of its own, that of the instructions it has
 * executed, and the clock is the time of the hart that is furthest behind.
 */
import { assert, type EventQueue, type Nanos, type ScheduledEvent } from '../base/index.ts';
import type { Core } from './bus.ts';
import type { Timers } from './timing.ts';

/** What ends a run from outside; without any, it runs until nothing happens any more. */
export interface RunLimits {
  /** Instructions of all harts together, in this run. */
  readonly instructions?: number;
  /** The virtual time at which to stop. A hart finishes the instruction that crosses it. */
  readonly until?: Nanos;
}

/** `idle`: all harts wait for an interrupt, and no event will ever come. `stopped`: {@link Scheduler.stop} was called. */
export type StopReason = 'instructions' | 'time' | 'idle' | 'stopped';

interface Turn {
  readonly core: Core;
  /** How far this hart has come. */
  time: Nanos;
}

export class Scheduler implements Timers {
  readonly #queue: EventQueue;
  readonly #nanosPerInstruction: Nanos;
  readonly #slice: Nanos;
  #turns: Turn[] = [];
  /** The hart that executes at this moment, and where its turn is to end. */
  #current: Turn | null = null;
  #end: Nanos = 0;
  /** All harts get this far before any goes on. */
  #roundEnd: Nanos = 0;
  #instructions = 0;
  #stopped = false;
  #interruption: (() => void) | null = null;

  constructor(queue: EventQueue, nanosPerInstruction: Nanos, slice: Nanos) {
    assert(Number.isInteger(nanosPerInstruction) && nanosPerInstruction > 0, `${nanosPerInstruction} ns`);
    assert(Number.isInteger(slice) && slice >= nanosPerInstruction, `a slice of ${slice} ns`);
    this.#queue = queue;
    this.#nanosPerInstruction = nanosPerInstruction;
    this.#slice = slice;
  }

  connect(cores: readonly Core[]): void {
    this.#turns = cores.map((core) => ({ core, time: this.#queue.now }));
  }

  /**
   * The time of the instruction being executed on a machine of one hart. Several harts see the clock stand still within a round,
   * so that no two of them read times that contradict each other (Privileged Architecture, "mtime": one clock for all harts).
   */
  get now(): Nanos {
    const current = this.#current;
    if (!current || this.#turns.length > 1) return this.#queue.now;
    return current.time + current.core.progress * this.#nanosPerInstruction;
  }

  /** Instructions executed so far, by all harts. */
  get instructions(): number {
    return this.#instructions;
  }

  /** Schedules from {@link now} on; a turn that would run past the event ends before it. */
  after(delay: Nanos, run: () => void): ScheduledEvent {
    const event = this.#queue.after(this.now - this.#queue.now + delay, run);
    if (this.#current && event.time < this.#end) this.#current.core.yieldSoon();
    return event;
  }

  /** Does `action` between two instructions: now, or as soon as the hart that executes has come to the end of its own. */
  interrupt(action: () => void): void {
    if (!this.#current) action();
    else {
      this.#interruption = action;
      this.#current.core.yieldSoon();
    }
  }

  /** Ends the run after the instruction being executed. */
  stop(): void {
    this.#stopped = true;
    this.#current?.core.yieldSoon();
  }

  run({ instructions = Number.POSITIVE_INFINITY, until = Number.POSITIVE_INFINITY }: RunLimits): StopReason {
    const queue = this.#queue;
    const last = this.#instructions + instructions;
    this.#stopped = false;
    for (;;) {
      while (!this.#stopped && queue.step(queue.now));
      if (this.#stopped) return 'stopped';
      if (queue.now >= until) return 'time';
      for (const turn of this.#turns) turn.time = Math.max(turn.time, queue.now);
      if (this.#turns.every(({ core }) => core.waiting)) {
        const next = queue.next();
        if (next === null && until === Number.POSITIVE_INFINITY) return 'idle';
        if (next !== null && next <= until) queue.step(next);
        else queue.advanceTo(until);
      } else if (this.#instructions >= last) return 'instructions';
      else this.#round(last, until);
    }
  }

  /** One turn for each hart that is behind the end of the round, then the clock follows. */
  #round(last: number, until: Nanos): void {
    const active = this.#turns.filter(({ core }) => !core.waiting);
    if (active.every(({ time }) => time >= this.#roundEnd)) this.#roundEnd = this.#queue.now + this.#slice;
    for (const turn of active) {
      this.#end = Math.min(this.#roundEnd, this.#queue.next() ?? Number.POSITIVE_INFINITY, until);
      const missing = Math.ceil((this.#end - turn.time) / this.#nanosPerInstruction);
      const budget = Math.min(missing, last - this.#instructions);
      if (budget > 0) this.#take(turn, budget);
      if (this.#stopped) break;
    }
    this.#follow();
  }

  #take(turn: Turn, budget: number): void {
    this.#current = turn;
    const executed = turn.core.run(budget);
    this.#current = null;
    assert(executed > 0 || turn.core.waiting, 'a hart that neither executes nor waits');
    turn.time += executed * this.#nanosPerInstruction;
    this.#instructions += executed;
    const action = this.#interruption;
    this.#interruption = null;
    action?.();
  }

  /** The clock goes to the hart furthest behind that has something to do, and no further than to an event that wakes another. */
  #follow(): void {
    for (;;) {
      const busy = this.#turns.filter(({ core }) => !core.waiting);
      const times = (busy.length > 0 ? busy : this.#turns).map(({ time }) => Math.max(time, this.#queue.now));
      const target = busy.length > 0 ? Math.min(...times) : Math.max(...times);
      // Who stops the run sees the time of it, and events that lie before stay for the next run.
      const reachable = this.#stopped ? Math.min(target, this.#queue.next() ?? target) : target;
      if (this.#stopped || !this.#queue.step(target)) {
        this.#queue.advanceTo(reachable);
        return;
      }
    }
  }
}
