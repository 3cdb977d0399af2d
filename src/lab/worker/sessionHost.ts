/**
 * The worker's side: one exercise session, run in step with real time. It knows neither the DOM nor comlink, so it runs in a test as it
 * runs in the worker. Keys are recorded and answered at once; what the world prints is collected and sent once a frame.
 */
import { concatBytes, type Nanos } from '../../base/index.ts';
import { CODE_UNREACHABLE, LaterCode } from './laterCode.ts';
import { Pacer } from './pace.ts';
import type {
  Diagnostics,
  GoalStatus,
  LabEvents,
  LabExercise,
  LabWorker,
  OpenRequest,
  OpenResult,
  Prediction,
  ReplayProblem,
  Report,
  SessionState,
  Submission,
  TerminalSize,
  TerminalState,
  Transcript,
} from './protocol.ts';

/** What the host asks of a session. The exercise room's `Session` has this shape; so has a test's. */
export interface HostedSession {
  advance(by: Nanos): void;
  openTerminal(host: string, size: TerminalSize): number;
  input(terminal: number, data: string): void;
  resize(terminal: number, size: TerminalSize): void;
  closeTerminal(terminal: number): void;
  saveFile(name: string, content: string): Promise<readonly Diagnostics[]>;
  predict(answer: Prediction): void;
  openHint(index: number): string;
  openAnswer(): void;
  check(): Promise<Report>;
  reset(): Promise<void>;
  /** Whether the learner asked for a reset in the terminal since the last call. */
  takeResetRequest(): boolean;
  transcript(): Transcript;
  submission(): Promise<Submission>;
  goals(): readonly GoalStatus[];
  terminals(): readonly { readonly id: number; readonly host: string }[];
  hints(): readonly string[];
  files(): Readonly<Record<string, string>>;
  diagnostics(): readonly Diagnostics[];
  readonly answerOpened: boolean;
  readonly prediction: Prediction | null;
}

export interface SessionStart {
  readonly seed: string;
  /** To be replayed; an error says why it does not lead where it led. */
  readonly transcript?: Transcript;
  readonly onOutput: (terminal: number, bytes: Uint8Array) => void;
  /** Told during a check: how many parts are done. */
  readonly onProgress: (done: number, total: number) => void;
}

/** An exercise, loaded and ready to be started. */
export interface LoadedExercise {
  description(seed: string): LabExercise;
  start(options: SessionStart): Promise<HostedSession>;
}

/** What the host needs of the place it runs in. */
export interface HostEnvironment {
  /** A monotonic clock in milliseconds. */
  now: () => number;
  /** Runs `task` after so many milliseconds, as a task of its own. */
  later: (task: () => void, milliseconds: number) => void;
  loadExercise: (id: string) => Promise<LoadedExercise>;
  /** Loads what is needed once commands run, where that is not loaded with the rest. */
  loadCommands?: () => Promise<unknown>;
}

/** Between frames while something happens, and while nothing does, in milliseconds. */
const LIVELY_FRAME = 8;
const QUIET_FRAME = 32;
const QUIET_AFTER = 1000;
/** The record of the session is sent this long after a change, and goals are looked at then. */
const RECORD_AFTER = 300;
/** What goes on in the world by itself, a machine that boots, can reach a goal too: so often they are looked at, so long after a change. */
const GOALS_EVERY = 1000;
const GOALS_UNTIL = 60_000;
/** Virtual milliseconds run at once after a key, so that its echo does not wait for a frame. */
const ECHO_STEPS = 2;
/** What a terminal has printed is kept for redrawing, up to this many bytes. */
const PRINTED_LIMIT = 256 * 1024;

export class SessionHost implements LabWorker {
  #environment: HostEnvironment;
  #pacer: Pacer;
  #commands: LaterCode;
  #events: LabEvents | null = null;
  #session: HostedSession | null = null;
  #loaded: LoadedExercise | null = null;
  #description!: LabExercise;
  /** A session that may be asked for; null in it when it could not be built. */
  #prepared: { readonly seed: string; readonly session: Promise<HostedSession | null> } | null = null;
  #size: TerminalSize = { cols: 80, rows: 24 };
  #outputs = new Map<number, Uint8Array[]>();
  #printed = new Map<number, Uint8Array[]>();
  #paused = false;
  /** Checks and saves await; no virtual time passes meanwhile. */
  #busy = 0;
  #lastActivity = 0;
  #recordDue = false;
  #goalsSent = '';
  #goalsAt = 0;
  #failed = false;

  constructor(environment: HostEnvironment) {
    this.#environment = environment;
    this.#pacer = new Pacer(environment.now);
    this.#commands = new LaterCode(environment.loadCommands ?? null);
  }

  /** Builds the session that is opened next if it is a new one of this seed. Whatever is wrong with it is told when it is opened. */
  prepare(exerciseId: string, seed: string): void {
    const build = async () => {
      this.#loaded = await this.#environment.loadExercise(exerciseId);
      // Meanwhile the page may have asked for something.
      return this.#prepared?.seed === seed ? this.#build(seed) : null;
    };
    this.#prepared = { seed, session: build().catch(() => null) };
  }

  async open(request: OpenRequest, events: LabEvents): Promise<OpenResult> {
    this.#events = events;
    const loaded = (this.#loaded ??= await this.#environment.loadExercise(request.exerciseId));
    this.#description = loaded.description(request.seed);
    this.#size = request.size;
    const { problem } = await this.#start(request);
    const state = this.#state();
    this.#goalsSent = JSON.stringify(state.goals);
    this.#lastActivity = this.#environment.now();
    this.#pacer.skip();
    this.#record();
    this.#schedule();
    return { exercise: this.#description, state, problem };
  }

  ping(): void {}

  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#pacer.skip();
    this.#lastActivity = this.#environment.now();
  }

  openTerminal(host: string, size: TerminalSize): TerminalState {
    const id = this.#live.openTerminal(host, size);
    this.#changed();
    this.#outputs.delete(id);
    return { id, host, printed: this.#reprint(id) };
  }

  input(terminal: number, data: string): void {
    if (this.#commands.hold({ terminal, data })) void this.#inputWithCode(terminal);
    else this.#type(terminal, data);
  }

  /** What was held is typed when the code is there. */
  async #inputWithCode(terminal: number): Promise<void> {
    try {
      await this.#hold(() => this.#commands.ready());
    } catch {
      this.#collect(terminal, CODE_UNREACHABLE);
      this.#flush();
      return;
    }
    for (const held of this.#commands.release()) this.#type(held.terminal, held.data);
  }

  #type(terminal: number, data: string): void {
    this.#changed();
    this.#guard(() => {
      this.#live.input(terminal, data);
      if (this.#busy === 0) this.#run(ECHO_STEPS);
      this.#flush();
    });
  }

  resize(terminal: number, size: TerminalSize): void {
    this.#size = size;
    this.#live.resize(terminal, size);
    this.#changed();
  }

  closeTerminal(terminal: number): void {
    this.#live.closeTerminal(terminal);
    this.#printed.delete(terminal);
    this.#changed();
  }

  saveFile(name: string, content: string) {
    return this.#hold(() => this.#live.saveFile(name, content));
  }

  predict(answer: Prediction): void {
    this.#live.predict(answer);
    this.#changed();
  }

  openHint(index: number): string {
    this.#changed();
    return this.#live.openHint(index);
  }

  openAnswer(): void {
    this.#live.openAnswer();
    this.#changed();
  }

  check() {
    return this.#hold(() => this.#live.check());
  }

  async reset(): Promise<SessionState> {
    this.#outputs.clear();
    this.#printed.clear();
    await this.#hold(() => this.#live.reset());
    this.#openFirst();
    return this.#state();
  }

  transcript() {
    return this.#live.transcript();
  }

  submission() {
    return this.#hold(() => this.#live.submission());
  }

  get #live(): HostedSession {
    if (!this.#session) throw new Error('no session is open in this worker');
    return this.#session;
  }

  async #start(request: OpenRequest): Promise<{ problem: ReplayProblem | null }> {
    let problem: ReplayProblem | null = null;
    if (request.transcript) {
      this.#events?.progress('Replaying your session, key by key, so that everything is as you left it');
      // Without it no record can be replayed; that is no fault of the record.
      await this.#commands.ready();
      try {
        this.#session = await this.#build(request.seed, request.transcript);
        this.#outputs.clear();
        return { problem };
      } catch (error) {
        // Whatever is wrong with a stored record, it ends here; the same fault in a new session would show below.
        problem = { message: error instanceof Error ? error.message : String(error) };
        this.#outputs.clear();
        this.#printed.clear();
      }
    }
    this.#events?.progress('Building the world of the exercise');
    const session = await this.#newSession(request.seed);
    this.#session = session;
    for (const [name, content] of Object.entries(request.files ?? {})) {
      if (name in session.files() && session.files()[name] !== content) await session.saveFile(name, content);
    }
    this.#openFirst();
    return { problem };
  }

  /** A world that has just begun has no terminal yet. */
  #openFirst(): void {
    const [host] = this.#description.hosts;
    if (!host || this.#live.terminals().length > 0) return;
    this.#live.openTerminal(host, this.#size);
    this.#run(ECHO_STEPS);
  }

  async #newSession(seed: string): Promise<HostedSession> {
    const prepared = this.#prepared?.seed === seed ? this.#prepared : null;
    this.#prepared = null;
    return (await prepared?.session) ?? this.#build(seed);
  }

  #build(seed: string, transcript?: Transcript): Promise<HostedSession> {
    const onOutput = (terminal: number, bytes: Uint8Array) => this.#collect(terminal, bytes);
    const onProgress = (done: number, total: number) => {
      if (done < total) this.#events?.progress(`Check ${done + 1} of ${total}`);
    };
    const start = { seed, onOutput, onProgress };
    return this.#loaded!.start(transcript ? { ...start, transcript } : start);
  }

  #state(): SessionState {
    const session = this.#live;
    // What is waiting to be sent is in `printed`, too.
    this.#outputs.clear();
    return {
      terminals: session.terminals().map(({ id, host }) => ({ id, host, printed: this.#reprint(id) })),
      goals: session.goals(),
      hints: session.hints(),
      answerOpened: session.answerOpened,
      files: session.files(),
      prediction: session.prediction,
      diagnostics: session.diagnostics(),
    };
  }

  #collect(terminal: number, bytes: Uint8Array): void {
    const pending = this.#outputs.get(terminal);
    if (pending) pending.push(bytes);
    else this.#outputs.set(terminal, [bytes]);
    const printed = this.#printed.get(terminal);
    if (printed) printed.push(bytes);
    else this.#printed.set(terminal, [bytes]);
  }

  #reprint(terminal: number): Uint8Array {
    const all = concatBytes(this.#printed.get(terminal) ?? []);
    const kept = all.length > PRINTED_LIMIT ? all.slice(-PRINTED_LIMIT) : all;
    this.#printed.set(terminal, [kept]);
    return kept.slice();
  }

  /** Runs something that takes its own virtual time; the clock of the frames stands still meanwhile. */
  async #hold<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    // If the worker has to be ended meanwhile, nothing that was done before is lost.
    this.#events?.transcript(this.#live.transcript());
    try {
      return await work();
    } finally {
      this.#busy -= 1;
      this.#pacer.skip();
      this.#changed();
      this.#flush();
    }
  }

  #changed(): void {
    this.#lastActivity = this.#environment.now();
    this.#record();
  }

  #run(atLeast: number): void {
    this.#pacer.run((by: Nanos) => this.#live.advance(by), atLeast);
  }

  #schedule(): void {
    const quiet = this.#environment.now() - this.#lastActivity > QUIET_AFTER;
    this.#environment.later(() => this.#frame(), quiet ? QUIET_FRAME : LIVELY_FRAME);
  }

  #frame(): void {
    this.#guard(() => {
      if (!this.#paused && this.#busy === 0) this.#run(0);
      this.#flush();
      if (this.#busy === 0) this.#lookAgain();
      if (this.#busy === 0 && this.#live.takeResetRequest()) this.#events?.resetAsked();
    });
    if (!this.#failed) this.#schedule();
  }

  /** An error that comes out of the running world is ours, not the learner's: the world stops and the page is told. */
  #guard(work: () => void): void {
    if (this.#failed) return;
    try {
      work();
    } catch (error) {
      this.#failed = true;
      this.#events?.failed(error instanceof Error ? error.message : String(error));
    }
  }

  #flush(): void {
    if (this.#outputs.size === 0) return;
    const outputs = [...this.#outputs].map(([terminal, parts]) => ({ terminal, bytes: concatBytes(parts) }));
    this.#outputs.clear();
    this.#events?.frame({ outputs });
    this.#changed();
  }

  /** Sends the record and the goals a moment from now, once for all changes until then. */
  #record(): void {
    if (this.#recordDue) return;
    this.#recordDue = true;
    this.#environment.later(() => {
      this.#recordDue = false;
      if (this.#failed) return;
      if (this.#busy > 0) {
        this.#record();
        return;
      }
      this.#lookAtGoals();
      this.#events?.transcript(this.#live.transcript());
    }, RECORD_AFTER);
  }

  #lookAtGoals(): void {
    this.#goalsAt = this.#environment.now();
    const goals = this.#live.goals();
    const text = JSON.stringify(goals);
    if (text !== this.#goalsSent) this.#events?.frame({ outputs: [], goals });
    this.#goalsSent = text;
  }

  #lookAgain(): void {
    const now = this.#environment.now();
    if (now - this.#goalsAt >= GOALS_EVERY && now - this.#lastActivity <= GOALS_UNTIL) this.#lookAtGoals();
  }
}
