/** Calls as lines: begun as a call is entered, ended with its result. */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  type RestartCode,
  type Sys,
  type SyscallInfo,
  type SyscallRequest,
  sys,
} from '../../../linux/index.ts';
import { formatCall } from './calls/index.ts';
import { type Show, type Shown, shown } from './calls/types.ts';
import type { Lines } from './lines.ts';
import type { Status } from './selection.ts';
import type { Settings } from './settings.ts';
import type { Summary } from './summary.ts';
import type { Entered, Traced } from './traced.ts';

const restarts: Readonly<Record<RestartCode, string>> = {
  ERESTARTSYS: 'To be restarted if SA_RESTART is set',
  ERESTARTNOHAND: 'To be restarted if no handler',
  ERESTART_RESTARTBLOCK: 'Interrupted by signal',
};

/** These count down a time, and go on with another call than they began with. */
const countdowns: readonly SyscallRequest['call'][] = ['nanosleep', 'poll'];

type Exit = Extract<SyscallInfo, { op: 'exit' }>;
type Entry = Extract<SyscallInfo, { op: 'entry' }>;

function resultOf({ reply }: Exit, done: Shown): { text: string; status: Status } {
  if ('restart' in reply)
    return { text: `? ${reply.restart} (${restarts[reply.restart]})`, status: 'failed' };
  if ('error' in reply) {
    const { error } = reply;
    if (!isOsError(error)) throw error;
    return { text: `-1 ${error.code} (${strerror(error.code)})`, status: 'failed' };
  }
  const { value } = reply;
  return { text: done.result ?? (typeof value === 'number' ? String(value) : '0'), status: 'successful' };
}

export class CallLines {
  readonly #settings: Settings;
  readonly #lines: Lines;
  readonly #summary: Summary | null;
  /** Lines are not begun before it is known how they end. */
  readonly #late: boolean;

  constructor(settings: Settings, lines: Lines, summary: Summary | null) {
    this.#settings = settings;
    this.#lines = lines;
    this.#summary = summary;
    const { statuses } = settings.selection;
    this.#late = !(['successful', 'failed'] as const).every((status) => statuses.has(status));
  }

  /** A tracee at a call; `system` is the time that the kernel has taken for it so far. */
  *show(traced: Traced, info: SyscallInfo, system: number): Sys<void> {
    if (info.op === 'entry') yield* this.#enter(traced, info, system);
    else if (info.op === 'exit') yield* this.#leave(traced, info, system);
  }

  *#now(): Sys<number> {
    const { spent, wall, summary } = this.#settings;
    if (!spent && !(wall && summary !== 'none')) return 0;
    const { sec, nsec } = yield* sys.clock_gettime('monotonic');
    return sec * 1e9 + nsec;
  }

  *#enter(traced: Traced, { request, restarted }: Entry, system: number): Sys<void> {
    if (request.call === 'execve') traced.hidden = false;
    traced.entered = null;
    const begun = yield* traced.withLinks((show) => this.#format(show, request, restarted));
    const { selection, summary } = this.#settings;
    if (traced.hidden || begun === null || !selection.calls.has(begun.name)) return;
    const clock = yield* this.#now();
    const ends = request.call === 'exit';
    const written = summary !== 'only' && (!this.#late || (ends && selection.statuses.has('unfinished')));
    traced.entered = { request, shown: begun, written, clock, system };
    if (!written) return;
    yield* this.#begin(traced, traced.entered);
    if (ends) this.#finish(traced, '?');
  }

  #format(show: Show, request: SyscallRequest, restarted: boolean): Shown | null {
    const call = formatCall(show, request, null);
    if (call === null || !restarted || !countdowns.includes(request.call)) return call;
    return shown('restart_syscall', `<... resuming interrupted ${call.name} ...>`);
  }

  *#begin({ pid }: Traced, { shown: { name, args, early = args.length } }: Entered): Sys<void> {
    yield* this.#lines.begin(pid);
    const more = early > 0 && early < args.length ? ', ' : '';
    this.#lines.add(`${name}(${args.slice(0, early).join(', ')}${more}`);
  }

  #finish(traced: Traced, result: string): void {
    this.#lines.result(result);
    traced.entered = null;
  }

  *#leave(traced: Traced, info: Exit, system: number): Sys<void> {
    const { entered } = traced;
    if (entered === null) return;
    const { request, shown: begun } = entered;
    const { reply } = info;
    const value = 'value' in reply ? { value: reply.value } : null;
    const again = begun.name === 'restart_syscall';
    const done = (yield* traced.withLinks((show) => formatCall(show, request, value))) ?? begun;
    const { text, status } = resultOf(info, done);
    const passed = (yield* this.#now()) - entered.clock;
    const { wall, summary, spent, selection } = this.#settings;
    this.#summary?.count(
      begun.name,
      wall ? passed : Math.max(0, system - entered.system),
      status === 'failed',
    );
    if (summary === 'only' || !selection.statuses.has(status)) {
      traced.entered = null;
      return;
    }
    if (!entered.written) yield* this.#begin(traced, entered);
    else yield* this.#resume(traced, begun.name);
    const { early = begun.args.length } = begun;
    if (!again) this.#lines.add(done.args.slice(early).join(', '));
    const time = spent ? ` <${(passed / 1e9).toFixed(6)}>` : '';
    this.#finish(traced, `${text}${time}`);
  }

  *#resume({ pid }: Traced, name: string): Sys<void> {
    if (this.#lines.isOpen(pid)) return;
    yield* this.#lines.begin(pid);
    this.#lines.add(`<... ${name} resumed>`);
  }

  /** The process has ended in the middle of a call. */
  *cut(traced: Traced): Sys<void> {
    const { entered } = traced;
    if (entered === null || !entered.written) return;
    yield* this.#resume(traced, entered.shown.name);
    this.#lines.add(' <unfinished ...>');
    this.#finish(traced, '?');
  }
}
