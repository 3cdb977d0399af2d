/**
 * The typed trace of a world: what happened, when, to whom and why. Figures, checks, feedback and the `trace` command read
 * it; nobody reaches into private state instead. A room declares its events by adding to {@link TraceEvents}:
 *
 *     declare module '../../base/trace.ts' {
 *       interface TraceEvents { 'fs.copyUp': { path: string; bytes: number } }
 *     }
 */
import type { Clock, Nanos } from './eventQueue.ts';

/** Event kind → its details, which must be plain JSON. Rooms add their own by declaration merging. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging in the rooms above
export interface TraceEvents {}

/** One event: `seq` counts up from 0, `subject` names the host, process, file system or container it is about. */
export type TraceEvent<K extends keyof TraceEvents = keyof TraceEvents> = {
  [Kind in K]: {
    readonly seq: number;
    readonly time: Nanos;
    readonly kind: Kind;
    readonly subject: string;
    readonly detail: TraceEvents[Kind];
  };
}[K];

/** So many events are kept of each kind, the latest ones; rare kinds are kept whole. */
const KEPT = 20_000;
/** With more events than this in all, those that need not be kept are dropped. */
const MOST = 200_000;

export class Trace {
  #events: TraceEvent[] = [];
  #length = 0;
  #most = MOST;
  #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Appends one event at the current virtual time. */
  emit<K extends keyof TraceEvents>(kind: K, subject: string, detail: TraceEvents[K]): void {
    const event = { seq: this.#length++, time: this.#clock.now, kind, subject, detail };
    this.#events.push(event as unknown as TraceEvent);
    if (this.#events.length > this.#most) this.#drop();
  }

  /** How many events there have been; the next one's `seq`. */
  get length(): number {
    return this.#length;
  }

  /**
   * Events from `fromSeq` on, of one kind when `kind` is given, oldest first. Of a kind of which there have been very many, the first ones
   * are gone: a loop of a shell forks thousands of processes a second.
   */
  since(fromSeq: number): readonly TraceEvent[];
  since<K extends keyof TraceEvents>(fromSeq: number, kind: K): readonly TraceEvent<K>[];
  since(fromSeq: number, kind?: keyof TraceEvents): readonly TraceEvent[] {
    const tail = this.#events.slice(this.#first(({ seq }) => seq >= fromSeq));
    return kind === undefined
      ? tail
      : tail.filter((event: { kind: keyof TraceEvents }) => event.kind === kind);
  }

  /** The number of the first event at or after `time` that is kept; the next event's when there is none. */
  firstAt(time: Nanos): number {
    return this.#events[this.#first((event) => event.time >= time)]?.seq ?? this.#length;
  }

  /** Where the first event is that `isReached` holds for, as it does for all after it. */
  #first(isReached: (event: TraceEvent) => boolean): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isReached(this.#events[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #drop(): void {
    const left = new Map<string, number>();
    for (const { kind } of this.#events as { kind: string }[]) left.set(kind, (left.get(kind) ?? 0) + 1);
    this.#events = (this.#events as (TraceEvent & { kind: string })[]).filter(({ kind }) => {
      const count = left.get(kind)!;
      left.set(kind, count - 1);
      return count <= KEPT;
    });
    // With many kinds of many events each, so that dropping stays rare.
    this.#most = Math.max(MOST, 2 * this.#events.length);
  }
}
