/** kill(1), pkill(1), pgrep(1), pidof(1). */
import { isOsError, strerror } from '../../../base/index.ts';
import {
  parseSignal,
  type SignalName,
  type Sys,
  signalNames,
  signalNumber,
  sys,
  writeAll,
} from '../../../linux/index.ts';
import { Regex, RegexProblem } from '../../regex/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { accounts, complain } from '../support.ts';
import { type ProcessRow, processes } from './rows.ts';

/** `-9`, `-TERM` and `-SIGTERM` as `-s X`, which getopt cannot tell from a bundle of letters. */
export function signalArgument(argv: readonly string[]): string[] {
  const [name = '', first, ...rest] = argv;
  if (first === undefined) return [name];
  const signal = /^-[A-Z0-9]+$/.test(first) ? parseSignal(first.slice(1)) : null;
  return signal === null ? [...argv] : [name, '-s', signal, ...rest];
}

function signalOf(text: string | null): SignalName | 0 {
  if (text === null) return 'TERM';
  if (text === '0') return 0;
  const signal = parseSignal(text);
  if (signal === null) throw new UsageError(`unknown signal: ${text}`);
  return signal;
}

const signalOption = {
  short: 's',
  long: 'signal',
  argument: 'SIGNAL',
  help: 'a name or number (default TERM)',
};

function* send(name: string, pid: number, signal: SignalName | 0): Sys<boolean> {
  try {
    yield* sys.kill(pid, signal);
    return true;
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* complain(name, `(${pid}): ${strerror(error.code)}`);
    return false;
  }
}

export const kill: CommandSpec = {
  name: 'kill',
  rewrite: signalArgument,
  usage: '[-SIGNAL] PID...',
  summary: 'Send a signal to processes.',
  options: [signalOption, { short: 'l', long: 'list', help: 'the names of all signals' }],
  *run(parsed) {
    if (parsed.has('list')) {
      yield* writeAll(1, `${signalNames.map((name) => `${signalNumber(name)} ${name}`).join('\n')}\n`);
      return 0;
    }
    const signal = signalOf(parsed.value('signal'));
    if (parsed.operands.length === 0) throw new UsageError('not enough arguments');
    let status = 0;
    for (const operand of parsed.operands) {
      if (!/^-?\d+$/.test(operand)) throw new UsageError(`failed to parse argument: '${operand}'`);
      if (!(yield* send('kill', Number(operand), signal))) status = 1;
    }
    return status;
  },
};

/** Throws RegexProblem. */
function matcher(pattern: string, full: boolean, exact: boolean): (row: ProcessRow) => boolean {
  const regex = new Regex([pattern], { extended: true, only: exact ? 'lines' : null, givesUp: true });
  return (row) => regex.test(full ? row.command : row.comm);
}

/** What both do when the pattern is malformed. */
function* matching(name: string, body: () => Sys<number>): Sys<number> {
  try {
    return yield* body();
  } catch (error) {
    if (!(error instanceof RegexProblem)) throw error;
    yield* complain(name, `regex error: ${error.message}`);
    return 2;
  }
}

const choosing = [
  { short: 'f', long: 'full', help: 'match the whole command line' },
  { short: 'x', long: 'exact', help: 'match it exactly' },
  { short: 'u', long: 'euid', argument: 'USER', help: 'processes of USER' },
  { short: 'P', long: 'parent', argument: 'PID', help: 'children of PID' },
  { short: 'n', long: 'newest', help: 'only the one started last' },
  { short: 'o', long: 'oldest', help: 'only the one started first' },
];

function* chosen(parsed: Parameters<CommandSpec['run']>[0]): Sys<ProcessRow[]> {
  const [pattern = ''] = parsed.operands;
  const user = parsed.value('euid');
  const parent = parsed.value('parent');
  if (pattern === '' && user === null && parent === null)
    throw new UsageError('no matching criteria specified');
  const uid =
    user === null
      ? null
      : ((yield* accounts()).find((account) => account.name === user)?.uid ?? Number(user));
  const matches = matcher(pattern, parsed.has('full'), parsed.has('exact'));
  const self = yield* sys.getpid();
  const rows = (yield* processes()).filter(
    (row) =>
      row.pid !== self &&
      matches(row) &&
      (uid === null || row.uid === uid) &&
      (parent === null || row.ppid === Number(parent)),
  );
  // Of those that started at the same moment the number decides.
  const byAge = [...rows].sort((a, b) => a.start - b.start || a.pid - b.pid);
  if (parsed.has('newest')) return byAge.slice(-1);
  return parsed.has('oldest') ? byAge.slice(0, 1) : rows;
}

export const pgrep: CommandSpec = {
  name: 'pgrep',
  usage: '[OPTION]... PATTERN',
  summary: 'Print the numbers of processes whose name matches.',
  usageStatus: 2,
  options: [
    ...choosing,
    { short: 'c', long: 'count', help: 'only how many' },
    { short: 'l', long: 'list-name', help: 'names too' },
    { short: 'a', long: 'list-full', help: 'command lines too' },
  ],
  run: (parsed) =>
    matching('pgrep', function* () {
      const rows = yield* chosen(parsed);
      const extra = (row: ProcessRow) =>
        parsed.has('list-full') ? ` ${row.command}` : parsed.has('list-name') ? ` ${row.comm}` : '';
      const lines = rows.map((row) => `${row.pid}${extra(row)}\n`).join('');
      yield* writeAll(1, parsed.has('count') ? `${rows.length}\n` : lines);
      return rows.length === 0 ? 1 : 0;
    }),
};

export const pkill: CommandSpec = {
  name: 'pkill',
  rewrite: signalArgument,
  usage: '[-SIGNAL] [OPTION]... PATTERN',
  summary: 'Send a signal to the processes whose name matches.',
  usageStatus: 2,
  options: [signalOption, ...choosing],
  run: (parsed) =>
    matching('pkill', function* () {
      const signal = signalOf(parsed.value('signal'));
      const rows = yield* chosen(parsed);
      let sent = 0;
      for (const row of rows) if (yield* send('pkill', row.pid, signal)) sent++;
      return sent === 0 ? 1 : 0;
    }),
};

export const pidof: CommandSpec = {
  name: 'pidof',
  usage: 'NAME...',
  summary: 'Print the numbers of the processes that run a program.',
  options: [],
  *run(parsed) {
    const rows = (yield* processes()).filter((row) => parsed.operands.includes(row.comm));
    if (rows.length > 0)
      yield* writeAll(
        1,
        `${rows
          .map((row) => row.pid)
          .reverse()
          .join(' ')}\n`,
      );
    return rows.length === 0 ? 1 : 0;
  },
};
