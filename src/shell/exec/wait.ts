/** Waits for children, keeps the job table true, and tells about jobs that changed. */
import { isOsError } from '../../base/index.ts';
import { type Sys, signalNumber, sys, WCONTINUED, WNOHANG, WUNTRACED } from '../../linux/index.ts';
import { InterruptControl } from '../state/control.ts';
import { describeEnd, exitStatus, isDone, isStopped, type Job, jobStatus } from '../state/jobs.ts';
import { type ControlTerminal, printError, type Shell } from '../state/shell.ts';
import { InterruptWatch } from './interrupted.ts';

/** Waits for one child of any job; false when there are none. `flags` as in wait4(2). */
export function* waitForChild(shell: Shell, flags: number): Sys<boolean> {
  const status = yield* sys.wait4(-1, flags);
  if (status.pid === 0) return false;
  shell.jobs.record(status);
  return true;
}

/** Waits until a foreground job has ended or stopped, and returns its status. */
export function* waitForeground(shell: Shell, job: Job): Sys<number> {
  const flags = shell.options.has('monitor') ? WUNTRACED : 0;
  const watch = yield* InterruptWatch.begin(shell, job);
  while (!isDone(job) && !isStopped(job)) {
    try {
      yield* waitForChild(shell, flags);
    } catch (error) {
      if (isOsError(error, 'ECHILD')) break;
      if (!isOsError(error, 'EINTR')) throw error;
      yield* watch.take();
    }
  }
  yield* watch.end();
  if (shell.terminal !== null && job.controlled) yield* takeTerminalBack(shell.terminal, job);
  const status = jobStatus(job, shell.options.has('pipefail'));
  const statuses: string[] = [];
  for (const { state } of job.processes) statuses.push(String(state === null ? 0 : exitStatus(state)));
  shell.variables.setArray('PIPESTATUS', statuses);
  // One that has ended by itself is not told about.
  if (isDone(job) && job.processes.at(-1)!.state!.kind === 'exited') shell.jobs.remove(job);
  else yield* reportForeground(shell, job);
  return status;
}

function* takeTerminalBack(terminal: ControlTerminal, job: Job): Sys<void> {
  yield* sys.tcsetpgrp(terminal.fd, terminal.pgrp);
  const killed = job.processes.some((process) => process.state?.kind === 'signaled');
  if (killed || isStopped(job)) yield* sys.tcsetattr(terminal.fd, terminal.modes);
  else terminal.modes = yield* sys.tcgetattr(terminal.fd);
}

/** What the shell says when a foreground job stopped or died of a signal. */
function* reportForeground(shell: Shell, job: Job): Sys<void> {
  if (isStopped(job)) {
    job.foreground = false;
    job.unreported = false;
    shell.jobs.touch(job);
    yield* printError(`\n${shell.jobs.line(job)}`);
    return;
  }
  shell.jobs.remove(job);
  const last = job.processes.at(-1)!;
  if (last.state?.kind !== 'signaled' || last.state.signal === 'PIPE') return;
  const { signal } = last.state;
  if (signal === 'INT') {
    // As if the shell had got the signal too, so that a list or a loop ends; its own trap does not run.
    if (shell.interactive && job.controlled) throw new InterruptControl();
    return;
  }
  if (shell.interactive || signal === 'TERM') yield* printError(`${describeEnd(last.state)}\n`);
  else yield* reportKilled(shell, job);
}

/** `bash: line 3:  1234 Killed                  sleep 100`: what a shell that is not interactive says. */
export function* reportKilled(shell: Shell, job: Job): Sys<void> {
  const last = job.processes.at(-1)!;
  if (last.state?.kind === 'signaled' && !['INT', 'PIPE', 'TERM'].includes(last.state.signal)) {
    const state = describeEnd(last.state).padEnd(23);
    yield* shell.complain(`${String(last.pid).padStart(5)} ${state} ${job.text}`);
  }
}

/** Takes what is known about children without waiting, and tells an interactive user before the next prompt. */
export function* reportJobs(shell: Shell): Sys<void> {
  yield* pollChildren(shell);
  let notice = '';
  for (const job of [...shell.jobs.all]) {
    if (!job.unreported) continue;
    job.unreported = false;
    if (shell.interactive && isReportable(job)) notice += shell.jobs.line(job);
    if (isDone(job)) shell.jobs.remove(job);
  }
  yield* printError(notice);
}

function isReportable(job: Job): boolean {
  const last = job.processes.at(-1)!.state;
  return !(last?.kind === 'signaled' && (last.signal === 'INT' || last.signal === 'PIPE'));
}

export function* pollChildren(shell: Shell): Sys<void> {
  try {
    while (yield* waitForChild(shell, WNOHANG | WUNTRACED | WCONTINUED));
  } catch (error) {
    if (!isOsError(error, 'ECHILD')) throw error;
  }
}

/** 128 plus the number of the signal that interrupted `wait`; null when none did. */
export function* interruptedWait(shell: Shell): Sys<number | null> {
  shell.pendingSignals.push(...(yield* sys.takeSignals()));
  const name = shell.pendingSignals.find((signal) => shell.traps.has(signal) || signal === 'INT');
  return name === undefined ? null : 128 + signalNumber(name);
}
