/** alias, unalias, type, command, builtin, hash. */
import type { Sys } from '../../linux/index.ts';
import { findProgram, isExecutable, STANDARD_PATH, searchPath } from '../exec/find.ts';
import { backslashQuote, quoteWord } from '../expand/quote.ts';
import type { Shell } from '../state/shell.ts';
import { compareText } from '../state/variables.ts';
import { isReservedWord } from '../syntax/parser.ts';
import { printFunction } from '../syntax/print.ts';
import { readOptions } from './options.ts';
import type { BuiltinTable } from './types.ts';

function* alias(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'alias', table.alias!.synopsis, 'p', args);
  if (options === null) return 2;
  const show = (name: string) => `alias ${name}=${quoteWord(shell.aliases.get(name)!, true)}\n`;
  if (options.rest.length === 0) {
    yield* shell.print([...shell.aliases.keys()].sort(compareText).map(show).join(''));
    return 0;
  }
  let status = 0;
  for (const argument of options.rest) {
    const equals = argument.indexOf('=');
    if (equals > 0) shell.aliases.set(argument.slice(0, equals), argument.slice(equals + 1));
    else if (shell.aliases.has(argument)) yield* shell.print(show(argument));
    else {
      yield* shell.complain(`alias: ${argument}: not found`);
      status = 1;
    }
  }
  return status;
}

function* unalias(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'unalias', table.unalias!.synopsis, 'a', args);
  if (options === null) return 2;
  if (options.has('a')) shell.aliases.clear();
  let status = 0;
  for (const name of options.rest) {
    if (shell.aliases.delete(name)) continue;
    yield* shell.complain(`unalias: ${name}: not found`);
    status = 1;
  }
  return status;
}

interface Meaning {
  readonly kind: 'alias' | 'keyword' | 'function' | 'builtin' | 'file';
  readonly detail: string;
}

/** All that `name` means as a command, in the order in which it is looked up. */
function* meanings(shell: Shell, name: string, path: string): Sys<Meaning[]> {
  const found: Meaning[] = [];
  const aliasText = shell.aliases.get(name);
  if (aliasText !== undefined && shell.options.shopt('expand_aliases'))
    found.push({ kind: 'alias', detail: aliasText });
  if (isReservedWord(name)) found.push({ kind: 'keyword', detail: name });
  if (shell.functions.has(name)) found.push({ kind: 'function', detail: name });
  if (shell.evaluator.builtinNames().includes(name)) found.push({ kind: 'builtin', detail: name });
  const files = name.includes('/')
    ? (yield* isExecutable(name))
      ? [name]
      : []
    : yield* searchPath(name, path);
  for (const file of files) found.push({ kind: 'file', detail: file });
  return found;
}

function describeOne(shell: Shell, name: string, { kind, detail }: Meaning): string {
  switch (kind) {
    case 'alias':
      return `${name} is aliased to \`${detail}'\n`;
    case 'keyword':
      return `${name} is a shell keyword\n`;
    case 'function':
      return `${name} is a function\n${printFunction(shell.functions.get(name)!)}\n`;
    case 'builtin':
      return `${name} is a shell builtin\n`;
    case 'file':
      return shell.hashed.get(name)?.path === detail
        ? `${name} is hashed (${detail})\n`
        : `${name} is ${detail}\n`;
  }
}

function* type(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'type', table.type!.synopsis, 'afptP', args);
  if (options === null) return 2;
  let status = 0;
  for (const name of options.rest) {
    let found = yield* meanings(shell, name, shell.variables.get('PATH') ?? '');
    if (options.has('f')) found = found.filter(({ kind }) => kind !== 'function');
    if (options.has('P')) found = found.filter(({ kind }) => kind === 'file');
    if (!options.has('a')) found = found.slice(0, 1);
    if (found.length === 0) {
      status = 1;
      if (!options.has('t') && !options.has('p') && !options.has('P'))
        yield* shell.complain(`type: ${name}: not found`);
      continue;
    }
    const lines = found.map((meaning) => {
      if (options.has('t')) return `${meaning.kind}\n`;
      if (options.has('p') || options.has('P')) return meaning.kind === 'file' ? `${meaning.detail}\n` : '';
      return describeOne(shell, name, meaning);
    });
    yield* shell.print(lines.join(''));
  }
  return status;
}

function* command(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'command', table.command!.synopsis, 'pvV', args);
  if (options === null) return 2;
  const { rest } = options;
  if (!options.has('v') && !options.has('V')) {
    return yield* shell.evaluator.words(shell, rest, {
      functions: false,
      programs: true,
      standardPath: options.has('p'),
    });
  }
  const path = options.has('p') ? STANDARD_PATH : (shell.variables.get('PATH') ?? '');
  let missing = 0;
  for (const name of rest) {
    const [first] = yield* meanings(shell, name, path);
    if (first === undefined) {
      missing++;
      if (options.has('V')) yield* shell.complain(`command: ${name}: not found`);
    } else if (options.has('V')) yield* shell.print(describeOne(shell, name, first));
    else if (first.kind === 'alias') yield* shell.print(`alias ${name}=${quoteWord(first.detail, true)}\n`);
    else yield* shell.print(`${first.detail}\n`);
  }
  return missing === rest.length && missing > 0 ? 1 : 0;
}

function* hash(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'hash', table.hash!.synopsis, 'dlp:rt', args);
  if (options === null) return 2;
  if (options.has('r')) shell.hashed.clear();
  if (options.rest.length === 0) {
    if (options.given.length > 0 && !options.has('l')) return 0;
    yield* listHashed(shell, options.has('l'));
    return 0;
  }
  let status = 0;
  for (const name of options.rest) {
    const path = options.value('p');
    if (options.has('d')) {
      if (!shell.hashed.delete(name)) status = 1;
    } else if (path !== null) shell.hashed.set(name, { path, hits: 0 });
    else if (options.has('t') && shell.hashed.has(name)) {
      const prefix = options.rest.length > 1 ? `${name}\t` : '';
      yield* shell.print(`${prefix}${shell.hashed.get(name)!.path}\n`);
      continue;
    } else {
      shell.hashed.delete(name);
      if (options.has('t') || (yield* findProgram(shell, name)) === null) status = 1;
      else {
        const entry = shell.hashed.get(name);
        if (entry !== undefined) entry.hits = 0;
      }
    }
    if (status === 1) yield* shell.complain(`hash: ${name}: not found`);
  }
  return status;
}

function* listHashed(shell: Shell, reusable: boolean): Sys<void> {
  const entries = [...shell.hashed];
  if (entries.length === 0) {
    yield* shell.print(reusable ? '' : 'hash: hash table empty\n');
    return;
  }
  const lines = entries.map(([name, { path, hits }]) =>
    reusable ? `builtin hash -p ${backslashQuote(path)} ${name}\n` : `${String(hits).padStart(4)}\t${path}\n`,
  );
  yield* shell.print((reusable ? '' : 'hits\tcommand\n') + lines.join(''));
}

const table: BuiltinTable = {
  alias: {
    synopsis: 'alias [-p] [name[=value] ... ]',
    summary: 'Defines or lists aliases.',
    *run(shell, args) {
      return yield* alias(shell, args);
    },
  },
  unalias: {
    synopsis: 'unalias [-a] name [name ...]',
    summary: 'Removes aliases.',
    *run(shell, args) {
      return yield* unalias(shell, args);
    },
  },
  type: {
    synopsis: 'type [-afptP] name [name ...]',
    summary: 'Tells what a name means as a command.',
    *run(shell, args) {
      return yield* type(shell, args);
    },
  },
  command: {
    synopsis: 'command [-pVv] command [arg ...]',
    summary: 'Runs a command, leaving functions aside, or tells what it is.',
    *run(shell, args) {
      return yield* command(shell, args);
    },
  },
  builtin: {
    synopsis: 'builtin [shell-builtin [arg ...]]',
    summary: 'Runs a builtin, leaving functions aside.',
    *run(shell, args) {
      return yield* shell.evaluator.words(shell, args, {
        functions: false,
        programs: false,
        standardPath: false,
      });
    },
  },
  hash: {
    synopsis: 'hash [-lr] [-p pathname] [-dt] [name ...]',
    summary: 'Shows or changes the remembered paths of programs.',
    *run(shell, args) {
      return yield* hash(shell, args);
    },
  },
};

export const nameBuiltins = table;
