/** The loop of an interactive shell: prompt, edit, expand history, parse, run, report jobs. */
import { isOsError } from '../base/index.ts';
import { type Sys, sys } from '../linux/index.ts';
import type { CompletionSpecs } from './completionSpec.ts';
import { complete } from './editor/completer.ts';
import { History } from './editor/history.ts';
import { expandHistory, HistoryError } from './editor/historyExpansion.ts';
import { LineEditor, type LineResult } from './editor/lineEditor.ts';
import { expandPrompt } from './editor/prompt.ts';
import { flushWarnings, parserOptions, syntaxErrorLines } from './exec/parse.ts';
import { readLine, runTopLevel } from './exec/script.ts';
import { runTrap, setInteractiveSignals } from './exec/signals.ts';
import { reportJobs } from './exec/wait.ts';
import { valueText } from './state/assign.ts';
import { AbortControl, ExitControl, InterruptControl, LoopControl } from './state/control.ts';
import { isDone, isStopped } from './state/jobs.ts';
import { printError, type Shell } from './state/shell.ts';
import type { List } from './syntax/ast.ts';
import { Parser } from './syntax/parser.ts';
import { ShellSyntaxError, Source } from './syntax/source.ts';

/** Puts the shell in charge of the terminal: job control, signals, its own process group in the foreground. */
export function* takeTerminal(shell: Shell): Sys<void> {
  yield* setInteractiveSignals();
  try {
    const fd = yield* sys.dupfd(2, 255);
    yield* sys.setcloexec(fd, true);
    if ((yield* sys.getpgid(0)) !== shell.pid) yield* sys.setpgid(0, shell.pid);
    const pgrp = yield* sys.getpgid(0);
    yield* sys.tcsetpgrp(fd, pgrp);
    shell.terminal = { fd, pgrp, modes: yield* sys.tcgetattr(fd) };
    shell.options.set('monitor', true);
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* printError(
      `${shell.shortName}: cannot set terminal process group (${shell.pid}): ${error.message}\n`,
    );
    yield* printError(`${shell.shortName}: no job control in this shell\n`);
  }
}

/** Defaults that only an interactive shell has; start-up files may change them. */
export function setInteractiveDefaults(shell: Shell): void {
  const { variables, options } = shell;
  const defaults: Readonly<Record<string, string>> = {
    PS1: '\\s-\\v\\$ ',
    PS2: '> ',
    HISTSIZE: '500',
    HISTFILESIZE: '500',
    HISTFILE: `${variables.get('HOME') ?? ''}/.bash_history`,
  };
  for (const [name, value] of Object.entries(defaults)) {
    if (variables.get(name) === undefined) variables.set(name, value);
  }
  options.setShopt('expand_aliases', true);
  for (const name of ['emacs', 'histexpand', 'history'] as const) options.set(name, true);
  shell.history = new History();
}

function* loadHistory(shell: Shell): Sys<void> {
  updateHistoryLimit(shell);
  const file = shell.variables.get('HISTFILE');
  if (file === undefined || file === '') return;
  try {
    yield* shell.history!.load(file);
  } catch (error) {
    if (!isOsError(error)) throw error;
  }
}

function updateHistoryLimit(shell: Shell): void {
  const size = Number.parseInt(shell.variables.get('HISTSIZE') ?? '', 10);
  shell.history!.limit = Number.isNaN(size) || size < 0 ? Number.POSITIVE_INFINITY : size;
}

/** Writes the history to its file; another shell's additions are kept when `histappend` is on. */
export function* saveHistory(shell: Shell): Sys<void> {
  const { history } = shell;
  const file = shell.variables.get('HISTFILE');
  if (history === null || file === undefined || file === '') return;
  const size = Number.parseInt(shell.variables.get('HISTFILESIZE') ?? '', 10);
  try {
    yield* history.append(file);
    if (shell.options.shopt('histappend') || Number.isNaN(size) || size < 0) return;
    const all = new History();
    all.limit = size;
    yield* all.load(file);
    yield* all.write(file, size);
  } catch (error) {
    if (!isOsError(error)) throw error;
  }
}

class InteractiveLoop {
  readonly #shell: Shell;
  readonly #specs: CompletionSpecs;
  readonly #editor: LineEditor | null;
  /** Lines of a command that is not complete yet. */
  #pending = '';

  constructor(shell: Shell, specs: CompletionSpecs, editor: LineEditor | null) {
    this.#shell = shell;
    this.#specs = specs;
    this.#editor = editor;
  }

  /** Runs until the shell ends; throws ExitControl. */
  *run(): Sys<never> {
    for (;;) {
      try {
        yield* this.#turn();
      } catch (error) {
        yield* this.#recover(error);
      }
    }
  }

  *#recover(error: unknown): Sys<void> {
    const shell = this.#shell;
    shell.loopDepth = 0;
    shell.errexitSuspended = 0;
    shell.pendingSignals = [];
    if (error instanceof InterruptControl) {
      this.#pending = '';
      shell.lastStatus = 130;
      yield* printError('\n');
    } else if (error instanceof LoopControl) shell.lastStatus = 0;
    else if (error instanceof AbortControl) shell.lastStatus = error.status === 127 ? 1 : error.status;
    else if (isOsError(error) && error.code !== 'EIO') {
      yield* printError(`${shell.shortName}: ${error.message}\n`);
      shell.lastStatus = 1;
    } else throw error;
  }

  *#turn(): Sys<void> {
    const shell = this.#shell;
    if (this.#pending === '') {
      yield* reportJobs(shell);
      yield* this.#promptCommand();
    }
    yield* this.#updateWindowSize();
    const prompt = yield* expandPrompt(
      shell,
      shell.variables.get(this.#pending === '' ? 'PS1' : 'PS2') ?? '',
    );
    const result = yield* this.#read(prompt);
    switch (result.kind) {
      case 'line':
        yield* this.#line(result.text);
        return;
      case 'interrupt':
        this.#pending = '';
        shell.lastStatus = 130;
        yield* runTrap(shell, 'INT', shell.traps.get('INT') ?? '');
        return;
      case 'hangup':
        throw new ExitControl(129);
      case 'eof':
        yield* this.#endOfFile();
    }
  }

  *#read(prompt: string): Sys<LineResult> {
    const shell = this.#shell;
    if (this.#editor !== null && shell.options.has('emacs') && shell.variables.get('TERM') !== 'dumb') {
      return yield* this.#editor.read(prompt, shell.history!, (line, cursor) =>
        complete(shell, this.#specs, line, cursor),
      );
    }
    yield* printError(prompt.replace(/[\x01\x02]/g, ''));
    try {
      const text = yield* readLine(0, false);
      return text === null ? { kind: 'eof' } : { kind: 'line', text: text.replace(/\n$/, '') };
    } catch (error) {
      if (isOsError(error, 'EIO')) return { kind: 'hangup' };
      if (!isOsError(error, 'EINTR')) throw error;
      const signals = yield* sys.takeSignals();
      if (signals.includes('HUP')) return { kind: 'hangup' };
      yield* printError('\n');
      return { kind: 'interrupt' };
    }
  }

  *#endOfFile(): Sys<void> {
    const shell = this.#shell;
    if (this.#pending !== '') {
      const text = this.#pending;
      this.#pending = '';
      yield* this.#parse(text, false);
      return;
    }
    if (shell.options.has('ignoreeof')) {
      yield* printError(`Use "${shell.login ? 'logout' : 'exit'}" to leave the shell.\n`);
      return;
    }
    yield* printError(shell.login ? 'logout\n' : 'exit\n');
    if (shell.jobs.all.some(isStopped) && !shell.warnedOfJobs) {
      yield* printError('There are stopped jobs.\n');
      shell.warnedOfJobs = true;
      return;
    }
    throw new ExitControl(shell.lastStatus);
  }

  *#promptCommand(): Sys<void> {
    const shell = this.#shell;
    for (const text of valueText(shell, 'PROMPT_COMMAND')) {
      const { lastStatus } = shell;
      yield* shell.evaluator.text(shell, text, null);
      shell.lastStatus = lastStatus;
    }
  }

  *#updateWindowSize(): Sys<void> {
    const shell = this.#shell;
    if (shell.terminal === null) return;
    const { rows, cols } = yield* sys.tcgetwinsize(shell.terminal.fd);
    shell.variables.set('LINES', String(rows));
    shell.variables.set('COLUMNS', String(cols));
  }

  *#line(typed: string): Sys<void> {
    const shell = this.#shell;
    let line = typed;
    updateHistoryLimit(shell);
    if (shell.options.has('histexpand')) {
      try {
        const expanded = expandHistory(typed, shell.history!);
        line = expanded.text;
        if (expanded.changed) yield* printError(`${line}\n`);
        if (expanded.printOnly) {
          shell.history!.add(line, shell.clock.sec);
          return;
        }
      } catch (error) {
        if (!(error instanceof HistoryError)) throw error;
        yield* printError(`${shell.shortName}: ${error.message}\n`);
        shell.lastStatus = 1;
        return;
      }
    }
    const first = this.#pending === '';
    const text = `${this.#pending}${line}\n`;
    this.#pending = '';
    if (first && line.trim() === '') return;
    yield* this.#parse(text, true);
  }

  /** Runs `text` if it is complete; else keeps it for the next line. */
  *#parse(text: string, mayContinue: boolean): Sys<void> {
    const shell = this.#shell;
    const lists: List[] = [];
    try {
      const parser = new Parser(new Source(text), parserOptions(shell, mayContinue));
      for (let list = parser.next(); list !== null; list = parser.next()) lists.push(list);
    } catch (error) {
      if (!(error instanceof ShellSyntaxError)) throw error;
      if (error.incomplete && mayContinue) {
        this.#pending = text;
        return;
      }
      this.#remember(text);
      yield* syntaxErrorLines(shell, error, null);
      shell.lastStatus = 2;
      return;
    }
    yield* flushWarnings(shell);
    this.#remember(text);
    const asked = shell.warnedOfJobs;
    for (const list of lists) yield* runTopLevel(shell, list, false);
    if (asked) shell.warnedOfJobs = false;
  }

  /** A command of several lines becomes one entry, joined as `cmdhist` says. */
  #remember(text: string): void {
    const shell = this.#shell;
    if (!shell.options.has('history')) return;
    const entry = joinLines(text.replace(/\n+$/, ''));
    shell.history!.add(entry, shell.clock.sec, shell.variables.get('HISTCONTROL') ?? '');
  }
}

/** Lines joined by `; ` where the grammar allows it; a here-document or an open quote keeps its newlines. */
function joinLines(text: string): string {
  if (!text.includes('\n')) return text;
  if (/<<[^<]/.test(text) || /(^|[^\\])['"][^'"\n]*\n/.test(text)) return text;
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .reduce((all, line) => {
      if (all.endsWith('\\')) return all.slice(0, -1) + line.trimStart();
      const opens = /(?:^|[\s;])(?:do|then|else|\{|\(|in|&&|\|\||\||;;)$|^$|[{(;&|]$/.test(all);
      return `${all}${opens ? ' ' : '; '}${line.trimStart()}`;
    });
}

/** Runs an interactive shell to its end and returns the status. */
export function* runInteractive(shell: Shell, specs: CompletionSpecs, terminal: boolean): Sys<number> {
  yield* loadHistory(shell);
  const loop = new InteractiveLoop(shell, specs, terminal ? new LineEditor(0) : null);
  try {
    yield* loop.run();
  } catch (error) {
    if (!(error instanceof ExitControl)) throw error;
    return error.status;
  } finally {
    yield* saveHistory(shell);
    yield* hangUpJobs(shell);
  }
  return shell.lastStatus;
}

/** SIGHUP to stopped jobs, which nobody could continue, and with `huponexit` to all. */
function* hangUpJobs(shell: Shell): Sys<void> {
  for (const job of shell.jobs.all) {
    if (isDone(job) || job.noHangup || !job.controlled) continue;
    if (!isStopped(job) && !(shell.login && shell.options.shopt('huponexit'))) continue;
    try {
      yield* sys.kill(-job.pgid, 'HUP');
      yield* sys.kill(-job.pgid, 'CONT');
    } catch (error) {
      if (!isOsError(error)) throw error;
    }
  }
}
