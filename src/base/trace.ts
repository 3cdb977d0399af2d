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

const CHUNK = 256;

/** So many events, in columns: as one object each they would take three times the memory, and there are tens of thousands. */
class Chunk {
  readonly times = new Array<Nanos>(CHUNK);
  readonly kinds = new Array<keyof TraceEvents>(CHUNK);
  readonly subjects = new Array<string>(CHUNK);
  readonly details = new Array<TraceEvents[keyof TraceEvents]>(CHUNK);
}

export class Trace {
  /** All but the last are full: none is ever copied to make room. */
  #chunks: Chunk[] = [];
  /** How many events are kept. */
  #kept = 0;
  /** Null: none was dropped, and each stands where its number says. */
  #seqs: number[] | null = null;
  #length = 0;
  #most = MOST;
  #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Appends one event at the current virtual time. */
  emit<K extends keyof TraceEvents>(kind: K, subject: string, detail: TraceEvents[K]): void {
    this.#seqs?.push(this.#length);
    this.#length++;
    this.#append(this.#clock.now, kind, subject, detail);
    if (this.#kept > this.#most) this.#drop();
  }

  /** How many events there have been; the next one's `seq`. */
  get length(): number {
    return this.#length;
  }

  /**
   * Events from `fromSeq` on, of one kind when `kind` is given, oldest first, as objects of the caller's own. Of a kind of which there have been very many, the first ones
   * are gone: a loop of a shell forks thousands of processes a second.
   */
  since(fromSeq: number): readonly TraceEvent[];
  since<K extends keyof TraceEvents>(fromSeq: number, kind: K): readonly TraceEvent<K>[];
  since(fromSeq: number, kind?: keyof TraceEvents): readonly TraceEvent[] {
    const events: TraceEvent[] = [];
    for (let at = this.#placeFrom(fromSeq); at < this.#kept; at++)
      if (kind === undefined || kind === this.#kindAt(at)) events.push(this.#event(at));
    return events;
  }

  /** The number of the first event at or after `time` that is kept; the next event's when there is none. */
  firstAt(time: Nanos): number {
    const at = this.#first((place) => this.#timeAt(place) >= time);
    return at < this.#kept ? this.#seqAt(at) : this.#length;
  }

  #append<K extends keyof TraceEvents>(
    time: Nanos,
    kind: K,
    subject: string,
    detail: TraceEvents[keyof TraceEvents],
  ): void {
    const within = this.#kept % CHUNK;
    if (within === 0) this.#chunks.push(new Chunk());
    const chunk = this.#chunks[this.#chunks.length - 1]!;
    chunk.times[within] = time;
    chunk.kinds[within] = kind;
    chunk.subjects[within] = subject;
    chunk.details[within] = detail;
    this.#kept++;
  }

  #chunkOf(at: number): Chunk {
    return this.#chunks[Math.floor(at / CHUNK)]!;
  }

  /** Where the first event is whose number is `seq` or more: who waits for an event asks after each step of the world. */
  #placeFrom(seq: number): number {
    if (this.#seqs === null) return Math.max(0, seq);
    return this.#first((at) => this.#seqAt(at) >= seq);
  }

  #seqAt(at: number): number {
    return this.#seqs === null ? at : this.#seqs[at]!;
  }

  #timeAt(at: number): Nanos {
    return this.#chunkOf(at).times[at % CHUNK]!;
  }

  #kindAt(at: number): keyof TraceEvents {
    return this.#chunkOf(at).kinds[at % CHUNK]!;
  }

  #event(at: number): TraceEvent {
    const { times, kinds, subjects, details } = this.#chunkOf(at);
    const within = at % CHUNK;
    return {
      seq: this.#seqAt(at),
      time: times[within]!,
      kind: kinds[within]!,
      subject: subjects[within]!,
      detail: details[within]!,
    } as unknown as TraceEvent;
  }

  /** The first place that `isReached` holds for, as it does for all after it. */
  #first(isReached: (at: number) => boolean): number {
    let low = 0;
    let high = this.#kept;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isReached(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #drop(): void {
    const all = this.since(0) as readonly (TraceEvent & { kind: string })[];
    const left = new Map<string, number>();
    for (const { kind } of all) left.set(kind, (left.get(kind) ?? 0) + 1);
    const kept = all.filter(({ kind }) => {
      const count = left.get(kind)!;
      left.set(kind, count - 1);
      return count <= KEPT;
    });
    this.#chunks = [];
    this.#kept = 0;
    this.#seqs = kept.map(({ seq }) => seq);
    for (const { time, kind, subject, detail } of kept as TraceEvent[])
      this.#append(time, kind, subject, detail);
    // With many kinds of many events each, so that dropping stays rare.
    this.#most = Math.max(MOST, 2 * kept.length);
  }
}
