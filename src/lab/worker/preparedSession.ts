/** A session that is built before its page asks for it: a new one up to the prompt of its first terminal, another one to where its record ends. */
import { MILLISECOND } from '../../base/index.ts';
import type { HostedSession, LoadedExercise } from './hosted.ts';
import type { Printed } from './printed.ts';
import type { LabExercise, OpenRequest, TerminalSize, Transcript } from './protocol.ts';

/** The size that a terminal has before its page knows better. */
export const USUAL_SIZE: TerminalSize = { cols: 80, rows: 24 };
/** Virtual milliseconds in which a shell has printed its prompt. */
const UNTIL_PROMPT = 20;

export interface BuiltSession {
  readonly session: HostedSession;
  readonly printed: Printed;
}

export interface PreparedSessionOptions {
  readonly seed: string;
  /** Of the session, when it has been worked in before. */
  readonly transcript?: Transcript | undefined;
  readonly load: () => Promise<LoadedExercise>;
  readonly build: (loaded: LoadedExercise) => Promise<BuiltSession>;
}

export class PreparedSession {
  readonly #options: PreparedSessionOptions;
  #description: LabExercise | null = null;
  #built: Promise<BuiltSession | null>;
  /** Whoever waits for it opens the terminal in their own size. */
  #awaited = false;
  #dropped = false;

  constructor(options: PreparedSessionOptions) {
    this.#options = options;
    this.#built = this.#build(options).catch(() => null);
  }

  /** Whether it is what is asked for: the seed's new session, or where this very record leads. */
  is({ seed, transcript }: Pick<OpenRequest, 'seed' | 'transcript'>): boolean {
    const { seed: own, transcript: record } = this.#options;
    return own === seed && JSON.stringify(record) === JSON.stringify(transcript);
  }

  /** Of its exercise, as soon as that is loaded. */
  get description(): LabExercise | null {
    return this.#description;
  }

  /** The session as far as it has come; null when it could not be built, whose reason the next try will tell. */
  take(): Promise<BuiltSession | null> {
    this.#awaited = true;
    return this.#built;
  }

  /** It is not needed: what is not begun yet is left. */
  drop(): void {
    this.#awaited = true;
    this.#dropped = true;
  }

  async #build({ seed, transcript, load, build }: PreparedSessionOptions): Promise<BuiltSession | null> {
    const loaded = await load();
    // Meanwhile the page may have asked for something else.
    if (this.#dropped) return null;
    this.#description = loaded.description(seed);
    const built = await build(loaded);
    const [host] = this.#description.hosts;
    if (this.#awaited || transcript || !host) return built;
    built.session.openTerminal(host, USUAL_SIZE);
    for (let passed = 0; passed < UNTIL_PROMPT; passed++) built.session.advance(MILLISECOND);
    return built;
  }
}
