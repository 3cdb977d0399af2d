/** sleep(1), env(1), xargs(1), timeout(1): commands that wait or run others. */
import { isOsError, type OsError, SECOND, strerror } from '../../../base/index.ts';
import {
  type ProgramContext,
  parseSignal,
  type SignalName,
  type Sys,
  signalNumber,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { complain, orNull, textOf } from '../support.ts';

const units: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Longer than a world lives; the clock could not count to it. */
const FOREVER = 2 ** 52;

/** Virtual nanoseconds of `1.5`, `2m`, `infinity`, …; null when it is none. */
export function duration(text: string): number | null {
  if (/^inf(inity)?$/i.test(text)) return Infinity;
  const match = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(text);
  return match === null ? null : Math.round(Number(match[1]) * units[match[2]!]! * SECOND);
}

function* waitFor(nanos: number): Sys<void> {
  if (nanos <= FOREVER) yield* sys.nanosleep(nanos);
  else yield* sys.pause();
}

export const sleep: CommandSpec = {
  name: 'sleep',
  usage: 'NUMBER[smhd]...',
  summary: 'Wait for so many seconds (minutes, hours, days).',
  options: [],
  *run(parsed) {
    if (parsed.operands.length === 0) throw new UsageError('missing operand');
    let total = 0;
    for (const text of parsed.operands) {
      const part = duration(text);
      if (part === null) throw new UsageError(`invalid time interval ‘${text}’`);
      total += part;
    }
    yield* waitFor(total);
    return 0;
  },
};

/** How a program names what it cannot run. */
export type Naming = (command: string) => string;
const quoted: Naming = (command) => `‘${command}’`;
/** As chroot and timeout say it. */
export const failedTo: Naming = (command) => `failed to run command ‘${command}’`;

/**
 * Replaces this process by the command found in PATH; an executable file that is neither program nor script goes to sh: execvp(3).
 * Returns 126 or 127 with a message when it cannot.
 */
export function* runFound(
  name: string,
  argv: readonly string[],
  env: ReadonlyMap<string, string>,
  naming = quoted,
): Sys<number> {
  const command = argv[0]!;
  const folders = command.includes('/') ? [''] : (env.get('PATH') ?? '/usr/bin').split(':');
  let code: OsError['code'] = 'ENOENT';
  for (const folder of folders) {
    const path = folder === '' ? command : `${folder}/${command}`;
    try {
      yield* sys.execve(path, argv, env);
    } catch (error) {
      if (!isOsError(error)) throw error;
      if (error.code === 'ENOEXEC') return yield* runScript(name, [path, ...argv.slice(1)], env, naming);
      if (error.code === 'EACCES') code = error.code;
    }
  }
  yield* complain(name, `${naming(command)}: ${strerror(code)}`);
  return code === 'ENOENT' ? 127 : 126;
}

function* runScript(
  name: string,
  argv: readonly string[],
  env: ReadonlyMap<string, string>,
  naming: Naming,
): Sys<number> {
  try {
    return yield* sys.execve('/bin/sh', ['/bin/sh', ...argv], env);
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* complain(name, `${naming(argv[0]!)}: ${strerror(error.code)}`);
    return 126;
  }
}

/** Runs a command as a child and waits; its exit status as a shell gives it. */
export function* runChild(
  name: string,
  argv: readonly string[],
  env: ReadonlyMap<string, string>,
  naming = quoted,
): Sys<number> {
  const pid = yield* sys.fork(() => runFound(name, argv, env, naming));
  const { state } = yield* sys.wait4(pid);
  return state.kind === 'exited'
    ? state.code
    : state.kind === 'signaled'
      ? 128 + signalNumber(state.signal)
      : 1;
}

export const env: CommandSpec = {
  name: 'env',
  usage: '[OPTION]... [NAME=VALUE]... [COMMAND [ARG]...]',
  summary: 'Run COMMAND in a changed environment, or print it.',
  usageStatus: 125,
  operandsEndOptions: true,
  options: [
    { short: 'i', long: 'ignore-environment', help: 'start with an empty environment' },
    { short: 'u', long: 'unset', argument: 'NAME', help: 'without NAME' },
  ],
  *run(parsed, context: ProgramContext) {
    const changed = new Map(parsed.has('ignore-environment') ? [] : context.env);
    for (const name of parsed.values('unset')) changed.delete(name);
    const operands = [...parsed.operands];
    while (operands[0]?.includes('=')) {
      const assignment = operands.shift()!;
      const at = assignment.indexOf('=');
      changed.set(assignment.slice(0, at), assignment.slice(at + 1));
    }
    if (operands.length > 0) return yield* runFound('env', operands, changed);
    yield* writeAll(1, [...changed].map(([name, value]) => `${name}=${value}\n`).join(''));
    return 0;
  },
};

/** Words as xargs reads them: blanks separate, quotes and backslashes keep. */
function words(text: string): string[] {
  return [...text.matchAll(/(?:"[^"\n]*"|'[^'\n]*'|\\[\s\S]|[^\s"'\\])+/g)].map(([word]) =>
    word.replace(
      /"([^"\n]*)"|'([^'\n]*)'|\\([\s\S])/g,
      (_, double, single, escaped) => double ?? single ?? escaped,
    ),
  );
}

/** At most `most` at the same time. The exit status of xargs; what cannot be run ends it. */
function* runAll(batches: readonly string[][], most: number, env: ReadonlyMap<string, string>): Sys<number> {
  const waiting = [...batches];
  // Whoever became xargs by exec may have left other children.
  const running = new Set<number>();
  let status = 0;
  while (waiting.length > 0 || running.size > 0) {
    const argv = running.size < most ? waiting.shift() : undefined;
    if (argv !== undefined) {
      running.add(yield* sys.fork(() => runFound('xargs', argv, env, (command) => command)));
      continue;
    }
    const { pid, state } = yield* sys.wait4(-1);
    if (!running.delete(pid)) continue;
    const code = state.kind === 'exited' ? state.code : 1;
    if (code === 126 || code === 127) {
      waiting.length = 0;
      status = code;
    } else if (code !== 0 && status === 0) status = 123;
  }
  return status;
}

export const xargs: CommandSpec = {
  name: 'xargs',
  usage: '[OPTION]... [COMMAND [ARG]...]',
  summary: 'Run COMMAND with arguments from standard input.',
  operandsEndOptions: true,
  options: [
    { short: '0', long: 'null', help: 'arguments end in NUL' },
    { short: 'n', long: 'max-args', argument: 'N', help: 'at most N arguments a command' },
    { short: 'I', argument: 'TEXT', help: 'one command a line, TEXT replaced by the line' },
    { short: 'P', long: 'max-procs', argument: 'N', help: 'N at the same time, 0 for all (default 1)' },
    { short: 'r', long: 'no-run-if-empty', help: 'nothing to do without arguments' },
  ],
  *run(parsed, { env: environment }) {
    const command = parsed.operands.length === 0 ? ['echo'] : parsed.operands;
    const text = yield* textOf(0);
    const replace = parsed.value('I');
    const items = parsed.has('null')
      ? text.split('\0').filter((item) => item !== '')
      : replace !== null
        ? text.split('\n').filter((line) => line !== '')
        : words(text);
    const batches: string[][] = [];
    if (replace !== null)
      for (const item of items) batches.push(command.map((word) => word.replaceAll(replace, item)));
    else {
      const size = Number(parsed.value('max-args') ?? 5000);
      for (let at = 0; at < items.length; at += size)
        batches.push([...command, ...items.slice(at, at + size)]);
      if (items.length === 0 && !parsed.has('no-run-if-empty')) batches.push([...command]);
    }
    const most = parsed.value('max-procs') ?? '1';
    if (!/^\d+$/.test(most)) throw new UsageError(`invalid number "${most}" for -P option`);
    return yield* runAll(batches, Number(most) || Number.POSITIVE_INFINITY, environment);
  },
};

/** Ends with status 0 when `delay` has passed and `signal` was sent to `pid`. */
function* watchdog(pid: number, delay: number, signal: SignalName, told: string | null): Sys<number> {
  return yield* sys.fork(function* () {
    yield* waitFor(delay);
    if (told !== null) yield* complain('timeout', `sending signal ${signal} to command ‘${told}’`);
    yield* orNull(() => sys.kill(pid, signal));
    return 0;
  });
}

/** Whether a watchdog has done its work; it does no more. */
function* calledOff(pid: number): Sys<boolean> {
  yield* orNull(() => sys.kill(pid, 'KILL'));
  return (yield* sys.wait4(pid)).state.kind === 'exited';
}

/** Of an argument. Throws UsageError. */
function durationOf(text: string): number {
  const nanos = duration(text);
  if (nanos === null) throw new UsageError(`invalid time interval ‘${text}’`);
  return nanos;
}

export const timeout: CommandSpec = {
  name: 'timeout',
  usage: '[OPTION] DURATION COMMAND [ARG]...',
  summary: 'Run COMMAND, and end it after DURATION; with 0 never.',
  usageStatus: 125,
  operandsEndOptions: true,
  options: [
    { short: 's', long: 'signal', argument: 'SIGNAL', help: 'send this (default TERM)' },
    { short: 'k', long: 'kill-after', argument: 'DURATION', help: 'then, so much later, KILL' },
    { long: 'preserve-status', help: "end with COMMAND's status also when it was late" },
    { short: 'v', long: 'verbose', help: 'tell what is sent' },
  ],
  *run(parsed, { env: environment }) {
    const name = parsed.value('signal') ?? 'TERM';
    const signal = parseSignal(name);
    if (signal === null) throw new UsageError(`‘${name}’: invalid signal`);
    const patience = parsed.value('kill-after') === null ? 0 : durationOf(parsed.value('kill-after')!);
    const [text, ...argv] = parsed.operands;
    if (text === undefined || argv.length === 0) throw new UsageError('missing operand');
    const limit = durationOf(text);
    const pid = yield* sys.fork(() => runFound('timeout', argv, environment, failedTo));
    const told = parsed.has('verbose') ? argv[0]! : null;
    const first = limit === 0 ? null : yield* watchdog(pid, limit, signal, told);
    const second =
      first === null || patience === 0 ? null : yield* watchdog(pid, limit + patience, 'KILL', told);
    const { state } = yield* sys.wait4(pid);
    const late = first !== null && (yield* calledOff(first));
    const killed = second !== null && (yield* calledOff(second));
    const forced = killed || (late && signal === 'KILL');
    if (late && !forced && !parsed.has('preserve-status')) return 124;
    if (state.kind !== 'signaled') return state.kind === 'exited' ? state.code : 1;
    // Whoever waits is to see the same end; KILL goes to this process too.
    if (forced || !late) yield* sys.kill(yield* sys.getpid(), state.signal);
    return 128 + signalNumber(state.signal);
  },
};
