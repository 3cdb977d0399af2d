/**
 * Processors inside of a world: slices of guest instructions are events among the world's others, and none are scheduled while no
 * vCPU has anything to do. A slice runs ahead of the world's clock by its own length at most; what a guest does in it has its exact
 * time all the same, since devices schedule from there. Within the machine it is the order of {@link Scheduler}: the same guest
 * executes the same instructions at the same times.
 */
import { assert, type EventQueue, type Nanos, type ScheduledEvent } from '../base/index.ts';
import type { Core, Timers } from '../machine/index.ts';

interface Turn {
  readonly core: Core;
  /** How far this processor has come. */
  time: Nanos;
}

export class EmbeddedScheduler implements Timers {
  readonly #queue: EventQueue;
  readonly #nanosPerInstruction: Nanos;
  readonly #slice: Nanos;
  #turns: Turn[] = [];
  /** The processor that executes at this moment, and where its turn is to end. */
  #current: Turn | null = null;
  #end: Nanos = 0;
  #roundEnd: Nanos = 0;
  /** The machine's own events: a slice ends before the next of them. Others of the world meet the machine between slices. */
  readonly #own = new Set<ScheduledEvent>();
  #next: ScheduledEvent | null = null;
  #instructions = 0;

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

  /** Exact within a slice on one processor; several see the clock stand still within a round. Never behind what a guest has seen. */
  get now(): Nanos {
    const current = this.#current;
    if (current !== null && this.#turns.length === 1)
      return current.time + current.core.progress * this.#nanosPerInstruction;
    return current === null ? this.#reached() : this.#queue.now;
  }

  get instructions(): number {
    return this.#instructions;
  }

  after(delay: Nanos, run: () => void): ScheduledEvent {
    const event = this.#queue.after(this.now - this.#queue.now + delay, () => {
      this.#own.delete(own);
      run();
      this.wake();
    });
    const own: ScheduledEvent = {
      time: event.time,
      seq: event.seq,
      cancel: () => {
        this.#own.delete(own);
        event.cancel();
      },
    };
    this.#own.add(own);
    if (this.#current !== null && event.time < this.#end) this.#current.core.yieldSoon();
    return own;
  }

  /** Schedules the next slice, when a processor has work before it. */
  wake(): void {
    if (this.#current !== null) return;
    const busy = this.#turns.filter(({ core }) => !core.waiting);
    if (busy.length === 0) return;
    const time = Math.min(...busy.map((turn) => Math.max(turn.time, this.#queue.now)));
    if (this.#next !== null && this.#next.time <= time) return;
    this.#next?.cancel();
    this.#next = this.#queue.after(time - this.#queue.now, () => this.#round());
  }

  /** Lets the processors run to the end of the round, or to the machine's next event. */
  #round(): void {
    this.#next = null;
    const { now } = this.#queue;
    // What of the machine's own is due at this instant comes first.
    if (this.#nextOwn() > now) {
      for (const turn of this.#turns) turn.time = Math.max(turn.time, now);
      const round = this.#turns.filter(({ core }) => !core.waiting);
      if (round.every(({ time }) => time >= this.#roundEnd)) this.#roundEnd = now + this.#slice;
      for (const turn of round) this.#turn(turn);
    }
    this.wake();
  }

  #turn(turn: Turn): void {
    for (;;) {
      this.#end = Math.min(this.#roundEnd, this.#nextOwn());
      const missing = Math.ceil((this.#end - turn.time) / this.#nanosPerInstruction);
      if (missing <= 0 || turn.core.waiting) return;
      const executed = this.#execute(turn, missing);
      assert(executed > 0 || turn.core.waiting, 'a processor that neither executes nor waits');
      turn.time += executed * this.#nanosPerInstruction;
      this.#instructions += executed;
    }
  }

  /** Whatever is thrown in it is thrown on: the processors have to be free for what comes after. */
  #execute(turn: Turn, instructions: number): number {
    this.#current = turn;
    try {
      return turn.core.run(instructions);
    } finally {
      this.#current = null;
    }
  }

  #nextOwn(): Nanos {
    let next = Number.POSITIVE_INFINITY;
    for (const { time } of this.#own) next = Math.min(next, time);
    return next;
  }

  /** Where one processor alone has come to; several have agreed on the world's clock. */
  #reached(): Nanos {
    return this.#turns.length === 1 ? Math.max(this.#turns[0]!.time, this.#queue.now) : this.#queue.now;
  }
}
