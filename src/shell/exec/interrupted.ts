/**
 * "Wait and cooperative exit" of a shell that is no interactive one: a Ctrl-C reaches it and the program it waits for. The shell keeps
 * it in mind until the program is gone, and dies of it only if the program did: one that handles the signal has its own use for it.
 */
import { type SignalName, type Sys, sys } from '../../linux/index.ts';
import type { Job, JobProcess } from '../state/jobs.ts';
import type { Shell } from '../state/shell.ts';
import { runExitTrap } from './signals.ts';

export class InterruptWatch {
  readonly #shell: Shell;
  readonly #job: Job;
  readonly #active: boolean;
  /** Those that had not ended when the signal came; null until it does. */
  #running: readonly JobProcess[] | null = null;

  private constructor(shell: Shell, job: Job, active: boolean) {
    this.#shell = shell;
    this.#job = job;
    this.#active = active;
  }

  /** Begins to catch SIGINT where the shell would die of it at once: not where it is trapped or ignored. */
  static *begin(shell: Shell, job: Job): Sys<InterruptWatch> {
    if (shell.interactive || job.controlled || shell.traps.has('INT'))
      return new InterruptWatch(shell, job, false);
    const before = yield* sys.sigaction('INT', 'catch');
    if (before !== 'default') yield* sys.sigaction('INT', before);
    return new InterruptWatch(shell, job, before === 'default');
  }

  /** Takes the signals that have arrived: SIGINT is for this watch, others are for the shell. */
  *take(): Sys<void> {
    const signals: readonly SignalName[] = yield* sys.takeSignals();
    if (signals.length === 0) return;
    this.#shell.pendingSignals.push(...signals.filter((name) => !this.#active || name !== 'INT'));
    if (this.#active && signals.includes('INT'))
      this.#running ??= this.#job.processes.filter((process) => process.state === null);
  }

  /** The program has ended: the shell dies too, or forgets the signal. */
  *end(): Sys<void> {
    if (!this.#active) return;
    yield* this.take();
    yield* sys.sigaction('INT', 'default');
    if (this.#running === null) return;
    const ended = this.#running.length > 0 ? this.#running : this.#job.processes.slice(-1);
    if (!ended.every(({ state }) => state?.kind === 'signaled' && state.signal === 'INT')) return;
    yield* runExitTrap(this.#shell, 130);
    yield* sys.kill(yield* sys.getpid(), 'INT');
  }
}
