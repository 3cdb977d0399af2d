/** sleep(1), env(1), xargs(1), timeout(1): commands that wait or run others. */
import { isOsError, SECOND, strerror } from '../../../base/index.ts';
import {
  type ProgramContext,
  parseSignal,
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
      if (part === null) throw new UsageError(`invalid time interval '${text}'`);
      total += part;
    }
    yield* waitFor(total);
    return 0;
  },
};

/** Replaces this process by the command found in PATH. Returns 126 or 127 with a message when it cannot. */
export function* runFound(
  name: string,
  argv: readonly string[],
  env: ReadonlyMap<string, string>,
  what = '',
): Sys<number> {
  const command = argv[0]!;
  const folders = command.includes('/') ? [''] : (env.get('PATH') ?? '/usr/bin').split(':');
  let code: 'ENOENT' | 'EACCES' | 'ENOEXEC' = 'ENOENT';
  for (const folder of folders) {
    const path = folder === '' ? command : `${folder}/${command}`;
    try {
      yield* sys.execve(path, argv, env);
    } catch (error) {
      if (!isOsError(error)) throw error;
      if (error.code === 'EACCES' || error.code === 'ENOEXEC') code = error.code;
    }
  }
  yield* complain(name, `${what}'${command}': ${strerror(code)}`);
  return code === 'ENOENT' ? 127 : 126;
}

/** Runs a command as a child and waits; its exit status as a shell gives it. */
export function* runChild(
  name: string,
  argv: readonly string[],
  env: ReadonlyMap<string, string>,
): Sys<number> {
  const pid = yield* sys.fork(() => runFound(name, argv, env));
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

export const xargs: CommandSpec = {
  name: 'xargs',
  usage: '[OPTION]... [COMMAND [ARG]...]',
  summary: 'Run COMMAND with arguments from standard input.',
  operandsEndOptions: true,
  options: [
    { short: '0', long: 'null', help: 'arguments end in NUL' },
    { short: 'n', long: 'max-args', argument: 'N', help: 'at most N arguments a command' },
    { short: 'I', argument: 'TEXT', help: 'one command a line, TEXT replaced by the line' },
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
    let status = 0;
    for (const argv of batches) {
      const ended = yield* runChild('xargs', argv, environment);
      if (ended === 126 || ended === 127) return ended;
      if (ended !== 0) status = 123;
    }
    return status;
  },
};

export const timeout: CommandSpec = {
  name: 'timeout',
  usage: '[OPTION] DURATION COMMAND [ARG]...',
  summary: 'Run COMMAND, and end it after DURATION.',
  usageStatus: 125,
  operandsEndOptions: true,
  options: [{ short: 's', long: 'signal', argument: 'SIGNAL', help: 'send this (default TERM)' }],
  *run(parsed, { env: environment }) {
    const [text, ...argv] = parsed.operands;
    const limit = duration(text ?? '');
    const name = parsed.value('signal') ?? 'TERM';
    const signal = parseSignal(name);
    if (signal === null) throw new UsageError(`‘${name}’: invalid signal`);
    if (limit === null || argv.length === 0)
      throw new UsageError(limit === null ? `invalid time interval '${text}'` : 'missing operand');
    const pid = yield* sys.fork(() => runFound('timeout', argv, environment));
    const watchdog = yield* sys.fork(function* () {
      yield* waitFor(limit);
      yield* orNull(() => sys.kill(pid, signal));
      return 124;
    });
    const { state } = yield* sys.wait4(pid);
    yield* orNull(() => sys.kill(watchdog, 'KILL'));
    const late = (yield* sys.wait4(watchdog)).state.kind === 'exited';
    if (late && signal !== 'KILL') return 124;
    return state.kind === 'exited'
      ? state.code
      : state.kind === 'signaled'
        ? 128 + signalNumber(state.signal)
        : 1;
  },
};
