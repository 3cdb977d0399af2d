/**
 * The one source of change in a world: callbacks ordered by (virtual time, sequence number). Two events at the
 * same instant run in the order in which they were scheduled, so that the same inputs give the same world.
 */
import { assert } from './assert.ts';

/** Virtual time in integer nanoseconds since the world started. 2^53 ns is 104 days: a world never gets there. */
export type Nanos = number;

export const MICROSECOND: Nanos = 1_000;
export const MILLISECOND: Nanos = 1_000_000;
export const SECOND: Nanos = 1_000_000_000;

/** What a scheduled event can be cancelled by. */
export interface ScheduledEvent {
  readonly time: Nanos;
  readonly seq: number;
  cancel(): void;
}

/** What happens at a time. An object that has happened may be scheduled again: what there is millions of need not leave one behind each. */
export abstract class TimedEvent {
  /** Both are the queue's to set. */
  time: Nanos = 0;
  seq = 0;
  /** The queue passes it over. */
  cancelled = false;

  /** Called when its time has come. */
  abstract happen(): void;
}

class Callback extends TimedEvent implements ScheduledEvent {
  /** Null: it has run, or is not to run any more. */
  #run: (() => void) | null;

  constructor(run: () => void) {
    super();
    this.#run = run;
  }

  happen(): void {
    const run = this.#run;
    this.#run = null;
    run?.();
  }

  cancel(): void {
    this.#run = null;
    this.cancelled = true;
  }
}

/** The virtual clock, readable by everybody, moved by the event queue alone. */
export interface Clock {
  /** Nanoseconds since the world started. */
  readonly now: Nanos;
}

/** So many events are kept in order beside the heap. */
const SOON = 8;

export class EventQueue implements Clock {
  /**
   * The next few events, the first to happen last. Most events are due in a moment, before all the timers that wait: here they come and
   * go without a way through a heap of thousands.
   */
  readonly #soon: TimedEvent[] = [];
  /** All that come after those. */
  readonly #heap: TimedEvent[] = [];
  #now: Nanos = 0;
  #seq = 0;

  get now(): Nanos {
    return this.#now;
  }

  /** The number of events ever scheduled: part of a world's hash, since equal worlds schedule equally often. */
  get scheduled(): number {
    return this.#seq;
  }

  /** Calls `run` at `now + delay`; `delay` is a whole number of nanoseconds, 0 or more. */
  after(delay: Nanos, run: () => void): ScheduledEvent {
    const event = new Callback(run);
    this.schedule(delay, event);
    return event;
  }

  /** As `after`, of an event of the caller's that is not in the queue now. */
  schedule(delay: Nanos, event: TimedEvent): void {
    // The message is made for who needs it: each step of each process comes here.
    if (!Number.isSafeInteger(delay) || delay < 0)
      assert(false, `delay ${delay} is not a whole number of nanoseconds`);
    event.time = this.#now + delay;
    event.seq = this.#seq++;
    this.#add(event);
  }

  /** The time of the next event, or null when nothing will ever happen by itself. */
  next(): Nanos | null {
    let event = this.#first();
    while (event?.cancelled === true) {
      this.#takeFirst();
      event = this.#first();
    }
    return event === null ? null : event.time;
  }

  /** Runs the next event if it is due at or before `until`; says whether one ran. */
  step(until: Nanos): boolean {
    const time = this.next();
    if (time === null || time > until) return false;
    const event = this.#takeFirst();
    this.#now = event.time;
    event.happen();
    return true;
  }

  /** Moves the clock to `time` when no event lies before it. */
  advanceTo(time: Nanos): void {
    const next = this.next();
    assert(next === null || next >= time, `advancing to ${time} would skip an event at ${next}`);
    if (time > this.#now) this.#now = time;
  }

  #first(): TimedEvent | null {
    const soon = this.#soon;
    if (soon.length > 0) return soon[soon.length - 1]!;
    return this.#heap.length > 0 ? this.#heap[0]! : null;
  }

  /** There is one. */
  #takeFirst(): TimedEvent {
    return this.#soon.pop() ?? this.#pop();
  }

  #add(event: TimedEvent): void {
    const soon = this.#soon;
    const heap = this.#heap;
    const late =
      (heap.length > 0 && !before(event, heap[0]!)) || (soon.length === SOON && !before(event, soon[0]!));
    if (late) {
      this.#push(event);
      return;
    }
    let i = soon.length;
    soon.push(event);
    for (; i > 0 && before(soon[i - 1]!, event); i--) soon[i] = soon[i - 1]!;
    soon[i] = event;
    if (soon.length > SOON) this.#push(soon.shift()!);
  }

  #push(event: TimedEvent): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = event;
  }

  #pop(): TimedEvent {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return top;
  }
}

function before(a: TimedEvent, b: TimedEvent): boolean {
  return a.time < b.time || (a.time === b.time && a.seq < b.seq);
}
