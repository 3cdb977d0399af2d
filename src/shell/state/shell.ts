/** All state of one shell process. A subshell gets a copy, because the processes of a host share nothing. */

import { encodeUtf8 } from '../../base/index.ts';
import type { Pid, SignalName, Sys, Termios } from '../../linux/index.ts';
import { sys } from '../../linux/index.ts';
import type { History } from '../editor/history.ts';
import type { PartContext, Sink } from '../expand/fields.ts';
import { Heap } from '../heap.ts';
import type { AndOr, Command, FunctionDefinition, List, Word, WordPart } from '../syntax/ast.ts';
import { bytesFromText } from '../text.ts';
import { JobTable } from './jobs.ts';
import { Options } from './options.ts';
import { Variables } from './variables.ts';

export type TrapName = SignalName | 'EXIT' | 'ERR' | 'DEBUG';

/** What the expander and the builtins need of the evaluator; given in so that imports run one way. */
export interface Evaluator {
  /** `last`: the process ends after it, so a program may take its place instead of running in a child. */
  list(shell: Shell, list: List, last?: boolean): Sys<number>;
  andOr(shell: Shell, andOr: AndOr, last: boolean): Sys<number>;
  command(shell: Shell, command: Command, last: boolean): Sys<number>;
  readonly expander: Expander;
  /** Reads and runs text in this shell: eval, source, traps. `origin` names it in error messages. */
  text(shell: Shell, text: string, origin: string | null): Sys<number>;
  /** What a child process that runs `list` for a substitution does. */
  substitution(shell: Shell, list: List): Sys<number>;
  /** Runs words as a command without functions (`command`, `builtin`) or with all (`fc`, completion). */
  words(shell: Shell, words: readonly string[], lookup: CommandLookup): Sys<number>;
  /** The names of all builtins. */
  builtinNames(): readonly string[];
  /** Replaces the process by a program: `exec`. Returns only by failing, with the exit status. */
  exec(
    shell: Shell,
    words: readonly string[],
    environment: ReadonlyMap<string, string>,
    argv0: string,
  ): Sys<number>;
}

/** Word expansion, for expansions inside expansions. */
export interface Expander {
  parts(shell: Shell, parts: readonly WordPart[], sink: Sink, context: PartContext): Sys<void>;
  text(shell: Shell, word: Word): Sys<string>;
  pattern(shell: Shell, word: Word): Sys<string>;
}

export interface CommandLookup {
  readonly functions: boolean;
  readonly programs: boolean;
  /** `command -p`: only the standard directories are searched. */
  readonly standardPath: boolean;
}

export interface CallFrame {
  readonly name: string;
  readonly line: number;
  readonly source: string;
}

/** Descriptor of the terminal an interactive shell controls jobs with, and how it was found. */
export interface ControlTerminal {
  readonly fd: number;
  readonly pgrp: Pid;
  modes: Termios;
}

export class Shell {
  readonly evaluator: Evaluator;
  readonly variables: Variables;
  readonly options: Options;
  readonly functions: Map<string, FunctionDefinition>;
  readonly aliases: Map<string, string>;
  readonly traps: Map<TrapName, string>;
  /** Ignored when the shell started: a shell that is not interactive must not change them. */
  readonly ignoredAtStart: Set<SignalName>;
  readonly jobs: JobTable;
  readonly hashed: Map<string, { path: string; hits: number }>;
  directoryStack: string[] = [];

  /** `$0`, and what error messages start with. */
  name = 'bash';
  positional: string[] = [];
  pid: Pid = 0;
  /** `$BASHPID`. */
  ownPid: Pid = 0;
  lastStatus = 0;
  lastBackground: Pid | null = null;
  lastArgument = '';
  line = 0;
  interactive = false;
  /** The shell, or the one it was forked from, reads what a person types: messages name no lines. */
  typed = false;
  /** Commands come from standard input: `s` in `$-`. */
  readsInput = false;
  login = false;
  /** Started with -c: error messages name lines of `-c`. */
  commandString = false;
  terminal: ControlTerminal | null = null;
  history: History | null = null;

  subshellLevel = 0;
  /** How deep in command substitutions: `set -x` shows it. */
  substitutionLevel = 0;
  loopDepth = 0;
  /** How deep commands run inside commands in this process. */
  depth = 0;
  callStack: CallFrame[] = [];
  sourceDepth = 0;
  /** Above 0 while the status of a command is being tested, so that `set -e` and ERR do not act. */
  errexitSuspended = 0;
  /** The user has been told that leaving abandons stopped jobs. */
  warnedOfJobs = false;
  /** The trap being run, so that it does not run inside itself. */
  runningTrap: TrapName | null = null;
  /** Signals that arrived and whose traps have not run. */
  pendingSignals: SignalName[] = [];
  /** State of `getopts` inside one argument. */
  getoptsOffset = 0;
  /** Status of the last command substitution of the command being expanded; null when there was none. */
  substitutionStatus: number | null = null;
  /** Descriptors of `<( )` in the command being run, closed when it has ended. */
  processDescriptors: number[] = [];

  randomState = 1;
  /** Realtime of the start for $SECONDS, and the last one read. */
  startSeconds = 0;
  clock = { sec: 0, nsec: 0 };

  /** What the shell keeps besides what every process has. */
  readonly heap: Heap;
  /** What of it large variables take. */
  held = 0;

  /** With what `parent` has, if there is one, as its own. */
  constructor(evaluator: Evaluator, parent: Shell | null = null, variables = new Variables()) {
    if (parent !== null) Object.assign(this, parent);
    this.evaluator = evaluator;
    this.variables = variables;
    this.options = parent === null ? new Options() : parent.options.clone();
    this.functions = new Map(parent?.functions);
    this.aliases = new Map(parent?.aliases);
    this.traps = new Map(parent?.traps);
    this.ignoredAtStart = parent?.ignoredAtStart ?? new Set();
    this.jobs = parent === null ? new JobTable() : parent.jobs.forChild();
    this.hashed = new Map();
    parent?.hashed.forEach(({ path, hits }, name) => {
      this.hashed.set(name, { path, hits });
    });
    this.directoryStack = this.directoryStack.slice();
    this.positional = this.positional.slice();
    this.callStack = this.callStack.slice();
    this.heap = parent === null ? new Heap() : parent.heap.clone();
  }

  get expander(): Expander {
    return this.evaluator.expander;
  }

  /** The state a child process starts with: POSIX, "Shell Execution Environment". */
  fork(variables = this.variables.clone()): Shell {
    const child = new Shell(this.evaluator, this, variables);
    child.pendingSignals = [];
    child.processDescriptors = [];
    child.terminal = null;
    child.depth = 0;
    child.interactive = false;
    child.subshellLevel = this.subshellLevel + 1;
    child.randomState = (this.randomState * 31 + child.subshellLevel) & 0x7fffffff || 1;
    return child;
  }

  /** A function is being run, so variables may be local. */
  inFunction(): boolean {
    return this.callStack.some((frame) => frame.name !== 'source');
  }

  /** Writes to standard output; a builtin's whole output goes in one call. */
  *print(text: string): Sys<void> {
    yield* writeAllText(1, text);
  }

  /** `bash: line 3: message` on standard error. */
  *complain(message: string): Sys<void> {
    yield* writeAllText(2, `${this.errorPrefix()}${message}\n`);
  }

  /** The name without its directory: what an interactive shell calls itself. */
  get shortName(): string {
    return this.name.slice(this.name.lastIndexOf('/') + 1);
  }

  /** What error messages start with: the shell's name, and the line unless a person typed it. */
  errorPrefix(): string {
    const source = this.callStack.at(-1)?.source ?? '';
    const inFunction = this.callStack.length > 0 && this.commandString;
    const name = source !== '' ? source : inFunction ? 'environment' : this.name;
    if (this.typed && this.sourceDepth === 0) return `${this.shortName}: `;
    return `${name}: line ${this.line}: `;
  }

  /** Reads the clock for the variables that depend on it. */
  *refreshClock(): Sys<void> {
    this.clock = yield* sys.clock_gettime('realtime');
  }
}

function* writeAllText(fd: number, text: string): Sys<void> {
  if (text === '') return;
  let rest: Uint8Array = bytesFromText(text);
  while (rest.length > 0) rest = rest.subarray(yield* sys.write(fd, rest));
}

/** Writes text to standard error without a prefix. */
export function* printError(text: string): Sys<void> {
  yield* writeAllText(2, text);
}

/** Length in bytes of the text as UTF-8. */
export function byteLength(text: string): number {
  return encodeUtf8(text).length;
}
