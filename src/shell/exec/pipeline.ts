/** Pipelines, background jobs and subshells: everything that makes child processes out of commands. */
import { isOsError } from '../../base/index.ts';
import { type Fd, O_RDONLY, type Pid, type Sys, sys } from '../../linux/index.ts';
import type { Job } from '../state/jobs.ts';
import { printError, type Shell } from '../state/shell.ts';
import { Variables } from '../state/variables.ts';
import type { AndOr, Pipeline } from '../syntax/ast.ts';
import { printAndOr, printPipeline } from '../syntax/print.ts';
import { forkProcess } from './fork.ts';
import { runAsProcess } from './process.ts';
import { resetSignals } from './signals.ts';
import { runInSubshell } from './subshell.ts';
import { waitForeground } from './wait.ts';

/** How a child starts. */
export interface ChildOptions {
  readonly foreground: boolean;
  /** The group to join; 0 starts one. Ignored without job control. */
  readonly pgid: Pid;
  /** Descriptor moves: [from, to], done in order; then `close` is closed. */
  readonly moves?: readonly (readonly [number, number])[];
  readonly close?: readonly number[];
  /** It does nothing but become a program, and so asks for no variable. */
  readonly bare?: boolean;
}

/** Starts a child that runs `main` on a copy of the shell. */
export function* spawn(shell: Shell, options: ChildOptions, main: (child: Shell) => Sys<number>): Sys<Pid> {
  const child = options.bare ? shell.fork(new Variables()) : shell.fork();
  const controlled = shell.options.has('monitor');
  const { terminal } = shell;
  const wasInteractive = shell.interactive || shell.history !== null;
  const pid = yield* forkProcess(shell, () =>
    startChild(child, options, { controlled, terminal: terminal?.fd ?? null, wasInteractive }, main),
  );
  if (controlled) {
    yield* tryCall(sys.setpgid(pid, options.pgid || pid));
    if (options.foreground && terminal !== null)
      yield* tryCall(sys.tcsetpgrp(terminal.fd, options.pgid || pid));
  }
  return pid;
}

/** Of the shell that a child comes from, as it was before the fork. */
interface Origin {
  /** By job control. */
  readonly controlled: boolean;
  readonly terminal: Fd | null;
  readonly wasInteractive: boolean;
}

/** What a child does: it takes its place, and then runs `main`. */
function* startChild(
  child: Shell,
  options: ChildOptions,
  { controlled, terminal, wasInteractive }: Origin,
  main: (child: Shell) => Sys<number>,
): Sys<number> {
  child.ownPid = yield* sys.getpid();
  if (controlled) {
    yield* tryCall(sys.setpgid(0, options.pgid));
    if (options.foreground && terminal !== null) {
      yield* tryCall(sys.tcsetpgrp(terminal, yield* sys.getpgid(0)));
    }
  }
  child.options.set('monitor', false);
  if (wasInteractive || child.traps.size > 0) yield* resetSignals(child, wasInteractive);
  if (!options.foreground && !controlled) yield* detachFromTerminal(options);
  for (const [from, to] of options.moves ?? []) {
    yield* sys.dup2(from, to);
    yield* sys.close(from);
  }
  for (const fd of options.close ?? []) yield* sys.close(fd);
  return yield* runAsProcess(child, main(child));
}

/** A background command without job control ignores the keyboard's signals and reads nothing. */
function* detachFromTerminal(options: ChildOptions): Sys<void> {
  yield* sys.sigaction('INT', 'ignore');
  yield* sys.sigaction('QUIT', 'ignore');
  if (options.moves?.some(([, to]) => to === 0)) return;
  const fd = yield* sys.open('/dev/null', O_RDONLY);
  if (fd === 0) return;
  yield* sys.dup2(fd, 0);
  yield* sys.close(fd);
}

function* tryCall(call: Sys<void>): Sys<void> {
  try {
    yield* call;
  } catch (error) {
    if (!isOsError(error)) throw error;
  }
}

/** Starts all commands of a pipeline, joined by pipes. */
function* startPipeline(shell: Shell, pipeline: Pipeline, foreground: boolean): Sys<Job> {
  const pids: Pid[] = [];
  let pgid: Pid = 0;
  let input: number | null = null;
  for (const [i, command] of pipeline.commands.entries()) {
    const moves: [number, number][] = input === null ? [] : [[input, 0]];
    const last = i === pipeline.commands.length - 1;
    const pipe: readonly [number, number] | null = last ? null : yield* sys.pipe();
    if (pipe !== null) moves.push([pipe[1], 1]);
    const close: number[] = pipe === null ? [] : [pipe[0]];
    // A process of the pipeline is the subshell already.
    const pid = yield* spawn(shell, { foreground, pgid, moves, close }, (child) =>
      command.type === 'subshell'
        ? runInSubshell(child, command)
        : child.evaluator.command(child, command, true),
    );
    if (pgid === 0) pgid = pid;
    pids.push(pid);
    if (input !== null) yield* sys.close(input);
    if (pipe !== null) yield* sys.close(pipe[1]);
    input = pipe?.[0] ?? null;
  }
  return addJob(shell, pids, () => printPipeline(pipeline), pgid, foreground);
}

/** `print` gives its text. */
export function addJob(
  shell: Shell,
  pids: readonly Pid[],
  print: () => string,
  pgid: Pid,
  foreground: boolean,
): Job {
  return shell.jobs.add(pids, print, { pgid, foreground, controlled: shell.options.has('monitor') });
}

export function* runPipedCommands(shell: Shell, pipeline: Pipeline): Sys<number> {
  const job = yield* startPipeline(shell, pipeline, true);
  return yield* waitForeground(shell, job);
}

/** `( … )`, and a program in the foreground: one child, waited for. `print` gives its text; `bare` as in {@link ChildOptions}. */
export function* runChild(
  shell: Shell,
  print: () => string,
  main: (child: Shell) => Sys<number>,
  bare = false,
): Sys<number> {
  const pid = yield* spawn(shell, { foreground: true, pgid: 0, bare }, main);
  const job = addJob(shell, [pid], print, pid, true);
  return yield* waitForeground(shell, job);
}

/** `command &` */
export function* runAsync(shell: Shell, andOr: AndOr): Sys<void> {
  const job = yield* startAsync(shell, andOr);
  shell.lastBackground = job.processes.at(-1)!.pid;
  if (shell.interactive) yield* printError(`[${job.id}] ${shell.lastBackground}\n`);
}

function* startAsync(shell: Shell, andOr: AndOr): Sys<Job> {
  const { first, rest } = andOr;
  if (rest.length === 0 && !first.negated && first.time === null && first.commands.length > 0) {
    return yield* startPipeline(shell, first, false);
  }
  const pid = yield* spawn(shell, { foreground: false, pgid: 0 }, (child) =>
    child.evaluator.andOr(child, andOr, true),
  );
  return addJob(shell, [pid], () => printAndOr(andOr), pid, false);
}
