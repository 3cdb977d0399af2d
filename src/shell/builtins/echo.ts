/** echo and printf. */
import type { Sys } from '../../linux/index.ts';
import { assignVariable } from '../state/assign.ts';
import { printError, type Shell } from '../state/shell.ts';
import { decodeEscapes } from '../syntax/ansiC.ts';
import { normalizeText } from '../text.ts';
import { isIdentifier, readOptions } from './options.ts';
import { formatPrintf } from './printf.ts';
import type { BuiltinTable } from './types.ts';

/** What echo prints; `xpg`: escapes are decoded without -e. */
export function echoText(args: readonly string[], xpg: boolean): string {
  let newline = true;
  let escapes = xpg;
  let first = 0;
  for (; first < args.length && /^-[neE]+$/.test(args[first]!); first++) {
    for (const letter of args[first]!.slice(1)) {
      if (letter === 'n') newline = false;
      else escapes = letter === 'e';
    }
  }
  let text = args.slice(first).join(' ');
  if (escapes) {
    const decoded = decodeEscapes(text, 'echo');
    text = decoded.text;
    if (decoded.stop) newline = false;
  }
  return newline ? `${text}\n` : text;
}

function* printf(shell: Shell, args: readonly string[]): Sys<number> {
  const { synopsis } = echoBuiltins.printf!;
  const options = yield* readOptions(shell, 'printf', synopsis, 'v:', args);
  if (options === null) return 2;
  const [format, ...values] = options.rest;
  const variable = options.value('v');
  if (format === undefined) {
    yield* printError(`printf: usage: ${synopsis}\n`);
    return 2;
  }
  if (variable !== null && !isIdentifier(variable.replace(/\[.*\]$/, ''))) {
    yield* shell.complain(`printf: \`${variable}': not a valid identifier`);
    return 2;
  }
  yield* shell.refreshClock();
  const result = formatPrintf(format, values, { now: shell.clock.sec });
  if (variable === null) yield* shell.print(result.text);
  else {
    const [, name, index] = /^(\w+)(?:\[(.*)\])?$/s.exec(variable)!;
    assignVariable(shell, name!, index ?? null, normalizeText(result.text));
  }
  for (const message of result.warnings) yield* shell.complain(`printf: warning: ${message}`);
  for (const message of result.errors) yield* shell.complain(`printf: ${message}`);
  return result.errors.length > 0 ? 1 : 0;
}

export const echoBuiltins: BuiltinTable = {
  echo: {
    synopsis: 'echo [-neE] [arg ...]',
    summary: 'Prints its arguments.',
    *run(shell, args) {
      yield* shell.print(echoText(args, shell.options.shopt('xpg_echo')));
      return 0;
    },
  },
  printf: {
    synopsis: 'printf [-v var] format [arguments]',
    summary: 'Prints its arguments under the control of a format.',
    *run(shell, args) {
      return yield* printf(shell, args);
    },
  },
};
