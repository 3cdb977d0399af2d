/** Command lines in the style of iproute2: words that follow each other, each of which may be shortened. */
import { isOsError, strerror } from '../../../base/index.ts';
import { type Sys, writeAll } from '../../../linux/index.ts';
import { NetlinkError } from '../../../linux/net/netlink/requests.ts';

/** The command ends here: a message for standard error and an exit status. */
export class Refused extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Refuses what the real tool has and this one has not. */
export function unsimulated(tool: string, what: string): Refused {
  return new Refused(`${tool}: ${what} is not simulated`, 255);
}

export class Words {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  get done(): boolean {
    return this.#at >= this.#words.length;
  }

  get rest(): readonly string[] {
    return this.#words.slice(this.#at);
  }

  peek(): string | null {
    return this.#words[this.#at] ?? null;
  }

  /** The next word, which has to be there (NEXT_ARG). */
  next(): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new Refused('Command line is not complete. Try option "help"', 255);
    return word;
  }

  /** Takes the next word when it is one of `names`. */
  take(...names: readonly string[]): boolean {
    const word = this.peek();
    if (word === null || !names.includes(word)) return false;
    this.#at++;
    return true;
  }
}

/** The first of `names` that `word` is, or is the beginning of: the order decides as in the real tools. */
export function expand(word: string, names: readonly string[]): string | null {
  return names.find((name) => name === word) ?? names.find((name) => name.startsWith(word)) ?? null;
}

/** A whole number as the tools take it, in a range. */
export function numberWord(words: Words, name: string, low: number, high: number): number {
  const text = words.next();
  const value = /^\d+$/.test(text) ? Number(text) : /^0x[0-9a-f]+$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high))
    throw new Refused(`Error: argument "${text}" is wrong: Invalid "${name}" value\n`, 255);
  return value;
}

/** `on` or `off`; anything else ends with `status`. */
export function switchWord(words: Words, name: string, status = 255): boolean {
  const text = words.next();
  if (text !== 'on' && text !== 'off')
    throw new Refused(`Error: argument of "${name}" must be "on" or "off", not "${text}"`, status);
  return text === 'on';
}

/** Runs a command; what the kernel refuses is told in its own words or by its error number, with `status`. */
export function* answering(status: number, body: () => Sys<number>): Sys<number> {
  try {
    return yield* body();
  } catch (error) {
    if (error instanceof Refused) {
      yield* writeAll(2, `${error.message}\n`);
      return error.status;
    }
    if (!isOsError(error) || error.code === 'EPIPE') throw error;
    const words = error instanceof NetlinkError ? `Error: ${error.words}.` : null;
    yield* writeAll(2, `${words ?? `RTNETLINK answers: ${strerror(error.code)}`}\n`);
    return status;
  }
}
