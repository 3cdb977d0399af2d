/**
 * A learner's session: the one code path for browser, command line, grader and tests. What is done to it is recorded with its
 * virtual time; the record replays to the same world.
 */
import { assert, encodeUtf8, MILLISECOND, type Nanos } from '../base/index.ts';
import type { HostTerminal, Oops, Program, WindowSize } from '../linux/index.ts';
import type { Sandbox, SandboxFactory } from '../sandbox/index.ts';
import { createWorld, type HostSpec, oopsText, type World } from '../world/index.ts';
import { programOf, reportOf, runCheck, runGoal } from './checking.ts';
import { inPlaces } from './inPlaces.ts';
import { labProgram } from './labCommand.ts';
import { Notices } from './notices.ts';
import { withPatience } from './patience.ts';
import { FORMAT, transcriptDigest } from './transcript.ts';
import type {
  CheckResult,
  Diagnostics,
  Exercise,
  GoalStatus,
  Input,
  LiveHost,
  Prediction,
  Report,
  Submission,
  Transcript,
} from './types.ts';

const SHELL_ENDED = '\r\n[The shell has ended. Press Enter for a new one.]\r\n';

export interface SessionOptions {
  readonly exercise: Exercise;
  readonly seed: string;
  /** Loads the sandbox's WebAssembly; called once. */
  readonly sandbox: () => Promise<SandboxFactory>;
  readonly onOutput?: (terminal: number, bytes: Uint8Array) => void;
  /** Told that the shell of a terminal has ended, in place of the terminal's own line that Enter starts a new one. */
  readonly onShellEnd?: (terminal: number) => void;
  /** Called before each check, so that a page can show how far it is. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Awaited between checks, and between the inputs of a record that is replayed: others may have the processor then, but not the session. */
  readonly breathe?: () => Promise<void>;
  /** Told of every error of the simulation's own, which then ends one process alone and is told in the terminal; without it they are thrown. */
  readonly onOops?: (oops: Oops) => void;
  /** Files that the session starts with instead of the starter's; recorded as saved. */
  readonly files?: Readonly<Record<string, string>>;
}

interface OpenTerminal {
  readonly host: string;
  size: WindowSize;
  terminal: HostTerminal;
  /** The shell has ended and the learner was told: Enter starts a new one. */
  ended: boolean;
}

export class Session {
  readonly exercise: Exercise;
  readonly seed: string;
  readonly #options: SessionOptions;
  readonly #factory: SandboxFactory;
  #world!: World;
  #start: Nanos = 0;
  readonly #notices = new Notices();
  #terminals = new Map<number, OpenTerminal>();
  #nextTerminal = 1;
  #inputs: Input[] = [];
  #files: Record<string, string> = {};
  #code: Sandbox | null = null;
  /** Whom to tell that there is other code now. */
  #changed: (() => void)[] = [];
  #diagnostics: readonly Diagnostics[] = [];
  #resetAsked = false;
  #settingUp = false;
  #hints = new Set<number>();
  answerOpened = false;
  prediction: Prediction | null = null;

  private constructor(options: SessionOptions, factory: SandboxFactory) {
    this.exercise = options.exercise;
    this.seed = options.seed;
    this.#options = options;
    this.#factory = factory;
  }

  /** Builds the exercise's world from the seed and makes the learner's files live in it. */
  static async start(options: SessionOptions): Promise<Session> {
    const session = new Session(options, await options.sandbox());
    await session.#build();
    for (const [name, content] of Object.entries(options.files ?? {})) await session.saveFile(name, content);
    return session;
  }

  /** Gives back what the session holds outside: its code runs no more. */
  dispose(): void {
    this.#code?.dispose();
    this.#code = null;
  }

  /** Virtual time since the session's start or last reset. */
  get now(): Nanos {
    return this.#world.now - this.#start;
  }

  get world(): World {
    return this.#world;
  }

  /** Lets virtual time pass. */
  advance(by: Nanos): void {
    this.#world.run(this.#world.now + by);
  }

  /** Runs to a virtual time of the session that lies ahead. */
  advanceTo(at: Nanos): void {
    assert(at >= this.now, `session time ${at} lies behind ${this.now}`);
    this.advance(at - this.now);
  }

  /** A login at a new terminal of `host`; returns its number. RangeError when there is no such host. */
  openTerminal(host: string, size: WindowSize): number {
    this.#userAt(host);
    const { rows, cols } = size;
    this.#record({ kind: 'openTerminal', host, size: { rows, cols } });
    const id = this.#nextTerminal++;
    const terminal = this.#login(id, host, { rows, cols }, true);
    this.#terminals.set(id, { host, size: { rows, cols }, terminal, ended: false });
    return id;
  }

  /** Keys, as a terminal sends them. Ignored when the terminal is closed; where the shell has ended, Enter starts a new one. */
  input(terminal: number, data: string): void {
    const open = this.#terminals.get(terminal);
    if (open === undefined || data === '') return;
    this.#record({ kind: 'type', terminal, data });
    this.#notices.begin((bytes) => this.#options.onOutput?.(terminal, bytes));
    const enter = data.indexOf('\r');
    if (!open.ended) open.terminal.input(encodeUtf8(data));
    else if (enter !== -1 && this.#loginAgain(terminal, open))
      open.terminal.input(encodeUtf8(data.slice(enter + 1)));
  }

  resize(terminal: number, size: WindowSize): void {
    const open = this.#terminals.get(terminal);
    if (open === undefined) return;
    const { rows, cols } = size;
    this.#record({ kind: 'resize', terminal, size: { rows, cols } });
    open.size = { rows, cols };
    open.terminal.resize({ rows, cols });
  }

  closeTerminal(terminal: number): void {
    const open = this.#terminals.get(terminal);
    if (open === undefined) return;
    this.#record({ kind: 'closeTerminal', terminal });
    open.terminal.close();
    this.#terminals.delete(terminal);
  }

  terminals(): readonly { readonly id: number; readonly host: string }[] {
    return [...this.#terminals].map(([id, { host }]) => ({ id, host }));
  }

  /** Whether the session on a terminal has ended. */
  terminalClosed(terminal: number): boolean {
    return this.#terminals.get(terminal)?.terminal.closed ?? true;
  }

  /** New text of a file of the learner's: it goes live in the world at once. Returns why it cannot run, if so. */
  async saveFile(name: string, content: string): Promise<readonly Diagnostics[]> {
    if (!this.exercise.files.includes(name)) throw new RangeError(`the exercise has no file ${name}`);
    if (this.#files[name] === content) return this.#diagnostics;
    this.#record({ kind: 'saveFile', name, content });
    this.#files[name] = content;
    await this.#goLive();
    for (const changed of this.#changed) changed();
    return this.#diagnostics;
  }

  files(): Readonly<Record<string, string>> {
    return { ...this.#files };
  }

  diagnostics(): readonly Diagnostics[] {
    return this.#diagnostics;
  }

  predict(answer: Prediction): void {
    this.#record({ kind: 'predict', answer });
    this.prediction = answer;
  }

  /** Opens a hint and returns its text; recorded the first time. */
  openHint(index: number): string {
    const text = this.exercise.hints[index];
    if (text === undefined) throw new RangeError(`the exercise has no hint ${index}`);
    if (!this.#hints.has(index)) this.#record({ kind: 'hint', index });
    this.#hints.add(index);
    return text;
  }

  hints(): readonly string[] {
    return [...this.#hints].sort((a, b) => a - b).map((index) => this.exercise.hints[index]!);
  }

  openAnswer(): void {
    if (!this.answerOpened) this.#record({ kind: 'answer' });
    this.answerOpened = true;
  }

  goals(): GoalStatus[] {
    return this.exercise.goals.map((goal) => ({
      id: goal.id,
      title: goal.title,
      holds: goal.holds(this.#world),
    }));
  }

  /** Runs all checks on the learner's files, and looks at the goals. The world does not change. */
  async check(): Promise<Report> {
    this.#record({ kind: 'check' });
    return this.judge();
  }

  /** A check of a record that is replayed: its result does not matter, only that it was asked for. */
  recordCheck(): void {
    this.#record({ kind: 'check' });
  }

  /** A new world from the same seed; files, prediction and hints stay. Earlier inputs stay in the record. */
  async reset(): Promise<void> {
    this.#record({ kind: 'reset' });
    await this.#build();
  }

  /**
   * Whether `lab reset` was typed since this was last asked. Whoever drives the session then calls {@link reset}, which is recorded: a
   * replay finds it there.
   */
  takeResetRequest(): boolean {
    const asked = this.#resetAsked;
    this.#resetAsked = false;
    return asked;
  }

  transcript(): Transcript {
    return {
      format: FORMAT,
      exercise: this.exercise.id,
      contentHash: this.exercise.contentHash,
      seed: this.seed,
      inputs: [...this.#inputs],
      end: this.now,
    };
  }

  /** The record with a fresh check of where the session stands. */
  async submission(): Promise<Submission> {
    const report = await this.check();
    const transcript = this.transcript();
    return { transcript, report, digest: transcriptDigest(transcript) };
  }

  /** Looks at the files and the world as they are, without recording it. */
  async judge(): Promise<Report> {
    this.advance(0);
    const { checks, goals } = this.exercise;
    const results: CheckResult[] = [];
    for (const check of checks) {
      this.#options.onProgress?.(results.length, checks.length);
      await this.#options.breathe?.();
      results.push(await runCheck(this.exercise, check, this.#files, this.seed, this.#factory));
    }
    const held = goals.map((goal) => runGoal(goal, this.#world));
    return reportOf(results, held, this.#world.hash());
  }

  /** Who sits at the terminals of `host`. RangeError when the exercise has no such host. */
  #userAt(host: string): string {
    const spec = this.exercise.scenario(this.seed).hosts.find(({ name }) => name === host);
    if (spec === undefined) throw new RangeError(`the exercise has no host ${host}`);
    return spec.user ?? 'student';
  }

  #login(id: number, host: string, size: WindowSize, motd: boolean): HostTerminal {
    return this.#world.host(host).openTerminal({
      user: this.#userAt(host),
      size,
      motd,
      onOutput: (bytes) => this.#options.onOutput?.(id, bytes),
      onEnd: () => this.#shellEnded(id),
    });
  }

  #shellEnded(id: number): void {
    const open = this.#terminals.get(id);
    if (open === undefined) return;
    open.ended = true;
    if (this.#options.onShellEnd) this.#options.onShellEnd(id);
    else this.#options.onOutput?.(id, encodeUtf8(SHELL_ENDED));
  }

  /** False when nobody can log in: the host is starting again, or the learner has taken the user out of /etc/passwd. */
  #loginAgain(id: number, open: OpenTerminal): boolean {
    if (!this.#world.host(open.host).booted) {
      this.#options.onOutput?.(
        id,
        encodeUtf8(`\r\n[${open.host} is starting. Press Enter again in a moment.]\r\n`),
      );
      return false;
    }
    try {
      open.terminal = this.#login(id, open.host, open.size, false);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#options.onOutput?.(id, encodeUtf8(`\r\n${error.message}\r\n`));
      return false;
    }
    open.ended = false;
    return true;
  }

  #labProgram(): Program {
    return labProgram({
      goals: () => this.goals(),
      askReset: () => {
        this.#resetAsked = true;
      },
    });
  }

  /** What is due at this moment happens before the input: a replay, which runs up to each input's time, has it in that order too. */
  #record(input: InputWithoutTime): void {
    this.advance(0);
    this.#inputs.push({ at: this.now, ...input } as Input);
  }

  async #build(): Promise<void> {
    if (Object.keys(this.#files).length === 0) this.#files = { ...this.exercise.starter };
    this.#terminals.clear();
    this.#changed = [];
    await this.#goLive();
    const scenario = this.exercise.scenario(this.seed);
    this.#settingUp = true;
    this.#world = createWorld(
      { ...scenario, hosts: scenario.hosts.map((spec) => this.#withCode(spec)) },
      this.seed,
      this.#options.onOops && ((oops) => this.#oops(oops)),
    );
    this.#settingUp = false;
    // Everything that the setup still has to do is done before the learner comes.
    this.#world.run(Math.ceil(this.#world.now / MILLISECOND) * MILLISECOND);
    this.#start = this.#world.now;
    this.#nextTerminal = 1;
  }

  /** A host of the scenario with `lab`, and with the learner's code in its places. */
  #withCode(spec: HostSpec): HostSpec {
    const live: LiveHost = {
      code: () => this.#code,
      host: () => this.#world.host(spec.name),
      settingUp: () => this.#settingUp,
      report: (message) => {
        this.#world?.trace.emit('exercise.fault', spec.name, { message });
        this.#notices.tell(message);
      },
      print: (line) => this.#notices.tell(`printed: ${line}`),
      onChange: (changed) => this.#changed.push(changed),
    };
    return { ...inPlaces(spec, this.exercise, live), programs: new Map([['lab', this.#labProgram()]]) };
  }

  #oops(oops: Oops): void {
    this.#notices.tell(`${oopsText(oops)} (${oops.error})`, 'Virtbook');
    this.#options.onOops!(oops);
  }

  async #goLive(): Promise<void> {
    this.#code?.dispose();
    this.#code = null;
    const made = await this.#factory.create(programOf(this.exercise, this.#files));
    if (made.ok) this.#code = withPatience(made.sandbox);
    this.#diagnostics = made.ok ? [] : made.diagnostics;
  }
}

type InputWithoutTime = Input extends infer I ? (I extends Input ? Omit<I, 'at'> : never) : never;

declare module '../base/trace.ts' {
  interface TraceEvents {
    /** Learner code that runs as part of the system did not answer. */
    'exercise.fault': { message: string };
  }
}
