/**
 * The worker's side: one exercise session, run in step with real time. It knows neither the DOM nor comlink, so it runs in a test as it
 * runs in the worker. Keys are recorded and answered at once; what the world prints is collected and sent once a frame.
 */
import type { Nanos } from '../../base/index.ts';
import type { HostedSession, LoadedExercise } from './hosted.ts';
import { CODE_UNREACHABLE, LaterCode, toldWhenLong } from './laterCode.ts';
import { Pacer } from './pace.ts';
import { type BuiltSession, PreparedSession, USUAL_SIZE } from './preparedSession.ts';
import { Printed } from './printed.ts';
import type {
  LabEvents,
  LabExercise,
  LabWorker,
  OpenRequest,
  OpenResult,
  Prediction,
  ReplayProblem,
  SessionState,
  TerminalSize,
  TerminalState,
  Transcript,
} from './protocol.ts';

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
/** The longest that the worker answers nobody while it checks or replays, as far as single checks and inputs let it, in milliseconds. */
const BREATH = 100;
/** Virtual milliseconds run at once after a key, so that its echo does not wait for a frame. */
const ECHO_STEPS = 2;

export class SessionHost implements LabWorker {
  #environment: HostEnvironment;
  #pacer: Pacer;
  #commands: LaterCode;
  #events: LabEvents | null = null;
  #session: HostedSession | null = null;
  #loaded: LoadedExercise | null = null;
  #description!: LabExercise;
  /** A session that may be asked for. */
  #prepared: PreparedSession | null = null;
  #size = USUAL_SIZE;
  #printed = new Printed();
  #paused = false;
  /** Checks and saves await; no virtual time passes meanwhile. */
  #busy = 0;
  #lastActivity = 0;
  #breathed = 0;
  #recordDue = false;
  /** Calls of `input` since the session was opened that have come to it. */
  #typed = 0;
  #goalsSent = '';
  #goalsAt = 0;
  #failed = false;

  constructor(environment: HostEnvironment) {
    this.#environment = environment;
    this.#pacer = new Pacer(environment.now);
    this.#commands = new LaterCode(environment.loadCommands ?? null);
  }

  /**
   * Builds the session that is opened next if it is a new one of this seed, or the one of this record. Whatever is wrong with it is told
   * when it is opened.
   */
  prepare(exerciseId: string, seed: string, transcript?: Transcript): void {
    this.#prepared?.drop();
    this.#prepared = new PreparedSession({
      seed,
      transcript,
      load: async () => (this.#loaded = await this.#environment.loadExercise(exerciseId)),
      build: async (loaded) => {
        if (transcript) await this.#commands.ready();
        return this.#build(loaded, seed, transcript);
      },
    });
  }

  async open(request: OpenRequest, events: LabEvents): Promise<OpenResult> {
    this.#events = events;
    this.#typed = 0;
    const loaded = (this.#loaded ??= await this.#environment.loadExercise(request.exerciseId));
    const prepared = this.#takePrepared(request);
    this.#description = prepared?.description ?? loaded.description(request.seed);
    this.#size = request.size;
    const { problem } = await this.#start(request, loaded, prepared);
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
    return { id, host, printed: this.#printed.redraw(id) };
  }

  input(terminal: number, data: string): void {
    if (this.#commands.hold({ terminal, data })) void this.#inputWithCode(terminal);
    else this.#type(terminal, data);
  }

  /** What was held is typed when the code is there. */
  async #inputWithCode(terminal: number): Promise<void> {
    try {
      const tell = (on: boolean) => this.#events?.fetching(on ? 'the commands' : null);
      await this.#hold(() => toldWhenLong(this.#commands.ready(), this.#environment.later, tell));
    } catch {
      this.#printed.add(terminal, CODE_UNREACHABLE);
      this.#flush();
      return;
    }
    for (const held of this.#commands.release()) this.#type(held.terminal, held.data);
  }

  #type(terminal: number, data: string): void {
    this.#typed++;
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
    this.#printed.forget(terminal);
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

  async #start(
    request: OpenRequest,
    loaded: LoadedExercise,
    prepared: PreparedSession | null,
  ): Promise<{ problem: ReplayProblem | null }> {
    let problem: ReplayProblem | null = null;
    if (request.transcript) {
      this.#events?.progress('Replaying your session, key by key, so that everything is as you left it');
      // Without it no record can be replayed; that is no fault of the record.
      await this.#commands.ready();
      try {
        this.#take((await prepared?.take()) ?? (await this.#build(loaded, request.seed, request.transcript)));
        return { problem };
      } catch (error) {
        // Whatever is wrong with a stored record, it ends here; the same fault in a new session would show below.
        problem = { message: error instanceof Error ? error.message : String(error) };
      }
    }
    this.#events?.progress('Building the world of the exercise');
    const session = this.#take((await prepared?.take()) ?? (await this.#build(loaded, request.seed)));
    for (const [name, content] of Object.entries(request.files ?? {})) {
      if (name in session.files() && session.files()[name] !== content) await session.saveFile(name, content);
    }
    this.#openFirst();
    return { problem };
  }

  /** A world that has just begun has no terminal yet; one that was prepared has one of the usual size. */
  #openFirst(): void {
    const [host] = this.#description.hosts;
    const [first] = this.#live.terminals();
    const { cols, rows } = this.#size;
    if (first) {
      if (cols !== USUAL_SIZE.cols || rows !== USUAL_SIZE.rows) this.#live.resize(first.id, this.#size);
    } else if (host) {
      this.#live.openTerminal(host, this.#size);
      this.#run(ECHO_STEPS);
    }
  }

  /** The session that was prepared, if it is the one that is asked for; for another one there is no use any more. */
  #takePrepared(request: OpenRequest): PreparedSession | null {
    const prepared = this.#prepared;
    this.#prepared = null;
    if (prepared?.is(request)) return prepared;
    prepared?.drop();
    return null;
  }

  #take({ session, printed }: BuiltSession): HostedSession {
    this.#session = session;
    this.#printed = printed;
    return session;
  }

  async #build(loaded: LoadedExercise, seed: string, transcript?: Transcript): Promise<BuiltSession> {
    const printed = new Printed();
    const onOutput = (terminal: number, bytes: Uint8Array) => printed.add(terminal, bytes);
    const onProgress = (done: number, total: number) =>
      this.#events?.progress(`Check ${done + 1} of ${total}`);
    const start = { seed, onOutput, onProgress, breathe: () => this.#breathe() };
    const session = await loaded.start(transcript ? { ...start, transcript } : start);
    return { session, printed };
  }

  #state(): SessionState {
    const session = this.#live;
    const printed = this.#printed;
    return {
      terminals: session.terminals().map(({ id, host }) => ({ id, host, printed: printed.redraw(id) })),
      goals: session.goals(),
      hints: session.hints(),
      answerOpened: session.answerOpened,
      files: session.files(),
      prediction: session.prediction,
      diagnostics: session.diagnostics(),
    };
  }

  /** Runs something that takes its own virtual time; the clock of the frames stands still meanwhile. */
  async #hold<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    // If the worker has to be ended meanwhile, nothing that was done before is lost.
    this.#events?.transcript(this.#live.transcript(), this.#typed);
    try {
      return await work();
    } finally {
      this.#busy -= 1;
      this.#pacer.skip();
      this.#changed();
      this.#flush();
    }
  }

  /** Lets the worker answer what has come, the question for a sign of life above all: on a slow machine a check takes longer than that may. */
  async #breathe(): Promise<void> {
    if (this.#environment.now() - this.#breathed < BREATH) return;
    await new Promise<void>((resolve) => this.#environment.later(resolve, 0));
    this.#breathed = this.#environment.now();
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
    const outputs = this.#printed.takeUnsent();
    if (outputs.length === 0) return;
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
      this.#events?.transcript(this.#live.transcript(), this.#typed);
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
