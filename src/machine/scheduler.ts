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

const LONG_SLICE: Nanos = 100_000_000;

interface Turn {
  readonly core: Core;
  /** How far this hart has come. */
  time: Nanos;
}

export class Scheduler implements Timers {
  readonly #queue: EventQueue;
  readonly #nanosPerInstruction: Nanos;
  #slice: Nanos;
  #turns: Turn[] = [];
  /** The hart that executes at this moment, and where its turn is to end. */
  #current: Turn | null = null;
  #end: Nanos = 0;
  /** All harts get this far before any goes on; those of {@link #round} have their turn yet to come or to end. */
  #roundEnd: Nanos = 0;
  #round: Turn[] = [];
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
    // One hart takes turns with nobody: events alone end its turns, and no result depends on how long they are.
    if (cores.length === 1) this.#slice = Math.max(this.#slice, LONG_SLICE);
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

  /** A run of several parts, each ended by its number of instructions, is the same as one run. */
  run({ instructions = Number.POSITIVE_INFINITY, until = Number.POSITIVE_INFINITY }: RunLimits): StopReason {
    const last = this.#instructions + instructions;
    this.#stopped = false;
    for (;;) {
      if (this.#round.length === 0) {
        const reason = this.#startRound(until);
        if (reason) return reason;
      }
      while (this.#round.length > 0) {
        const over = this.#turn(this.#round[0]!, last, until);
        if (this.#stopped) {
          this.#round = [];
          this.#follow();
          return 'stopped';
        }
        if (!over) return 'instructions';
        this.#round.shift();
      }
      this.#follow();
    }
  }

  /** Events of this instant, then the harts that have something to do; when all wait, the next event instead. */
  #startRound(until: Nanos): StopReason | null {
    const queue = this.#queue;
    while (!this.#stopped && queue.step(queue.now));
    if (this.#stopped) return 'stopped';
    if (queue.now >= until) return 'time';
    for (const turn of this.#turns) turn.time = Math.max(turn.time, queue.now);
    this.#round = this.#turns.filter(({ core }) => !core.waiting);
    if (this.#round.length > 0) {
      if (this.#round.every(({ time }) => time >= this.#roundEnd)) this.#roundEnd = queue.now + this.#slice;
      return null;
    }
    const next = queue.next();
    if (next === null && until === Number.POSITIVE_INFINITY) return 'idle';
    if (next !== null && next <= until) queue.step(next);
    else queue.advanceTo(until);
    return null;
  }

  /** Lets one hart run to the end of the round or to the next event, which may come nearer meanwhile; false when `last` is reached. */
  #turn(turn: Turn, last: number, until: Nanos): boolean {
    for (;;) {
      this.#end = Math.min(this.#roundEnd, this.#queue.next() ?? Number.POSITIVE_INFINITY, until);
      const missing = Math.ceil((this.#end - turn.time) / this.#nanosPerInstruction);
      if (missing <= 0 || turn.core.waiting || this.#stopped) return true;
      const budget = Math.min(missing, last - this.#instructions);
      if (budget <= 0) {
        // No event lies before: it would have been the end. One hart's clock is exact between runs too.
        if (this.#turns.length === 1) this.#queue.advanceTo(turn.time);
        return false;
      }
      this.#execute(turn, budget);
    }
  }

  #execute(turn: Turn, budget: number): void {
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
