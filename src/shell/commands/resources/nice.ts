/** nice(1) and renice(1). */
import { isOsError, strerror } from '../../../base/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { runFound } from '../processes/running.ts';
import { complain } from '../support.ts';

const integer = (text: string) => (/^[-+]?\d+$/.test(text) ? Number(text) : null);

/** `-5` and `--5` as `-n 5` and `-n -5`. */
function oldForm(argv: readonly string[]): readonly string[] {
  const [name = '', first, ...rest] = argv;
  const match = /^-([-+]?\d+)$/.exec(first ?? '');
  return match === null ? argv : [name, '-n', match[1]!, ...rest];
}

export const nice: CommandSpec = {
  name: 'nice',
  rewrite: oldForm,
  usage: '[OPTION] [COMMAND [ARG]...]',
  summary: 'Run COMMAND with another nice value, or print the own one.',
  usageStatus: 125,
  operandsEndOptions: true,
  options: [{ short: 'n', long: 'adjustment', argument: 'N', help: 'add N (default 10)' }],
  *run(parsed, { env }) {
    const text = parsed.value('adjustment');
    const own = yield* sys.getpriority(0);
    if (parsed.operands.length === 0) {
      if (text !== null) throw new UsageError('a command must be given with an adjustment');
      yield* writeAll(1, `${own}\n`);
      return 0;
    }
    const adjustment = integer(text ?? '10');
    if (adjustment === null) {
      yield* complain('nice', `invalid adjustment ‘${text}’`);
      return 125;
    }
    try {
      yield* sys.setpriority(0, own + adjustment);
    } catch (error) {
      // The command runs all the same.
      if (!isOsError(error)) throw error;
      yield* complain('nice', `cannot set niceness: ${error.message}`);
    }
    return yield* runFound('nice', parsed.operands, env);
  },
};

function* change(pid: number, wanted: number, relative: boolean): Sys<boolean> {
  let asked = 'get';
  try {
    const before = yield* sys.getpriority(pid);
    asked = 'set';
    yield* sys.setpriority(pid, relative ? before + wanted : wanted);
    const after = yield* sys.getpriority(pid);
    yield* writeAll(1, `${pid} (process ID) old priority ${before}, new priority ${after}\n`);
    return true;
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* complain('renice', `failed to ${asked} priority for ${pid} (process ID): ${strerror(error.code)}`);
    return false;
  }
}

/** A negative value is no bundle of letters. */
function withPriority(argv: readonly string[]): readonly string[] {
  const [name = '', first, ...rest] = argv;
  return first !== undefined && /^-\d+$/.test(first) ? [name, '-n', first, ...rest] : argv;
}

export const renice: CommandSpec = {
  name: 'renice',
  rewrite: withPriority,
  usage: '[-n] PRIORITY [-p] PID...',
  summary: 'Change the nice value of running processes.',
  options: [
    { short: 'n', argument: 'N', help: 'the nice value' },
    { long: 'priority', argument: 'N', help: 'the nice value' },
    { long: 'relative', argument: 'N', help: 'so much more than it is' },
    { short: 'p', long: 'pid', help: 'the operands are process numbers, as they are anyhow' },
  ],
  *run(parsed) {
    const pids = [...parsed.operands];
    const relative = parsed.value('relative');
    const text = relative ?? parsed.value('priority') ?? parsed.value('n') ?? pids.shift();
    if (text === undefined || pids.length === 0) throw new UsageError('not enough arguments');
    const value = integer(text);
    if (value === null) throw new UsageError(`invalid priority '${text}'`);
    let status = 0;
    for (const pid of pids) {
      if (!/^\d+$/.test(pid)) {
        yield* complain('renice', `bad process ID value: ${pid}`);
        status = 1;
      } else if (!(yield* change(Number(pid), value, relative !== null))) status = 1;
    }
    return status;
  },
};
