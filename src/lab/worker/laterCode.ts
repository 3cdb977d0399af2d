/**
 * Code that a session needs only when something is run in it. The prompt is there before; the first key fetches it, and a key that may
 * run something waits for it. No virtual time passes meanwhile, so a session does not depend on how long it took.
 */
import { encodeUtf8 } from '../../base/index.ts';

/** Enter, Tab, and all other control characters but the ones that only move and delete. */
const MAY_RUN = /[\0-\x07\x09-\x1a\x1c-\x1f]/;

/** What a terminal shows when the code cannot be had; no part of the session. */
export const CODE_UNREACHABLE = encodeUtf8(
  '\r\n[The code of the commands could not be loaded. Nothing is lost: press Enter to try again.]\r\n',
);

/** A reader who waits for code is told after so many milliseconds. */
const TOLD_AFTER = 1000;

/** Waits for `coming`; `tell` is called with true when that takes long, and then with false at its end. */
export async function toldWhenLong(
  coming: Promise<void>,
  later: (task: () => void, milliseconds: number) => void,
  tell: (waiting: boolean) => void,
): Promise<void> {
  let told = false;
  let there = false;
  later(() => {
    if (there) return;
    told = true;
    tell(true);
  }, TOLD_AFTER);
  try {
    await coming;
  } finally {
    there = true;
    if (told) tell(false);
  }
}

export interface TerminalInput {
  readonly terminal: number;
  readonly data: string;
}

export class LaterCode {
  readonly #load: (() => Promise<unknown>) | null;
  #loading: Promise<unknown> | null = null;
  #there: boolean;
  /** Input that waits, in its order. */
  #held: TerminalInput[] = [];

  /** `load` is null where all code is there from the start. */
  constructor(load: (() => Promise<unknown>) | null) {
    this.#load = load;
    this.#there = load === null;
  }

  /** Resolves when the code is there; rejects when it cannot be had, and then can be asked again. */
  async ready(): Promise<void> {
    if (this.#there || this.#load === null) return;
    this.#loading ??= this.#load();
    try {
      await this.#loading;
      this.#there = true;
    } catch (error) {
      this.#loading = null;
      throw error;
    }
  }

  /** Whether this input, or one before it, has to wait for {@link ready}. Input that waits is kept for {@link release}. */
  hold(input: TerminalInput): boolean {
    if (this.#there) return false;
    if (this.#held.length === 0 && !MAY_RUN.test(input.data)) {
      // Nobody waits for it yet; whoever will is told what goes wrong.
      this.ready().catch(() => {});
      return false;
    }
    this.#held.push(input);
    return true;
  }

  /** The input that waited, in its order. */
  release(): TerminalInput[] {
    return this.#held.splice(0);
  }
}
