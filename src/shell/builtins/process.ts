/** umask, times, getopts. */
import { SECOND } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import { assignVariable } from '../state/assign.ts';
import { printError, type Shell } from '../state/shell.ts';
import { readOptions } from './options.ts';
import type { BuiltinTable } from './types.ts';
import { ulimit } from './ulimit.ts';

function* umask(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'umask', table.umask!.synopsis, 'pS', args);
  if (options === null) return 2;
  const mask = yield* sys.umask(0);
  yield* sys.umask(mask);
  const [text] = options.rest;
  if (text === undefined) {
    const shown = options.has('S') ? symbolicMask(mask) : mask.toString(8).padStart(4, '0');
    yield* shell.print(`${options.has('p') ? `umask ${options.has('S') ? '-S ' : ''}` : ''}${shown}\n`);
    return 0;
  }
  if (/^\d/.test(text)) {
    if (!/^[0-7]{1,4}$/.test(text)) {
      yield* shell.complain(`umask: ${text}: octal number out of range`);
      return 1;
    }
    yield* sys.umask(Number.parseInt(text, 8) & 0o777);
    return 0;
  }
  const changed = parseSymbolicMask(text, mask);
  if (changed === null) {
    const [, bad, kind] = /^[ugoa]*(?:([^-+=ugoa])|[-+=][rwx]*([^rwx,]))/.exec(text) ?? [];
    yield* shell.complain(
      `umask: \`${bad ?? kind ?? text[0]}': invalid symbolic mode ${bad === undefined ? 'character' : 'operator'}`,
    );
    return 1;
  }
  yield* sys.umask(changed);
  return 0;
}

function symbolicMask(mask: number): string {
  return [6, 3, 0]
    .map((shift, i) => {
      const bits = (~mask >> shift) & 7;
      return `${'ugo'[i]}=${bits & 4 ? 'r' : ''}${bits & 2 ? 'w' : ''}${bits & 1 ? 'x' : ''}`;
    })
    .join(',');
}

function parseSymbolicMask(text: string, mask: number): number | null {
  let allowed = ~mask & 0o777;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)([-+=])([rwx]*)$/.exec(clause);
    if (match === null) return null;
    const [, who, operator, letters] = match;
    const bits = [...letters!].reduce(
      (sum, letter) => sum | { r: 4, w: 2, x: 1 }[letter as 'r' | 'w' | 'x'],
      0,
    );
    const groups = who === '' || who!.includes('a') ? 'ugo' : who!;
    for (const group of groups) {
      const shift = { u: 6, g: 3, o: 0 }[group as 'u' | 'g' | 'o'];
      if (operator === '=') allowed &= ~(7 << shift);
      if (operator === '-') allowed &= ~(bits << shift);
      else allowed |= bits << shift;
    }
  }
  return ~allowed & 0o777;
}

function* times(shell: Shell): Sys<number> {
  const { self, children } = yield* sys.times();
  const show = (nanos: number) => {
    const seconds = nanos / SECOND;
    return `${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(3)}s`;
  };
  yield* shell.print(`${show(self)} 0m0.000s\n${show(children)} 0m0.000s\n`);
  return 0;
}

function* getopts(shell: Shell, args: readonly string[]): Sys<number> {
  const [specification, name, ...given] = args;
  if (specification === undefined || name === undefined) {
    yield* printError(`getopts: usage: ${table.getopts!.synopsis}\n`);
    return 2;
  }
  const words = args.length > 2 ? given : shell.positional;
  const index = Number(shell.variables.get('OPTIND') ?? '1') || 1;
  const quiet = specification.startsWith(':') || shell.variables.get('OPTERR') === '0';
  const finish = (letter: string, argument: string | null, next: number, offset: number) => {
    assignVariable(shell, 'OPTIND', null, String(next));
    shell.getoptsOffset = offset;
    if (argument === null) shell.variables.unset('OPTARG');
    else assignVariable(shell, 'OPTARG', null, argument);
    assignVariable(shell, name, null, letter);
  };
  const offset = shell.getoptsOffset || 1;
  const word = words[index - 1];
  if (word === undefined || !/^-./s.test(word) || word === '--') {
    finish('?', null, word === '--' ? index + 1 : index, 0);
    return 1;
  }
  const letter = word[offset]!;
  const atEnd = offset + 1 >= word.length;
  const next = atEnd ? index + 1 : index;
  const found = letter === ':' ? -1 : specification.replace(/^:/, '').indexOf(letter);
  if (found < 0) {
    finish('?', specification.startsWith(':') ? letter : null, next, atEnd ? 0 : offset + 1);
    if (!quiet) yield* printError(`${shell.name}: illegal option -- ${letter}\n`);
    return 0;
  }
  if (specification.replace(/^:/, '')[found + 1] !== ':') {
    finish(letter, null, next, atEnd ? 0 : offset + 1);
    return 0;
  }
  if (!atEnd) finish(letter, word.slice(offset + 1), index + 1, 0);
  else if (index < words.length) finish(letter, words[index]!, index + 2, 0);
  else {
    const reported = specification.startsWith(':');
    finish(reported ? ':' : '?', reported ? letter : null, index + 1, 0);
    if (!quiet) yield* printError(`${shell.name}: option requires an argument -- ${letter}\n`);
  }
  return 0;
}

const table: BuiltinTable = {
  umask: {
    synopsis: 'umask [-p] [-S] [mode]',
    summary: 'Shows or sets the file mode creation mask.',
    *run(shell, args) {
      return yield* umask(shell, args);
    },
  },
  ulimit: {
    synopsis: 'ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]',
    summary: 'Shows or sets resource limits.',
    *run(shell, args) {
      return yield* ulimit(shell, table.ulimit!.synopsis, args);
    },
  },
  times: {
    synopsis: 'times',
    summary: 'Prints the processor time of the shell and its children.',
    *run(shell) {
      return yield* times(shell);
    },
  },
  getopts: {
    synopsis: 'getopts optstring name [arg ...]',
    summary: 'Reads options one by one.',
    *run(shell, args) {
      return yield* getopts(shell, args);
    },
  },
};

export const processBuiltins = table;
