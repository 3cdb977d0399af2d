/** The programs `bash` and `sh`: the command line, then a script, -c text, or an interactive session. */
import { isOsError } from '../base/index.ts';
import { type Program, type ProgramContext, readFile, type Sys, sys } from '../linux/index.ts';
import type { CompletionSpecs } from './completionSpec.ts';
import { isTerminal } from './exec/fileTests.ts';
import { searchPath } from './exec/find.ts';
import { runAsProcess } from './exec/process.ts';
import { runScript, runStandardInput } from './exec/script.ts';
import { newShell, runFile, runStartupFiles } from './exec/startup.ts';
import { runInteractive, setInteractiveDefaults, takeTerminal } from './interactive.ts';
import {
  letterRefusal,
  optionByLetter,
  type SetOption,
  type ShoptOption,
  setOptionNames,
  setRefusal,
  shoptNames,
  shoptRefusal,
} from './state/options.ts';
import { printError, type Shell } from './state/shell.ts';
import { textFromBytes } from './text.ts';

interface Invocation {
  readonly command: string | null;
  readonly rest: readonly string[];
  readonly interactive: boolean;
  readonly login: boolean;
  readonly standardInput: boolean;
  readonly noProfile: boolean;
  readonly noRc: boolean;
  readonly rcFile: string | null;
  readonly posix: boolean;
}

/** What the arguments ask for; a number is the status to end with at once. */
function* parseArguments(shell: Shell, { argv }: ProgramContext): Sys<Invocation | number> {
  const flags = {
    c: false,
    i: false,
    l: argv[0]!.startsWith('-'),
    s: false,
    noProfile: false,
    noRc: false,
    posix: false,
  };
  let rcFile: string | null = null;
  let i = 1;
  for (; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === '--' || arg === '-') {
      i++;
      break;
    }
    if (arg.startsWith('--')) {
      if (arg === '--login') flags.l = true;
      else if (arg === '--noprofile') flags.noProfile = true;
      else if (arg === '--norc') flags.noRc = true;
      else if (arg === '--posix') flags.posix = true;
      else if (arg === '--rcfile' || arg === '--init-file') rcFile = argv[++i] ?? null;
      else if (arg === '--version') return yield* version(shell);
      else if (arg === '--help') return yield* help(shell);
      else {
        yield* printError(`${shell.name}: ${arg}: invalid option\n`);
        return 2;
      }
      continue;
    }
    if (!/^[-+]./.test(arg)) break;
    const on = arg.startsWith('-');
    for (const letter of arg.slice(1)) {
      if (letter === 'c' || letter === 'i' || letter === 'l' || letter === 's') flags[letter] = on;
      else if (letter === 'o' || letter === 'O') {
        if (!setByName(shell, letter, argv[++i] ?? '', on)) {
          yield* printError(
            `${shell.name}: ${argv[i] ?? ''}: ${(letter === 'O' ? shoptRefusal : setRefusal)(argv[i] ?? '')}\n`,
          );
          return 2;
        }
      } else {
        const option = optionByLetter(letter);
        if (option === undefined) {
          yield* printError(`${shell.name}: ${arg[0]}${letter}: ${letterRefusal(letter)}\n`);
          return 2;
        }
        shell.options.set(option, on);
      }
    }
  }
  let command: string | null = null;
  if (flags.c) {
    if (i >= argv.length) {
      yield* printError(`${shell.name}: -c: option requires an argument\n`);
      return 2;
    }
    command = argv[i++]!;
  }
  const name = argv[0]!.replace(/^-/, '').replace(/.*\//, '');
  return {
    command,
    rest: argv.slice(i),
    interactive: flags.i,
    login: flags.l,
    standardInput: flags.s,
    noProfile: flags.noProfile,
    noRc: flags.noRc,
    rcFile,
    posix: name === 'sh' || flags.posix,
  };
}

function setByName(shell: Shell, letter: 'o' | 'O', name: string, on: boolean): boolean {
  if (letter === 'o') {
    if (!(setOptionNames as readonly string[]).includes(name)) return false;
    shell.options.set(name as SetOption, on);
  } else {
    if (!(shoptNames as readonly string[]).includes(name)) return false;
    shell.options.setShopt(name as ShoptOption, on);
  }
  return true;
}

function* version(shell: Shell): Sys<number> {
  yield* shell.print('GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu), as simulated by Virtbook\n');
  return 0;
}

function* help(shell: Shell): Sys<number> {
  yield* shell.print(
    `Usage:\t${shell.name} [option] ...\n\t${shell.name} [option] script-file ...\n` +
      'Options:\n\t--login\n\t--noprofile\n\t--norc\n\t--posix\n\t--rcfile file\n\t--version\n' +
      '\t-ilrs or -c command or -O shopt_option\n\t-abefhkmnptuvxBCEHPT or -o option\n' +
      `Type \`${shell.name} -c help' for more information about shell builtin commands.\n`,
  );
  return 0;
}

function* main(context: ProgramContext, specs: CompletionSpecs): Sys<number> {
  const shell = yield* newShell(context);
  shell.name = context.argv[0] ?? 'bash';
  const invocation = yield* parseArguments(shell, context);
  if (typeof invocation === 'number') return invocation;
  shell.login = invocation.login;
  const { command, rest } = invocation;
  const reads = command === null && (rest.length === 0 || invocation.standardInput);
  const terminal = (yield* isTerminal(0)) && (yield* isTerminal(2));
  shell.interactive = invocation.interactive || (reads && terminal);
  shell.typed = shell.interactive;
  shell.readsInput = reads;
  return yield* runAsProcess(shell, session(shell, specs, invocation, terminal));
}

function* session(
  shell: Shell,
  specs: CompletionSpecs,
  invocation: Invocation,
  terminal: boolean,
): Sys<number> {
  const { command, rest } = invocation;
  if (command !== null) {
    if (rest[0] !== undefined) shell.name = rest[0];
    shell.positional = rest.slice(1);
    shell.commandString = true;
  } else if (invocation.standardInput || rest.length === 0) shell.positional = [...rest];
  else {
    shell.name = rest[0]!;
    shell.positional = rest.slice(1);
  }
  if (shell.interactive) {
    setInteractiveDefaults(shell);
    if (terminal) yield* takeTerminal(shell);
  }
  yield* runStartupFiles(shell, { ...invocation, interactive: shell.interactive });
  if (command !== null) return yield* runScript(shell, command, null, true);
  if (rest.length > 0 && !invocation.standardInput) return yield* runScriptFile(shell, rest[0]!);
  if (!shell.interactive) return yield* runStandardInput(shell);
  const status = yield* runInteractive(shell, specs, terminal);
  if (shell.login) yield* runFile(shell, `${shell.variables.get('HOME') ?? ''}/.bash_logout`);
  return status;
}

/** Runs a script; a name without a slash that is not in the directory is looked for in PATH. */
function* runScriptFile(shell: Shell, name: string): Sys<number> {
  const found = yield* readScript(name);
  let result = found;
  if (typeof found !== 'string' && found.code === 'ENOENT' && !name.includes('/')) {
    const [path] = yield* searchPath(name, shell.variables.get('PATH') ?? '');
    if (path !== undefined) result = yield* readScript(path);
  }
  if (typeof result !== 'string') {
    yield* printError(`bash: ${name}: ${result.message}\n`);
    return result.code === 'ENOENT' ? 127 : 126;
  }
  if (result.slice(0, 80).includes('\0')) {
    yield* printError(`${name}: ${name}: cannot execute binary file\n`);
    return 126;
  }
  return yield* runScript(shell, result, name, false);
}

function* readScript(path: string): Sys<string | { code: string; message: string }> {
  try {
    const isDirectory = ((yield* sys.stat(path)).mode & 0o170000) === 0o040000;
    if (isDirectory) return { code: 'EISDIR', message: 'Is a directory' };
    return textFromBytes(yield* readFile(path));
  } catch (error) {
    if (!isOsError(error)) throw error;
    return { code: error.code, message: error.message };
  }
}

/** The shell as a program; `specs` is what Tab knows about commands. */
export function shellProgram(specs: CompletionSpecs): Program {
  return (context) => main(context, specs);
}
