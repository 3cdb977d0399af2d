/** set and shopt. */
import type { Sys } from '../../linux/index.ts';
import {
  letterRefusal,
  optionByLetter,
  type SetOption,
  type ShoptOption,
  setOptionNames,
  setRefusal,
  shoptNames,
  shoptRefusal,
} from '../state/options.ts';
import { printError, type Shell } from '../state/shell.ts';
import { readOptions } from './options.ts';
import type { BuiltinTable } from './types.ts';
import { listAll } from './variables.ts';

function isSetOption(name: string): name is SetOption {
  return (setOptionNames as readonly string[]).includes(name);
}

function isShopt(name: string): name is ShoptOption {
  return (shoptNames as readonly string[]).includes(name);
}

function onOff(on: boolean): string {
  return on ? 'on' : 'off';
}

function* listSetOptions(shell: Shell, reusable: boolean): Sys<void> {
  const lines = setOptionNames.map((name) =>
    reusable
      ? `set ${shell.options.has(name) ? '-' : '+'}o ${name}\n`
      : `${name.padEnd(15)}\t${onOff(shell.options.has(name))}\n`,
  );
  yield* shell.print(lines.join(''));
}

/**
 * Applies `-eux`, `-o name`, `--` and positional parameters. Returns the status, or the arguments that are left when there
 * are any (also for the options of the shell's own command line).
 */
export function* applySetArguments(
  shell: Shell,
  args: readonly string[],
): Sys<{ status: number; rest: readonly string[] | null }> {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') return { status: 0, rest: args.slice(i + 1) };
    if (arg === '-') {
      shell.options.set('xtrace', false);
      shell.options.set('verbose', false);
      return { status: 0, rest: i + 1 < args.length ? args.slice(i + 1) : null };
    }
    if (!/^[+-]./.test(arg)) return { status: 0, rest: args.slice(i) };
    const on = arg.startsWith('-');
    for (const letter of arg.slice(1)) {
      if (letter === 'o') {
        const name = args[++i];
        if (name === undefined) yield* listSetOptions(shell, !on);
        else if (isSetOption(name)) shell.options.set(name, on);
        else {
          yield* shell.complain(`set: ${name}: ${setRefusal(name)}`);
          return { status: 2, rest: null };
        }
        continue;
      }
      const option = optionByLetter(letter);
      if (option === undefined) {
        const why = letterRefusal(letter);
        yield* shell.complain(`set: ${arg[0]}${letter}: ${why}`);
        if (why === 'invalid option') yield* printError(`set: usage: ${table.set!.synopsis}\n`);
        return { status: 2, rest: null };
      }
      shell.options.set(option, on);
    }
  }
  return { status: 0, rest: null };
}

function* set(shell: Shell, args: readonly string[]): Sys<number> {
  if (args.length === 0) return yield* listAll(shell);
  const { status, rest } = yield* applySetArguments(shell, args);
  if (rest !== null) shell.positional = [...rest];
  return status;
}

function* shopt(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'shopt', table.shopt!.synopsis, 'pqsuo', args);
  if (options === null) return 2;
  const setting = options.has('s') ? true : options.has('u') ? false : null;
  const all: readonly string[] = options.has('o') ? setOptionNames : shoptNames;
  const isOn = (name: string) =>
    options.has('o') ? shell.options.has(name as SetOption) : shell.options.shopt(name as ShoptOption);
  const names =
    options.rest.length > 0 ? options.rest : all.filter((name) => setting === null || isOn(name) === setting);
  let status = 0;
  let text = '';
  for (const name of names) {
    if (options.has('o') ? !isSetOption(name) : !isShopt(name)) {
      const set = options.has('o') ? setRefusal(name) : null;
      yield* shell.complain(`shopt: ${name}: ${set ?? shoptRefusal(name)}`);
      status = 1;
    } else if (setting !== null && options.rest.length > 0) {
      if (options.has('o')) shell.options.set(name as SetOption, setting);
      else shell.options.setShopt(name as ShoptOption, setting);
    } else {
      if (options.rest.length > 0 && !isOn(name)) status = 1;
      text += options.has('p')
        ? `shopt -${isOn(name) ? 's' : 'u'} ${name}\n`
        : `${name.padEnd(15)}\t${onOff(isOn(name))}\n`;
    }
  }
  if (!options.has('q')) yield* shell.print(text);
  return status;
}

const table: BuiltinTable = {
  set: {
    synopsis: 'set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]',
    summary: 'Sets shell options and positional parameters.',
    *run(shell, args) {
      return yield* set(shell, args);
    },
  },
  shopt: {
    synopsis: 'shopt [-pqsu] [-o] [optname ...]',
    summary: 'Shows and sets further shell options.',
    *run(shell, args) {
      return yield* shopt(shell, args);
    },
  },
};

export const setBuiltins = table;
