/** jobs, fg, bg, wait, disown, suspend. */
import { isOsError } from '../../base/index.ts';
import { type Sys, sys } from '../../linux/index.ts';
import { runPendingTraps } from '../exec/signals.ts';
import { interruptedWait, pollChildren, reportKilled, waitForChild, waitForeground } from '../exec/wait.ts';
import { isDone, isStopped, type Job, jobStatus } from '../state/jobs.ts';
import type { Shell } from '../state/shell.ts';
import { readOptions } from './options.ts';
import type { BuiltinTable } from './types.ts';

/** The job `spec` names; null after an error, which has been told. */
export function* findJob(shell: Shell, command: string, spec: string): Sys<Job | null> {
  const byPid = /^\d+$/.test(spec)
    ? shell.jobs.all.find((job) => job.processes.some((process) => process.pid === Number(spec)))
    : undefined;
  const job =
    byPid ?? (/^\d+$/.test(spec) && command !== 'fg' && command !== 'bg' ? null : shell.jobs.find(spec));
  if (job === 'ambiguous') yield* shell.complain(`${command}: ${spec}: ambiguous job spec`);
  else if (job !== null) return job;
  else {
    const name = spec === '%%' || spec === '%+' || spec === '' ? 'current' : spec;
    yield* shell.complain(`${command}: ${name}: no such job`);
  }
  return null;
}

function* jobs(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'jobs', table.jobs!.synopsis, 'lnprs', args);
  if (options === null) return 2;
  yield* pollChildren(shell);
  let status = 0;
  let chosen: Job[] = [...shell.jobs.listed];
  if (options.rest.length > 0) {
    chosen = [];
    for (const spec of options.rest) {
      const job = yield* findJob(shell, 'jobs', spec);
      if (job === null) status = 1;
      else chosen.push(job);
    }
  }
  if (options.has('r')) chosen = chosen.filter((job) => !isDone(job) && !isStopped(job));
  if (options.has('s')) chosen = chosen.filter(isStopped);
  if (options.has('n')) chosen = chosen.filter((job) => job.unreported);
  let text = '';
  for (const job of chosen) {
    text += options.has('p') ? `${job.pgid}\n` : shell.jobs.line(job, options.has('l'));
    job.unreported = false;
  }
  for (const job of chosen) if (isDone(job)) shell.jobs.remove(job);
  yield* shell.print(text);
  return status;
}

/** Lets a stopped job's processes go on. */
function* resume(job: Job): Sys<void> {
  for (const process of job.processes) if (process.state?.kind === 'stopped') process.state = null;
  yield* sys.kill(-job.pgid, 'CONT');
}

function* fg(shell: Shell, args: readonly string[]): Sys<number> {
  if (!shell.options.has('monitor')) {
    yield* shell.complain('fg: no job control');
    return 1;
  }
  const job = yield* findJob(shell, 'fg', args[0] ?? '%+');
  if (job === null) return 1;
  if (isDone(job)) {
    yield* shell.complain('fg: job has terminated');
    return 1;
  }
  yield* shell.print(`${job.text}\n`);
  job.foreground = true;
  if (shell.terminal !== null) yield* sys.tcsetpgrp(shell.terminal.fd, job.pgid);
  yield* resume(job);
  return yield* waitForeground(shell, job);
}

function* bg(shell: Shell, args: readonly string[]): Sys<number> {
  if (!shell.options.has('monitor')) {
    yield* shell.complain('bg: no job control');
    return 1;
  }
  let status = 0;
  for (const spec of args.length > 0 ? args : ['%+']) {
    const job = yield* findJob(shell, 'bg', spec);
    if (job === null) status = 1;
    else if (isDone(job)) {
      yield* shell.complain('bg: job has terminated');
      status = 1;
    } else if (!isStopped(job)) {
      yield* shell.complain(`bg: job ${job.id} already in background`);
    } else {
      yield* shell.print(`[${job.id}]${shell.jobs.mark(job)} ${job.text} &\n`);
      shell.lastBackground = job.processes.at(-1)!.pid;
      yield* resume(job);
    }
  }
  return status;
}

/** Waits until `done`; the status 128+n when a trapped signal came first, else null. */
function* waitUntil(shell: Shell, done: () => boolean): Sys<number | null> {
  while (!done()) {
    try {
      yield* waitForChild(shell, 0);
    } catch (error) {
      if (isOsError(error, 'ECHILD')) return null;
      if (!isOsError(error, 'EINTR')) throw error;
      const status = yield* interruptedWait(shell);
      yield* runPendingTraps(shell);
      if (status !== null) return status;
    }
  }
  return null;
}

function forget(shell: Shell, job: Job): void {
  for (const { pid } of job.processes) shell.jobs.forgetEnded(pid);
  shell.jobs.remove(job);
}

function* waitOne(shell: Shell, spec: string): Sys<number> {
  if (spec.startsWith('%')) {
    const job = yield* findJob(shell, 'wait', spec);
    if (job === null) return 127;
    const interrupted = yield* waitUntil(shell, () => isDone(job));
    if (interrupted !== null) return interrupted;
    const status = jobStatus(job, shell.options.has('pipefail'));
    if (!shell.interactive) forget(shell, job);
    return status;
  }
  if (!/^\d+$/.test(spec)) {
    yield* shell.complain(`wait: \`${spec}': not a pid or valid job spec`);
    return 1;
  }
  const pid = Number(spec);
  const known = () => shell.jobs.endedStatus(pid);
  const job = shell.jobs.all.find((one) => one.processes.some((process) => process.pid === pid));
  if (job === undefined && known() === undefined) {
    yield* shell.complain(`wait: pid ${pid} is not a child of this shell`);
    return 127;
  }
  const interrupted = yield* waitUntil(shell, () => known() !== undefined);
  if (interrupted !== null) return interrupted;
  const status = known() ?? 127;
  if (job !== undefined && isDone(job) && !shell.interactive) {
    yield* reportKilled(shell, job);
    shell.jobs.remove(job);
  }
  return status;
}

function* wait(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'wait', table.wait!.synopsis, 'fnp:', args);
  if (options === null) return 2;
  if (options.has('n')) return yield* waitNext(shell, options.rest, options.value('p'));
  if (options.rest.length === 0) {
    const running = () => shell.jobs.all.some((job) => !isDone(job) && !isStopped(job));
    const interrupted = yield* waitUntil(shell, () => !running());
    if (interrupted !== null) return interrupted;
    if (!shell.interactive) for (const job of [...shell.jobs.all]) if (isDone(job)) forget(shell, job);
    return 0;
  }
  let status = 0;
  for (const spec of options.rest) status = yield* waitOne(shell, spec);
  return status;
}

/** `wait -n`: the next job to end. */
function* waitNext(shell: Shell, specs: readonly string[], variable: string | null): Sys<number> {
  const jobs = shell.jobs.all.filter(
    (job) =>
      specs.length === 0 ||
      specs.some((spec) => shell.jobs.find(spec) === job || String(job.processes.at(-1)!.pid) === spec),
  );
  if (jobs.length === 0) return 127;
  const interrupted = yield* waitUntil(shell, () => jobs.some(isDone));
  if (interrupted !== null) return interrupted;
  const job = jobs.find(isDone);
  if (job === undefined) return 127;
  if (variable !== null) shell.variables.set(variable, String(job.processes.at(-1)!.pid));
  const status = jobStatus(job, shell.options.has('pipefail'));
  forget(shell, job);
  return status;
}

function* disown(shell: Shell, args: readonly string[]): Sys<number> {
  const options = yield* readOptions(shell, 'disown', table.disown!.synopsis, 'ahr', args);
  if (options === null) return 2;
  let chosen: Job[] = [];
  if (options.has('a') || (options.has('r') && options.rest.length === 0)) {
    chosen = shell.jobs.all.filter((job) => !options.has('r') || (!isDone(job) && !isStopped(job)));
  } else {
    for (const spec of options.rest.length > 0 ? options.rest : ['%+']) {
      const job = yield* findJob(shell, 'disown', spec);
      if (job === null) return 1;
      chosen.push(job);
    }
  }
  for (const job of chosen) {
    if (options.has('h')) job.noHangup = true;
    else shell.jobs.remove(job);
  }
  return 0;
}

const table: BuiltinTable = {
  jobs: {
    synopsis: 'jobs [-lnprs] [jobspec ...] or jobs -x command [args]',
    summary: 'Lists jobs.',
    *run(shell, args) {
      return yield* jobs(shell, args);
    },
  },
  fg: {
    synopsis: 'fg [job_spec]',
    summary: 'Brings a job to the foreground.',
    *run(shell, args) {
      return yield* fg(shell, args);
    },
  },
  bg: {
    synopsis: 'bg [job_spec ...]',
    summary: 'Lets stopped jobs go on in the background.',
    *run(shell, args) {
      return yield* bg(shell, args);
    },
  },
  wait: {
    synopsis: 'wait [-fn] [-p var] [id ...]',
    summary: 'Waits for jobs to end and returns their status.',
    *run(shell, args) {
      return yield* wait(shell, args);
    },
  },
  disown: {
    synopsis: 'disown [-h] [-ar] [jobspec ... | pid ...]',
    summary: 'Takes jobs out of the table.',
    *run(shell, args) {
      return yield* disown(shell, args);
    },
  },
};

export const jobBuiltins = table;
