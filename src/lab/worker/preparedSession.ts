/** A session that is built before its page asks for it, up to the prompt of its first terminal. */
import { MILLISECOND } from '../../base/index.ts';
import type { HostedSession, LoadedExercise } from './hosted.ts';
import type { Printed } from './printed.ts';
import type { LabExercise, TerminalSize } from './protocol.ts';

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
  readonly load: () => Promise<LoadedExercise>;
  readonly build: (loaded: LoadedExercise) => Promise<BuiltSession>;
}

export class PreparedSession {
  readonly seed: string;
  #description: LabExercise | null = null;
  #built: Promise<BuiltSession | null>;
  /** Whoever waits for it opens the terminal in their own size. */
  #awaited = false;
  #dropped = false;

  constructor(options: PreparedSessionOptions) {
    this.seed = options.seed;
    this.#built = this.#build(options).catch(() => null);
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

  async #build({ seed, load, build }: PreparedSessionOptions): Promise<BuiltSession | null> {
    const loaded = await load();
    // Meanwhile the page may have asked for something else.
    if (this.#dropped) return null;
    this.#description = loaded.description(seed);
    const built = await build(loaded);
    const [host] = this.#description.hosts;
    if (this.#awaited || !host) return built;
    built.session.openTerminal(host, USUAL_SIZE);
    for (let passed = 0; passed < UNTIL_PROMPT; passed++) built.session.advance(MILLISECOND);
    return built;
  }
}
