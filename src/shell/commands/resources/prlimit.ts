/** prlimit(1): limits of a process, and commands with other limits. */
import { isOsError, strerror } from '../../../base/index.ts';
import { type Limit, RESOURCES, type ResourceName, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { runFound } from '../processes/running.ts';
import { complain } from '../support.ts';

/** In the order in which all are listed: letter, what it is, and its unit where that differs from the kernel's. */
const rows = {
  as: ['v', 'address space limit'],
  core: ['c', 'max core file size'],
  cpu: ['t', 'CPU time'],
  data: ['d', 'max data size'],
  fsize: ['f', 'max file size'],
  locks: ['x', 'max number of file locks held'],
  memlock: ['l', 'max locked-in-memory address space'],
  msgqueue: ['q', 'max bytes in POSIX mqueues'],
  nice: ['e', 'max nice prio allowed to raise'],
  nofile: ['n', 'max number of open files'],
  nproc: ['u', 'max number of processes'],
  rss: ['m', 'max resident set size'],
  rtprio: ['r', 'max real-time priority'],
  rttime: ['y', 'timeout for real-time tasks'],
  sigpending: ['i', 'max number of pending signals'],
  stack: ['s', 'max stack size'],
} as const satisfies Record<ResourceName, readonly [string, string]>;

const names = Object.keys(rows) as ResourceName[];

type Column = 'RESOURCE' | 'DESCRIPTION' | 'SOFT' | 'HARD' | 'UNITS';
const columns: readonly Column[] = ['RESOURCE', 'DESCRIPTION', 'SOFT', 'HARD', 'UNITS'];
const rightAligned: ReadonlySet<Column> = new Set<Column>(['SOFT', 'HARD']);

const show = (value: number) => (value === Number.POSITIVE_INFINITY ? 'unlimited' : `${value}`);

function cell(name: ResourceName, limit: Limit, column: Column): string {
  const unit = RESOURCES[name].unit;
  switch (column) {
    case 'RESOURCE':
      return name.toUpperCase();
    case 'DESCRIPTION':
      return rows[name][1];
    case 'SOFT':
      return show(limit.soft);
    case 'HARD':
      return show(limit.hard);
    default:
      return unit === 'us' ? 'microsecs' : unit;
  }
}

/** `SOFT:HARD`, with what is left out as it was; one number is both. Null: not understood. */
function parseLimit(text: string, before: Limit): Limit | null {
  const match = /^(\d+|unlimited|-1)?(:)?(\d+|unlimited|-1)?$/.exec(text.replace(/^=/, ''));
  if (match === null || (match[1] === undefined && match[3] === undefined)) return null;
  const value = (part: string | undefined, otherwise: number) =>
    part === undefined ? otherwise : /^\d/.test(part) ? Number(part) : Number.POSITIVE_INFINITY;
  if (match[2] === undefined) return { soft: value(match[1], 0), hard: value(match[1], 0) };
  return { soft: value(match[1], before.soft), hard: value(match[3], before.hard) };
}

/** Runs `body` and says what it failed at, if it does. */
function* orComplaint<T>(verb: 'get' | 'set', name: ResourceName, body: () => Sys<T>): Sys<T | null> {
  try {
    return yield* body();
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* complain(
      'prlimit',
      `failed to ${verb} the ${name.toUpperCase()} resource limit: ${strerror(error.code)}`,
    );
    return null;
  }
}

function* set(pid: number, name: ResourceName, text: string): Sys<boolean> {
  const before = yield* orComplaint('get', name, () => sys.prlimit(pid, name));
  if (before === null) return false;
  const limit = parseLimit(text, before);
  if (limit === null) {
    yield* complain('prlimit', `failed to parse ${name.toUpperCase()} limit`);
    return false;
  }
  if (limit.soft > limit.hard) {
    yield* complain('prlimit', `the soft limit ${name.toUpperCase()} cannot exceed the hard limit`);
    return false;
  }
  return (yield* orComplaint('set', name, () => sys.prlimit(pid, name, limit))) !== null;
}

function* list(parsed: Parsed, pid: number, asked: readonly ResourceName[]): Sys<number> {
  const wanted = (parsed.value('output') ?? columns.join(',')).split(',') as Column[];
  for (const column of wanted)
    if (!columns.includes(column)) {
      yield* complain('prlimit', `unknown column: ${column}`);
      return 1;
    }
  const lines: string[][] = [[...wanted]];
  for (const name of asked) {
    const limit = yield* orComplaint('get', name, () => sys.prlimit(pid, name));
    if (limit === null) return 1;
    lines.push(wanted.map((column) => cell(name, limit, column)));
  }
  const widths = wanted.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const padded = (text: string, i: number) =>
    parsed.has('raw')
      ? text.replaceAll(' ', '\\x20')
      : rightAligned.has(wanted[i]!)
        ? text.padStart(widths[i]!)
        : i === wanted.length - 1
          ? text
          : text.padEnd(widths[i]!);
  const shown = parsed.has('noheadings') ? lines.slice(1) : lines;
  yield* writeAll(1, shown.map((line) => `${line.map(padded).join(' ')}\n`).join(''));
  return 0;
}

export const prlimit: CommandSpec = {
  name: 'prlimit',
  usage: '[OPTION]... [-p PID] [COMMAND [ARG]...]',
  summary: 'Show or change the limits of a process, or run COMMAND with others.',
  operandsEndOptions: true,
  options: [
    { short: 'p', long: 'pid', argument: 'PID', help: 'this process' },
    { short: 'o', long: 'output', argument: 'LIST', help: `columns: ${columns.join(',')}` },
    { long: 'noheadings', help: 'no header line' },
    { long: 'raw', help: 'no padding' },
    ...names.map((name) => ({
      short: rows[name][0],
      long: name,
      argument: 'SOFT:HARD',
      optional: true,
      help: rows[name][1],
    })),
  ],
  *run(parsed, { env }) {
    const pidText = parsed.value('pid');
    if (pidText !== null && !/^\d+$/.test(pidText)) {
      yield* complain('prlimit', `invalid PID argument: '${pidText}'`);
      return 1;
    }
    if (pidText !== null && parsed.operands.length > 0)
      throw new UsageError('options --pid and COMMAND are mutually exclusive');
    const pid = Number(pidText ?? 0);
    const asked = names.filter((name) => parsed.has(name));
    const changes = asked.filter((name) => parsed.value(name) !== '');
    for (const name of changes) if (!(yield* set(pid, name, parsed.value(name)!))) return 1;
    const questions = asked.filter((name) => parsed.value(name) === '');
    if (questions.length > 0 || (changes.length === 0 && parsed.operands.length === 0)) {
      const status = yield* list(parsed, pid, questions.length > 0 ? questions : names);
      if (status !== 0) return status;
    }
    return parsed.operands.length === 0
      ? 0
      : yield* runFound('prlimit', parsed.operands, env, (command) => `failed to execute ${command}`);
  },
};
