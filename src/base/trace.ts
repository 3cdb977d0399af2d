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

export class Trace {
  #events: TraceEvent[] = [];
  #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Appends one event at the current virtual time. */
  emit<K extends keyof TraceEvents>(kind: K, subject: string, detail: TraceEvents[K]): void {
    const event = { seq: this.#events.length, time: this.#clock.now, kind, subject, detail };
    this.#events.push(event as unknown as TraceEvent);
  }

  /** How many events there are; the next one's `seq`. */
  get length(): number {
    return this.#events.length;
  }

  /** Events from `fromSeq` on, of one kind when `kind` is given, oldest first. */
  since(fromSeq: number): readonly TraceEvent[];
  since<K extends keyof TraceEvents>(fromSeq: number, kind: K): readonly TraceEvent<K>[];
  since(fromSeq: number, kind?: keyof TraceEvents): readonly TraceEvent[] {
    const tail = this.#events.slice(fromSeq);
    return kind === undefined
      ? tail
      : tail.filter((event: { kind: keyof TraceEvents }) => event.kind === kind);
  }
}
