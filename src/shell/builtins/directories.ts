/** cd, pwd, pushd, popd, dirs. */
import { isOsError } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import type { Shell } from '../state/shell.ts';
import { readOptions } from './options.ts';
import type { BuiltinTable } from './types.ts';

/** `path` below `base` with `.`, `..` and empty parts taken out by text: what `cd -L` means. */
export function logicalPath(base: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${base}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function* workingDirectory(shell: Shell): Sys<string> {
  return shell.variables.get('PWD') ?? (yield* sys.getcwd());
}

/** Changes directory and keeps PWD and OLDPWD; null after success, else the message. */
function* changeTo(shell: Shell, path: string, physical: boolean): Sys<string | null> {
  const before = yield* workingDirectory(shell);
  const target = physical ? path : logicalPath(before, path);
  try {
    yield* sys.chdir(target);
  } catch (error) {
    if (!isOsError(error)) throw error;
    return `${path}: ${error.message}`;
  }
  shell.variables.set('OLDPWD', before);
  shell.variables.set('PWD', physical ? yield* sys.getcwd() : target);
  return null;
}

function* cd(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'cd', table.cd!.synopsis, 'LP', args);
  if (options === null) return 2;
  const [argument, ...more] = options.rest;
  if (more.length > 0) {
    yield* shell.complain('cd: too many arguments');
    return 1;
  }
  let path = argument;
  if (path === undefined) {
    path = shell.variables.get('HOME');
    if (path === undefined) {
      yield* shell.complain('cd: HOME not set');
      return 1;
    }
  } else if (path === '-') {
    path = shell.variables.get('OLDPWD');
    if (path === undefined) {
      yield* shell.complain('cd: OLDPWD not set');
      return 1;
    }
  }
  if (path === '') return 0;
  const physical = options.has('P');
  const found =
    argument === undefined || argument === '-' ? null : yield* searchCdPath(shell, path, physical);
  const message = found === null ? yield* changeTo(shell, path, physical) : null;
  if (message !== null) {
    yield* shell.complain(`cd: ${message}`);
    return 1;
  }
  if (argument === '-' || found === 'announced') yield* shell.print(`${shell.variables.get('PWD')}\n`);
  return 0;
}

/** CDPATH: null when the path is to be taken as it is. */
function* searchCdPath(shell: Shell, path: string, physical: boolean): Sys<'announced' | 'done' | null> {
  const cdpath = shell.variables.get('CDPATH');
  if (cdpath === undefined || cdpath === '' || /^(\/|\.\.?(\/|$))/.test(path)) return null;
  for (const directory of cdpath.split(':')) {
    const candidate = directory === '' ? path : `${directory.replace(/\/$/, '')}/${path}`;
    if ((yield* changeTo(shell, candidate, physical)) === null)
      return directory === '' ? 'done' : 'announced';
  }
  return null;
}

function* pwd(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'pwd', table.pwd!.synopsis, 'LP', args);
  if (options === null) return 2;
  const physical = options.given.at(-1)?.letter === 'P';
  yield* shell.print(`${physical ? yield* sys.getcwd() : yield* workingDirectory(shell)}\n`);
  return 0;
}

function* stack(shell: Shell): Sys<string[]> {
  return [yield* workingDirectory(shell), ...shell.directoryStack];
}

function tilde(shell: Shell, path: string): string {
  const home = shell.variables.get('HOME');
  if (home === undefined || home === '' || (path !== home && !path.startsWith(`${home}/`))) return path;
  return `~${path.slice(home.length)}`;
}

function* dirs(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'dirs', table.dirs!.synopsis, 'clpv', args);
  if (options === null) return 2;
  if (options.has('c')) {
    shell.directoryStack = [];
    return 0;
  }
  const all = (yield* stack(shell)).map((path) => (options.has('l') ? path : tilde(shell, path)));
  if (options.has('v'))
    yield* shell.print(all.map((path, i) => `${String(i).padStart(2)}  ${path}\n`).join(''));
  else yield* shell.print(`${all.join(options.has('p') ? '\n' : ' ')}\n`);
  return 0;
}

/** The index that `+n` or `-n` means in a stack of `length`; null when it is no such argument. */
function stackIndex(text: string, length: number): number | null {
  if (!/^[+-]\d+$/.test(text)) return null;
  return text.startsWith('+') ? Number(text) : length - 1 + Number(text);
}

function* pushd(shell: Shell, args: readonly string[]): Sys<number> {
  const all = yield* stack(shell);
  const [argument] = args;
  if (argument === undefined && all.length < 2) {
    yield* shell.complain('pushd: no other directory');
    return 1;
  }
  const index = argument === undefined ? 1 : stackIndex(argument, all.length);
  if (index !== null && (index < 0 || index >= all.length)) {
    yield* shell.complain(`pushd: ${argument}: directory stack index out of range`);
    return 1;
  }
  const rotated =
    index === null
      ? null
      : argument === undefined
        ? [all[1]!, all[0]!, ...all.slice(2)]
        : [...all.slice(index), ...all.slice(0, index)];
  const message = yield* changeTo(shell, rotated?.[0] ?? argument!, false);
  if (message !== null) {
    yield* shell.complain(`pushd: ${message}`);
    return 1;
  }
  shell.directoryStack = rotated === null ? all : rotated.slice(1);
  return yield* dirs(shell, []);
}

function* popd(shell: Shell, args: readonly string[]): Sys<number> {
  const all = yield* stack(shell);
  if (all.length < 2) {
    yield* shell.complain('popd: directory stack empty');
    return 1;
  }
  const index = args[0] === undefined ? 0 : stackIndex(args[0], all.length);
  if (index === null || index < 0 || index >= all.length) {
    yield* shell.complain(
      `popd: ${args[0]}: ${index === null ? 'invalid argument' : 'directory stack index out of range'}`,
    );
    return 1;
  }
  if (index > 0) {
    shell.directoryStack = all.filter((_path, i) => i !== index).slice(1);
    return yield* dirs(shell, []);
  }
  const message = yield* changeTo(shell, all[1]!, false);
  if (message !== null) {
    yield* shell.complain(`popd: ${message}`);
    return 1;
  }
  shell.directoryStack = all.slice(2);
  return yield* dirs(shell, []);
}

const table: BuiltinTable = {
  cd: {
    synopsis: 'cd [-L|[-P [-e]] [-@]] [dir]',
    summary: 'Changes the working directory.',
    *run(shell, args) {
      return yield* cd(shell, args);
    },
  },
  pwd: {
    synopsis: 'pwd [-LP]',
    summary: 'Prints the working directory.',
    *run(shell, args) {
      return yield* pwd(shell, args);
    },
  },
  dirs: {
    synopsis: 'dirs [-clpv] [+N] [-N]',
    summary: 'Prints the directory stack.',
    *run(shell, args) {
      return yield* dirs(shell, args);
    },
  },
  pushd: {
    synopsis: 'pushd [-n] [+N | -N | dir]',
    summary: 'Puts a directory on the stack and goes there.',
    *run(shell, args) {
      return yield* pushd(shell, args);
    },
  },
  popd: {
    synopsis: 'popd [-n] [+N | -N]',
    summary: 'Takes a directory from the stack and goes to the next.',
    *run(shell, args) {
      return yield* popd(shell, args);
    },
  },
};

export const directoryBuiltins = table;
