/**
 * The page's side of the worker. It asks, it watches, and when the worker is stuck it ends it and starts another one from the last record
 * of the session. What was asked of the old worker is answered with {@link WorkerReplaced}.
 */
import { proxy, type Remote } from 'comlink';
import type { TerminalInput } from './laterCode.ts';
import type { LabEvents, LabWorker, OpenRequest, OpenResult, Transcript } from './protocol.ts';
import { Unrecorded } from './unrecorded.ts';
import { LOOK_INTERVAL, Watchdog } from './watchdog.ts';

/** A worker that can be ended. */
export interface WorkerHandle {
  readonly remote: Remote<LabWorker> | LabWorker;
  /** Of the session that it builds without being asked, if it does. */
  readonly preparedSeed: string | null;
  /** Tells, again and again, that the worker lives and waits for its code. */
  onFetching(tell: () => void): void;
  /** Tells that the worker's script could not be loaded or threw outside a request. */
  onError(tell: (message: string) => void): void;
  terminate(): void;
}

/** The answer to a request whose worker was ended. */
export class WorkerReplaced extends Error {
  override name = 'WorkerReplaced';
}

export interface ClientEvents extends LabEvents {
  /** The worker has not answered for this many milliseconds; `doing` says what it was asked to do. */
  slow(doing: string, waited: number): void;
  /** The worker answers again. */
  answering(): void;
  /** The worker was ended and a new one is being prepared: from the record or, when the record itself leads there, afresh. */
  stuck(doing: string, afresh: boolean): void;
  /** The new one is ready. */
  replaced(result: OpenResult, doing: string, afresh: boolean): void;
}

export interface ClientOptions {
  spawn: () => WorkerHandle;
  events: ClientEvents;
  every?: (run: () => void, milliseconds: number) => () => void;
}

interface Patience {
  /** Milliseconds without an answer after which a worker is stuck. */
  readonly limit: number;
  /** Milliseconds for which it may be silent before anything is said of it. */
  readonly silence: number;
}
const USUAL: Patience = { limit: 4000, silence: 0 };
/** A submission is checked once more. */
const CHECKING: Patience = { limit: 20_000, silence: 2500 };
const BUILDING: Patience = { limit: 45_000, silence: 6000 };
/** Of requests that are real work; the first of them that is being done counts. */
const PATIENCE: readonly (readonly [call: string, Patience])[] = [
  ['open', BUILDING],
  ['reset', BUILDING],
  ['check', CHECKING],
  ['submission', CHECKING],
];
/** Requests that do nothing in the world: a world that stops after these alone stops by itself. */
const IDLE_CALLS: ReadonlySet<string> = new Set(['ping', 'resize', 'setPaused', 'transcript']);

/** Requests on whose way something is told; what comes when they are answered comes too late. */
const TOLD_CALLS: readonly string[] = PATIENCE.map(([call]) => call);

type Call = Exclude<keyof LabWorker, 'open'>;

export class LabClient {
  #options: ClientOptions;
  #worker: WorkerHandle;
  #watchdog: Watchdog;
  #stopLooking: (() => void) | null = null;
  #request: OpenRequest | null = null;
  #record: Transcript | null = null;
  readonly #unrecorded = new Unrecorded();
  #doing = new Set<{ what: string; reject: (reason: Error) => void }>();
  /** The learner has asked for something since the session was opened from a record. */
  #asked = false;
  #slow = false;
  #ended = false;
  /** What the worker failed of before anything was asked of it: whoever opens a session in it gets that. */
  #broken: Error | null = null;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#worker = this.#spawn();
    this.#watchdog = new Watchdog({
      ping: async () => this.#worker.remote.ping(),
      limit: () => this.#patience().limit,
      onSlow: (waited) => {
        if (waited < this.#patience().silence) return;
        this.#slow = true;
        options.events.slow(this.#current(), waited);
      },
      onStuck: () => void this.replace(),
    });
  }

  /** The last record of the session that came from the worker. */
  get record(): Transcript | null {
    return this.#record;
  }

  /** What was typed in terminals and is not in {@link record} yet; nothing while the world does not answer: that may be what it does not answer to. */
  get unrecorded(): readonly TerminalInput[] {
    return this.#slow ? [] : this.#unrecorded.inputs;
  }

  /** The seed with which a new session is there soonest. */
  get preparedSeed(): string | null {
    return this.#worker.preparedSeed;
  }

  async open(request: OpenRequest): Promise<OpenResult> {
    if (this.#ended) this.#worker = this.#spawn();
    this.#request = request;
    this.#record = request.transcript ?? null;
    if (this.#broken !== null) throw this.#broken;
    this.#watch();
    return this.#openIn(this.#worker, request);
  }

  /** Calls a method of the worker; rejects with {@link WorkerReplaced} if the worker is ended meanwhile. */
  call<K extends Call>(
    name: K,
    ...args: Parameters<LabWorker[K]>
  ): Promise<Awaited<ReturnType<LabWorker[K]>>> {
    return new Promise((resolve, reject) => {
      const entry = { what: name, reject };
      this.#doing.add(entry);
      if (!IDLE_CALLS.has(name)) this.#asked = true;
      if (name === 'input') {
        const [terminal, data] = args as Parameters<LabWorker['input']>;
        this.#unrecorded.typed({ terminal, data });
      }
      // Called on the object itself: behind comlink even `apply` would be a request.
      const remote = this.#worker.remote as unknown as Record<string, (...given: unknown[]) => unknown>;
      Promise.resolve()
        .then(() => remote[name]!(...args))
        .then(resolve as (value: unknown) => void, reject)
        .finally(() => this.#doing.delete(entry));
    });
  }

  /** Ends the worker and opens the last record in a new one; after a relapse a new session with the last files. */
  async replace(): Promise<void> {
    const request = this.#request;
    if (!request) return;
    const doing = this.#current();
    const afresh = !this.#asked;
    this.#end();
    this.#options.events.stuck(doing, afresh);
    this.#worker = this.#spawn();
    // Begun afresh, the files stay on the page: in the world they may be what stops it.
    const { transcript: _old, files: _files, ...fresh } = request;
    if (afresh) this.#record = null;
    const again = this.#record ? { ...fresh, transcript: this.#record } : fresh;
    this.#watch();
    try {
      const result = await this.#openIn(this.#worker, again);
      this.#options.events.replaced(result, doing, afresh);
    } catch (error) {
      if (error instanceof WorkerReplaced) return;
      this.#options.events.failed(error instanceof Error ? error.message : String(error));
    }
  }

  /** Replaces the session by the one of `transcript` (undoing a reset, importing work). */
  async reopen(request: OpenRequest): Promise<OpenResult> {
    this.#end();
    return this.open(request);
  }

  close(): void {
    this.#request = null;
    this.#end();
  }

  #spawn(): WorkerHandle {
    const worker = this.#options.spawn();
    this.#ended = false;
    this.#broken = null;
    worker.onFetching(() => {
      if (worker !== this.#worker) return;
      this.#watchdog.alive();
      if (this.#isDoing('open')) this.#options.events.fetching('the code of the world');
    });
    worker.onError((message) => {
      if (worker !== this.#worker) return;
      const error = new Error(message);
      if (this.#request === null) {
        this.#broken = error;
        return;
      }
      // It answers no more; another one is started when the reader asks for it.
      this.#stopLooking?.();
      this.#stopLooking = null;
      for (const entry of this.#doing) entry.reject(error);
      this.#doing.clear();
      this.#unrecorded.begin();
      this.#options.events.failed(message);
    });
    return worker;
  }

  #openIn(worker: WorkerHandle, request: OpenRequest): Promise<OpenResult> {
    this.#asked = false;
    this.#unrecorded.begin();
    const { events } = this.#options;
    // Late calls of a worker that has been ended must not reach the page.
    const current =
      <A extends unknown[]>(tell: (...args: A) => void) =>
      (...args: A) => {
        if (worker === this.#worker) tell(...args);
      };
    const heard: LabEvents = {
      frame: current((frame) => events.frame(frame)),
      transcript: current((transcript, typed) => {
        this.#record = transcript;
        this.#unrecorded.recorded(typed);
        events.transcript(transcript, typed);
      }),
      resetAsked: current(() => events.resetAsked()),
      progress: current((text) => {
        if (TOLD_CALLS.some((call) => this.#isDoing(call))) events.progress(text);
      }),
      fetching: current((what) => events.fetching(what)),
      failed: current((message) => {
        // A key that has stopped the world is not to be typed again at the next opening.
        this.#unrecorded.begin();
        events.failed(message);
      }),
    };
    return new Promise((resolve, reject) => {
      const entry = { what: 'open', reject };
      this.#doing.add(entry);
      Promise.resolve(worker.remote.open(request, proxy(heard)))
        .then(resolve, reject)
        .finally(() => this.#doing.delete(entry));
    });
  }

  #watch(): void {
    this.#watchdog.reset();
    const every =
      this.#options.every ??
      ((run, milliseconds) => {
        const timer = setInterval(run, milliseconds);
        return () => clearInterval(timer);
      });
    this.#stopLooking?.();
    this.#stopLooking = every(() => {
      const worker = this.#worker;
      const wasSlow = this.#slow;
      this.#slow = false;
      this.#watchdog.look();
      if (wasSlow && !this.#slow && worker === this.#worker) this.#options.events.answering();
    }, LOOK_INTERVAL);
  }

  #end(): void {
    this.#stopLooking?.();
    this.#stopLooking = null;
    this.#watchdog.reset();
    this.#worker.terminate();
    this.#ended = true;
    for (const entry of this.#doing) entry.reject(new WorkerReplaced('the world was stopped'));
    this.#doing.clear();
  }

  #patience(): Patience {
    return PATIENCE.find(([call]) => this.#isDoing(call))?.[1] ?? USUAL;
  }

  #isDoing(what: string): boolean {
    return [...this.#doing].some((entry) => entry.what === what);
  }

  /** What the worker has been asked for longest, leaving the sign of life aside; with nothing asked, it runs the world. */
  #current(): string {
    return [...this.#doing][0]?.what ?? 'run';
  }
}
