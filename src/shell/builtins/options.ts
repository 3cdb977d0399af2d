/** Options of builtins, read as bash's internal_getopt does. */
import type { Sys } from '../../linux/index.ts';
import { printError, type Shell } from '../state/shell.ts';

export interface ParsedOptions {
  /** Letters in the order given; `value` is null for a letter without argument. */
  readonly given: readonly {
    readonly letter: string;
    readonly value: string | null;
    readonly plus: boolean;
  }[];
  readonly rest: readonly string[];
  has(letter: string): boolean;
  value(letter: string): string | null;
}

/**
 * Reads options `letters` (getopt's notation: a colon after a letter that takes an argument). After a mistake, tells it with
 * the usage and returns null: the status is 2. `plus`: `+x` is an option too.
 */
export function* readOptions(
  shell: Shell,
  name: string,
  synopsis: string,
  letters: string,
  args: readonly string[],
  plus = false,
): Sys<ParsedOptions | null> {
  const given: { letter: string; value: string | null; plus: boolean }[] = [];
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') {
      i++;
      break;
    }
    const isPlus = plus && arg.startsWith('+') && arg.length > 1;
    if ((!arg.startsWith('-') || arg.length < 2) && !isPlus) break;
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at]!;
      const found = letter === ':' ? -1 : letters.indexOf(letter);
      if (found < 0) {
        yield* usageError(shell, name, synopsis, `${arg[0]}${letter}: invalid option`);
        return null;
      }
      if (letters[found + 1] !== ':') {
        given.push({ letter, value: null, plus: isPlus });
        continue;
      }
      const value = at + 1 < arg.length ? arg.slice(at + 1) : args[++i];
      if (value === undefined) {
        yield* usageError(shell, name, synopsis, `-${letter}: option requires an argument`);
        return null;
      }
      given.push({ letter, value, plus: isPlus });
      break;
    }
  }
  return {
    given,
    rest: args.slice(i),
    has: (letter) => given.some((option) => option.letter === letter && !option.plus),
    value: (letter) => given.findLast((option) => option.letter === letter)?.value ?? null,
  };
}

/** `bash: line 1: name: message`, then the usage line. */
export function* usageError(shell: Shell, name: string, synopsis: string, message: string): Sys<void> {
  yield* shell.complain(`${name}: ${message}`);
  yield* printError(`${name}: usage: ${synopsis}\n`);
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function isIdentifier(text: string): boolean {
  return identifier.test(text);
}
