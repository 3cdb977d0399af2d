/** strace(1) at work: waits for its tracees, tells what each has come to, and lets it go on. */
import { isOsError } from '../../../base/index.ts';
import {
  type SignalInfo,
  type SignalName,
  type Sys,
  type SyscallInfo,
  sys,
  type WaitStatus,
} from '../../../linux/index.ts';
import { complain, orNull } from '../support.ts';
import { CallLines } from './callLines.ts';
import type { Lines } from './lines.ts';
import type { Settings } from './settings.ts';
import { signalText } from './signalText.ts';
import type { Summary } from './summary.ts';
import { Traced } from './traced.ts';

/** Children and tracees alike (__WALL). */
const WALL = 0x40000000;

/** At these strace lets go of everything. */
export const fatal: readonly SignalName[] = ['HUP', 'INT', 'QUIT', 'PIPE', 'TERM'];

export class TraceLoop {
  readonly #settings: Settings;
  readonly #lines: Lines;
  readonly #calls: CallLines;
  readonly #traced = new Map<number, Traced>();
  /** The process that strace has started. */
  readonly #child: number | null;
  /** How the child ended. */
  end: WaitStatus['state'] | null = null;

  constructor(settings: Settings, lines: Lines, summary: Summary | null, child: number | null) {
    this.#settings = settings;
    this.#lines = lines;
    this.#calls = new CallLines(settings, lines, summary);
    this.#child = child;
    if (child !== null) this.#add(child).hidden = true;
  }

  #add(pid: number): Traced {
    const traced = new Traced(pid, this.#settings);
    this.#traced.set(pid, traced);
    this.#lines.processes = this.#traced.size;
    return traced;
  }

  *attached(pid: number): Sys<void> {
    this.#add(pid);
    yield* this.#say(`Process ${pid} attached`);
  }

  /** Messages go to standard error, past the lines. */
  *#say(message: string): Sys<void> {
    yield* this.#lines.flush();
    if (!this.#settings.selection.quiet.has('attach')) yield* complain('strace', message);
  }

  /** Until no process is left; gives the signal at which it stopped before. */
  *run(): Sys<SignalName | null> {
    while (this.#traced.size > 0) {
      const caught = (yield* sys.takeSignals()).find((signal) => fatal.includes(signal));
      if (caught !== undefined) {
        yield* this.#letGo(caught);
        return caught;
      }
      const status = yield* orNull(() => sys.wait4(-1, WALL), 'EINTR');
      if (status !== null) yield* this.#handle(status);
      yield* this.#lines.flush();
    }
    return null;
  }

  *#handle({ pid, state, systemTime = 0 }: WaitStatus): Sys<void> {
    const known = this.#traced.get(pid);
    if (state.kind === 'exited' || state.kind === 'signaled') {
      if (known !== undefined) yield* this.#ended(known, state);
      return;
    }
    if (state.kind !== 'stopped') return;
    if (known === undefined) yield* this.attached(pid);
    const traced = this.#traced.get(pid)!;
    if (state.trap === 'syscall') {
      const info = (yield* orNull(
        () => sys.ptrace('PTRACE_GET_SYSCALL_INFO', pid),
        'ESRCH',
      )) as SyscallInfo | null;
      if (info !== null) yield* this.#calls.show(traced, info, systemTime);
      yield* this.#goOn(pid, 0);
    } else if (state.trap === undefined) {
      yield* this.#signal(traced, state.signal);
      yield* this.#goOn(pid, state.signal);
    } else if (state.signal === 'TRAP') yield* this.#goOn(pid, 0);
    else yield* this.#tell(traced, `--- stopped by SIG${state.signal} ---`);
  }

  /** It may have been killed meanwhile. */
  *#goOn(pid: number, signal: SignalName | 0): Sys<void> {
    yield* this.#lines.flush();
    yield* orNull(() => sys.ptrace('PTRACE_SYSCALL', pid, signal), 'ESRCH');
  }

  *#signal(traced: Traced, signal: SignalName): Sys<void> {
    if (!this.#settings.selection.signals.has(signal)) return;
    const info = yield* orNull(() => sys.ptrace('PTRACE_GETSIGINFO', traced.pid), 'ESRCH', 'EINVAL');
    if (info !== null) yield* this.#tell(traced, signalText(signal, info as SignalInfo));
  }

  /** A line that is no call. */
  *#tell(traced: Traced, text: string): Sys<void> {
    if (traced.hidden || this.#settings.summary === 'only') return;
    yield* this.#lines.begin(traced.pid);
    this.#lines.end(text);
  }

  *#ended(traced: Traced, state: WaitStatus['state'] & { kind: 'exited' | 'signaled' }): Sys<void> {
    if (traced.pid === this.#child) this.end = state;
    yield* this.#calls.cut(traced);
    traced.hidden = false;
    const how = state.kind === 'exited' ? `exited with ${state.code}` : `killed by SIG${state.signal}`;
    if (!this.#settings.selection.quiet.has('exit')) yield* this.#tell(traced, `+++ ${how} +++`);
    this.#drop(traced.pid);
  }

  #drop(pid: number): void {
    this.#traced.delete(pid);
    this.#lines.processes = this.#traced.size;
  }

  /** Detaches from all; the child that it has started gets the signal, too. */
  *#letGo(signal: SignalName): Sys<void> {
    for (const { pid } of [...this.#traced.values()]) {
      if (pid === this.#child) {
        yield* orNull(() => sys.kill(pid, 'CONT'), 'ESRCH');
        yield* orNull(() => sys.kill(pid, signal), 'ESRCH');
      }
      yield* this.#detach(pid);
      yield* this.#say(`Process ${pid} detached`);
      if (this.#lines.isOpen(pid)) this.#lines.end(' <detached ...>');
      yield* this.#lines.flush();
      this.#drop(pid);
    }
  }

  /** Only from a process that has stopped one can detach. */
  *#detach(pid: number): Sys<void> {
    try {
      yield* sys.ptrace('PTRACE_INTERRUPT', pid);
      const { state } = yield* sys.wait4(pid, WALL);
      if (state.kind !== 'stopped') return;
      yield* sys.ptrace('PTRACE_DETACH', pid, state.trap === undefined ? state.signal : 0);
    } catch (error) {
      // Gone; or stopped by a signal, and then the end of the tracer sets it free; or a second Ctrl-C.
      if (!isOsError(error, 'ESRCH', 'EINTR', 'ECHILD')) throw error;
    }
  }
}
