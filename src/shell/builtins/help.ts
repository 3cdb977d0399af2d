/** help and history. */
import { isOsError } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import { Pattern } from '../expand/pattern.ts';
import { formatTime } from '../expand/strftime.ts';
import type { Shell } from '../state/shell.ts';
import { compareText } from '../state/variables.ts';
import { readOptions } from './options.ts';
import type { Builtin, BuiltinTable } from './types.ts';

/** The table of all builtins is handed in, because help is in it. */
export function helpBuiltins(all: () => ReadonlyMap<string, Builtin>): BuiltinTable {
  function* help(shell: Shell, args: readonly string[]): Sys<number> {
    const options = yield* readOptions(shell, 'help', table.help!.synopsis, 'ds', args);
    if (options === null) return 2;
    const names = [...all().keys()].sort(compareText);
    if (options.rest.length === 0) {
      const lines = names.map((name) => ` ${all().get(name)!.synopsis}\n`).join('');
      yield* shell.print(
        `These shell commands are defined internally. Type \`help name' to find out more about one of them.\n\n${lines}`,
      );
      return 0;
    }
    let missing = 0;
    for (const text of options.rest) {
      const pattern = new Pattern(text);
      const found = names.filter((name) => pattern.matches(name));
      if (found.length === 0) {
        missing++;
        yield* shell.complain(
          `help: no help topics match \`${text}'.  Try \`help help' or \`man -k ${text}' or \`info ${text}'.`,
        );
      }
      for (const name of found)
        yield* shell.print(describeOne(name, all().get(name)!, options.has('s'), options.has('d')));
    }
    return missing === options.rest.length ? 1 : 0;
  }

  const table: BuiltinTable = {
    help: {
      synopsis: 'help [-dms] [pattern ...]',
      summary: 'Tells about the shell builtins.',
      *run(shell, args) {
        return yield* help(shell, args);
      },
    },
    history: {
      synopsis: 'history [-c] [-d offset] [n] or history -anrw [filename] or history -ps arg [arg...]',
      summary: 'Shows or changes the list of past command lines.',
      *run(shell, args) {
        return yield* history(shell, args, table.history!.synopsis);
      },
    },
  };
  return table;
}

function describeOne(
  name: string,
  { synopsis, summary }: Builtin,
  short: boolean,
  description: boolean,
): string {
  if (description) return `${name} - ${summary}\n`;
  return short ? `${name}: ${synopsis}\n` : `${name}: ${synopsis}\n    ${summary}\n`;
}

function* history(shell: Shell, args: readonly string[], synopsis: string): Sys<number> {
  const options = yield* readOptions(shell, 'history', synopsis, 'acd:nrwps', args);
  if (options === null) return 2;
  const { history: list } = shell;
  if (list === null) return 0;
  const file = options.rest[0] ?? shell.variables.get('HISTFILE');
  try {
    if (options.has('c')) list.clear();
    else if (options.has('w') && file !== undefined) yield* list.write(file);
    else if (options.has('a') && file !== undefined) yield* list.append(file);
    else if ((options.has('r') || options.has('n')) && file !== undefined) yield* list.load(file);
    else if (options.has('s')) list.add(options.rest.join(' '));
    else if (options.has('p')) yield* shell.print(options.rest.map((text) => `${text}\n`).join(''));
    else if (options.value('d') !== null) return yield* remove(shell, options.value('d')!);
    else return yield* listEntries(shell, options.rest[0]);
    return 0;
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* shell.complain(`history: ${file}: cannot access: ${error.message}`);
    return 1;
  }
}

function* remove(shell: Shell, text: string): Sys<number> {
  if (/^-?\d+$/.test(text) && shell.history!.remove(Number(text))) return 0;
  yield* shell.complain(`history: ${text}: history position out of range`);
  return 1;
}

function* listEntries(shell: Shell, count: string | undefined): Sys<number> {
  if (count !== undefined && !/^\d+$/.test(count)) {
    yield* shell.complain(`history: ${count}: numeric argument required`);
    return 1;
  }
  const entries = shell.history!.entries;
  const from = count === undefined ? 0 : Math.max(0, entries.length - Number(count));
  const format = shell.variables.get('HISTTIMEFORMAT');
  const lines = entries.slice(from).map((entry, i) => {
    const number = String(shell.history!.firstNumber + from + i).padStart(5);
    const time = format === undefined ? '' : formatTime(format, entry.time);
    return `${number}  ${time}${entry.text}\n`;
  });
  yield* shell.print(lines.join(''));
  return 0;
}
