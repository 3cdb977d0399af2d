/** How a shell starts: its environment, its options, its start-up files (the bash manual, "Invoking Bash"). */
import { isOsError } from '../../base/index.ts';
import { type ProgramContext, readFile, type SignalName, type Sys, sys } from '../../linux/index.ts';
import { runSourced } from '../builtins/control.ts';
import { AbortControl } from '../state/control.ts';
import { Shell } from '../state/shell.ts';
import { textFromBytes } from '../text.ts';
import { evaluator } from './evaluator.ts';
import { STANDARD_PATH } from './find.ts';

/** A shell with the environment it was given. */
export function* newShell(context: ProgramContext): Sys<Shell> {
  const shell = new Shell(evaluator);
  for (const [name, value] of context.env) {
    if (!/^[A-Za-z_]\w*$/.test(name)) continue;
    const variable = shell.variables.declare(name);
    variable.value = value;
    variable.exported = true;
  }
  shell.pid = yield* sys.getpid();
  shell.ownPid = shell.pid;
  yield* shell.refreshClock();
  shell.startSeconds = shell.clock.sec;
  shell.randomState = (shell.pid * 7919 + shell.clock.sec) & 0x7fffffff || 1;
  yield* setDefaults(shell);
  yield* noteIgnoredSignals(shell);
  return shell;
}

function* setDefaults(shell: Shell): Sys<void> {
  const { variables } = shell;
  const uid = yield* sys.getuid();
  const defaults: Readonly<Record<string, string>> = {
    IFS: ' \t\n',
    OPTIND: '1',
    OPTERR: '1',
    PS4: '+ ',
    BASH: '/usr/bin/bash',
    BASH_VERSION: '5.2.15(1)-release',
    HOSTNAME: (yield* sys.uname()).nodename,
    HOSTTYPE: 'x86_64',
    MACHTYPE: 'x86_64-pc-linux-gnu',
    OSTYPE: 'linux-gnu',
  };
  for (const [name, value] of Object.entries(defaults)) variables.set(name, value);
  if (variables.get('PATH') === undefined) variables.set('PATH', STANDARD_PATH);
  setReadonly(shell, 'PPID', String(yield* sys.getppid()));
  setReadonly(shell, 'UID', String(uid));
  setReadonly(shell, 'EUID', String(yield* sys.geteuid()));
  const level = Number.parseInt(variables.get('SHLVL') ?? '0', 10) || 0;
  exportVariable(shell, 'SHLVL', String(level + 1));
  exportVariable(shell, 'PWD', yield* startDirectory(shell));
  variables.declare('OLDPWD').exported = true;
}

function setReadonly(shell: Shell, name: string, value: string): void {
  const variable = shell.variables.declare(name);
  variable.value = value;
  variable.integer = true;
  variable.readonly = true;
}

function exportVariable(shell: Shell, name: string, value: string): void {
  const variable = shell.variables.declare(name);
  variable.value = value;
  variable.exported = true;
}

/** $PWD when it names the working directory (perhaps through symbolic links), else its real path. */
function* startDirectory(shell: Shell): Sys<string> {
  const given = shell.variables.get('PWD');
  const real = yield* workingDirectory();
  if (given === undefined || !given.startsWith('/')) return real;
  try {
    const [a, b] = [yield* sys.stat(given), yield* sys.stat('.')];
    return a.dev === b.dev && a.ino === b.ino ? given : real;
  } catch (error) {
    if (isOsError(error)) return real;
    throw error;
  }
}

function* workingDirectory(): Sys<string> {
  try {
    return yield* sys.getcwd();
  } catch (error) {
    if (isOsError(error)) return '/';
    throw error;
  }
}

/** Signals that were ignored when the shell started stay so. */
function* noteIgnoredSignals(shell: Shell): Sys<void> {
  const names: readonly SignalName[] = ['HUP', 'INT', 'QUIT', 'TERM'];
  for (const name of names) {
    const before = yield* sys.sigaction(name, 'default');
    if (before !== 'ignore') continue;
    yield* sys.sigaction(name, 'ignore');
    shell.ignoredAtStart.add(name);
  }
}

/** Runs a start-up file if it exists. */
export function* runFile(shell: Shell, path: string): Sys<void> {
  let text: string;
  try {
    text = textFromBytes(yield* readFile(path));
  } catch (error) {
    if (isOsError(error)) return;
    throw error;
  }
  try {
    yield* runSourced(shell, text, path, null);
  } catch (error) {
    if (!(error instanceof AbortControl)) throw error;
    shell.lastStatus = error.status;
  }
}

export interface StartupFiles {
  readonly login: boolean;
  readonly interactive: boolean;
  readonly noProfile: boolean;
  readonly noRc: boolean;
  readonly rcFile: string | null;
  /** Called as `sh`: bash's own files are not read. */
  readonly posix: boolean;
}

/** /etc/profile and the first of ~/.bash_profile, ~/.bash_login, ~/.profile; or ~/.bashrc; or $BASH_ENV. */
export function* runStartupFiles(shell: Shell, files: StartupFiles): Sys<void> {
  const home = shell.variables.get('HOME') ?? '';
  if (files.login) {
    if (files.noProfile) return;
    yield* runFile(shell, '/etc/profile');
    const names = files.posix ? ['.profile'] : ['.bash_profile', '.bash_login', '.profile'];
    for (const name of names) {
      if (!(yield* isReadable(`${home}/${name}`))) continue;
      yield* runFile(shell, `${home}/${name}`);
      return;
    }
    return;
  }
  if (files.interactive) {
    if (files.posix) {
      const env = shell.variables.get('ENV');
      if (env !== undefined && env !== '') yield* runFile(shell, env);
    } else if (!files.noRc) {
      if (files.rcFile === null) yield* runFile(shell, '/etc/bash.bashrc');
      yield* runFile(shell, files.rcFile ?? `${home}/.bashrc`);
    }
    return;
  }
  const env = shell.variables.get('BASH_ENV');
  if (!files.posix && env !== undefined && env !== '') yield* runFile(shell, env);
}

function* isReadable(path: string): Sys<boolean> {
  try {
    yield* sys.access(path, 4);
    return true;
  } catch (error) {
    if (isOsError(error)) return false;
    throw error;
  }
}
