/** nproc(1), uptime(1), printenv(1). */
import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, UsageError } from '../options.ts';
import { complain, orNull, pad } from '../support.ts';
import { formatDate } from './dateText.ts';

/** A number of threads as OMP_NUM_THREADS has it: of a list the first; null for what is none. */
function threads(text: string | undefined): number | null {
  const digits = /^\s*(\d+)\s*(?:,|$)/.exec(text ?? '')?.[1];
  return digits === undefined || Number(digits) === 0 ? null : Number(digits);
}

/** What coreutils' num_processors tells a program with OpenMP. */
function forOpenMp(env: ReadonlyMap<string, string>, usable: number): number {
  const wanted = threads(env.get('OMP_NUM_THREADS')) ?? usable;
  return Math.min(wanted, threads(env.get('OMP_THREAD_LIMIT')) ?? wanted);
}

export const nproc: CommandSpec = {
  name: 'nproc',
  usage: '[OPTION]...',
  summary: 'Print how many processors there are.',
  options: [
    { long: 'all', help: 'all that are installed, not those that this process may use' },
    { long: 'ignore', argument: 'N', help: 'N fewer, but at least 1' },
  ],
  *run(parsed, { env }) {
    if (parsed.operands.length > 0) throw new UsageError(`extra operand ‘${parsed.operands[0]}’`);
    const ignore = parsed.value('ignore') ?? '0';
    if (!/^\d+$/.test(ignore)) throw new UsageError(`invalid number: ‘${ignore}’`);
    const text = decodeUtf8(yield* readFile('/proc/cpuinfo'));
    const installed = text.match(/^processor\t/gm)?.length ?? 1;
    const count = parsed.has('all') ? installed : forOpenMp(env, (yield* sys.sched_getaffinity(0)).length);
    yield* writeAll(1, `${Math.max(1, count - Number(ignore))}\n`);
    return 0;
  },
};

/** Null where no /proc is mounted. */
function* secondsUp(): Sys<number | null> {
  if ((yield* orNull(() => sys.stat('/proc/uptime'), 'ENOENT')) === null) return null;
  return Math.floor(Number(decodeUtf8(yield* readFile('/proc/uptime')).split(' ')[0]));
}

/** Processes that ran or wanted to, on average over 1, 5 and 15 minutes. */
export function* loads(): Sys<string[]> {
  return decodeUtf8(yield* readFile('/proc/loadavg'))
    .split(' ')
    .slice(0, 3);
}

/** `5 min`, `1:03`, `2 days, 1:03`. */
export function upTime(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  const start = days === 0 ? '' : `${days} day${days === 1 ? '' : 's'}, `;
  return start + (hours === 0 ? `${minutes} min` : `${String(hours).padStart(2)}:${pad(minutes)}`);
}

function pretty(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 604_800), 'week'],
    [Math.floor(seconds / 86_400) % 7, 'day'],
    [Math.floor(seconds / 3600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
  ] as const;
  const shown = parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`);
  return `up ${shown.length === 0 ? '0 minutes' : shown.join(', ')}`;
}

export const uptime: CommandSpec = {
  name: 'uptime',
  usage: '[OPTION]',
  summary: 'Tell how long the host has been running.',
  options: [
    { short: 'p', long: 'pretty', help: 'in words' },
    { short: 's', long: 'since', help: 'the time at which it started' },
  ],
  *run(parsed) {
    const up = yield* secondsUp();
    if (up === null) {
      yield* complain('uptime', 'Cannot get system uptime: No such file or directory');
      return 1;
    }
    const now = yield* sys.clock_gettime('realtime');
    const text = parsed.has('pretty')
      ? pretty(up)
      : parsed.has('since')
        ? formatDate('%Y-%m-%d %H:%M:%S', { sec: now.sec - up, nsec: 0 })
        : ` ${formatDate('%H:%M:%S', now)} up ${upTime(up)},  load average: ${(yield* loads()).join(', ')}`;
    yield* writeAll(1, `${text}\n`);
    return 0;
  },
};

export const printenv: CommandSpec = {
  name: 'printenv',
  usage: '[OPTION]... [NAME]...',
  summary: 'Print the environment, or the values of the variables NAMEd.',
  usageStatus: 2,
  operandsEndOptions: true,
  options: [{ short: '0', long: 'null', help: 'lines end in NUL' }],
  *run(parsed, { env }) {
    const end = parsed.has('null') ? '\0' : '\n';
    if (parsed.operands.length === 0) {
      yield* writeAll(1, [...env].map(([name, value]) => `${name}=${value}${end}`).join(''));
      return 0;
    }
    const values = parsed.operands.map((name) => env.get(name));
    yield* writeAll(1, values.map((value) => (value === undefined ? '' : `${value}${end}`)).join(''));
    return values.includes(undefined) ? 1 : 0;
  },
};
