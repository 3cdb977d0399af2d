/** top(1), of what /proc of a simulated host tells: processes, their states, their processor time. */
import { decodeUtf8, SECOND } from '../../../../base/index.ts';
import { readFile, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../../options.ts';
import { type ProcessRow, processes } from '../../processes/rows.ts';
import { accounts, complain, orNull, pad } from '../../support.ts';
import { loads, upTime } from '../../system/counting.ts';
import { REVERSE, visibleForm } from '../cells.ts';
import { bar, Frame, fitted, plainRow, type Row } from '../frame.ts';
import { keyName } from '../less/bottomLine.ts';
import { type Input, isTerminal, Terminal } from '../terminal.ts';
import { monotonic, secondsOf, waitFor } from './timing.ts';

const TICK = SECOND / 100;
const HEADER = '    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND';

interface Sample {
  readonly at: number;
  readonly rows: readonly ProcessRow[];
  /** Ticks of all processors: user, nice, system, idle. */
  readonly cpu: readonly number[];
  readonly memory: Readonly<Record<'total' | 'free' | 'available' | 'cache' | 'swap', number>>;
}

function* memory(): Sys<Sample['memory']> {
  const text = decodeUtf8(yield* readFile('/proc/meminfo'));
  const kib = (name: string) => Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return {
    total: kib('MemTotal'),
    free: kib('MemFree'),
    available: kib('MemAvailable'),
    cache: kib('Buffers') + kib('Cached'),
    swap: kib('SwapTotal'),
  };
}

function* sample(pids: readonly number[] | null): Sys<Sample> {
  const rows = yield* processes();
  return {
    at: yield* monotonic(),
    rows: pids === null ? rows : rows.filter((row) => pids.includes(row.pid)),
    cpu: /^cpu +(.*)$/m
      .exec(decodeUtf8(yield* readFile('/proc/stat')))![1]!
      .split(' ')
      .slice(0, 4)
      .map(Number),
    memory: yield* memory(),
  };
}

/** Percent of one processor since the sample before; since the start, for a process that is not in it. */
function usage(row: ProcessRow, now: Sample, before: Sample | null): number {
  const old = before?.rows.find((one) => one.pid === row.pid && one.start === row.start);
  const ticks = row.ticks - (old?.ticks ?? 0);
  const since = old === undefined ? row.start * TICK : before!.at;
  return now.at <= since ? 0 : (100 * ticks * TICK) / (now.at - since);
}

function cpuTime(ticks: number): string {
  const minutes = Math.floor(ticks / 6000);
  return `${minutes}:${pad(Math.floor(ticks / 100) % 60)}.${pad(ticks % 100)}`;
}

/** Of the time between two looks; of all time, for the first. */
function processorLine(now: Sample, before: Sample | null): string {
  const ticks = now.cpu.map((value, i) => value - (before?.cpu[i] ?? 0));
  const all = ticks.reduce((sum, value) => sum + value, 0);
  const part = (value: number) => (all === 0 ? 0 : (100 * value) / all).toFixed(1).padStart(5);
  const [user = 0, nice = 0, system = 0, idle = 0] = ticks;
  return `%Cpu(s):${part(user)} us,${part(system)} sy,${part(nice)} ni,${part(idle)} id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st`;
}

function memoryLines({ memory: { total, free, available, cache, swap } }: Sample): string[] {
  const mib = (kib: number) => (kib / 1024).toFixed(1).padStart(9);
  return [
    `MiB Mem :${mib(total)} total,${mib(free)} free,${mib(total - available)} used,${mib(cache)} buff/cache`,
    `MiB Swap:${mib(swap)} total,${mib(swap)} free,${mib(0)} used.${mib(available)} avail Mem`,
  ];
}

function* summary(now: Sample, before: Sample | null): Sys<string[]> {
  const { rows } = now;
  const { sec } = yield* sys.clock_gettime('realtime');
  const day = ((sec % 86_400) + 86_400) % 86_400;
  const up = Math.floor(Number(decodeUtf8(yield* readFile('/proc/uptime')).split(' ')[0]));
  const clock = `${pad(Math.floor(day / 3600))}:${pad(Math.floor(day / 60) % 60)}:${pad(day % 60)}`;
  const count = (...states: string[]) =>
    String(rows.filter((row) => states.includes(row.state)).length).padStart(3);
  return [
    `top - ${clock} up ${upTime(up)},  load average: ${(yield* loads()).join(', ')}`,
    `Tasks: ${String(rows.length).padStart(3)} total, ${count('R')} running, ${count('S', 'D')} sleeping, ${count('T')} stopped, ${count('Z')} zombie`,
    processorLine(now, before),
    ...memoryLines(now),
  ];
}

function* lines(now: Sample, before: Sample | null): Sys<{ head: string[]; rows: string[] }> {
  const names = new Map((yield* accounts()).map((account) => [account.uid, account.name]));
  const rows = now.rows
    .map((row) => ({ row, cpu: usage(row, now, before) }))
    .sort((a, b) => b.cpu - a.cpu || a.row.pid - b.row.pid)
    .map(({ row, cpu }) => {
      const user = (names.get(row.uid) ?? `${row.uid}`).slice(0, 8).padEnd(8);
      const name = [...row.comm].map((char) => visibleForm(char) ?? char).join('');
      const right = (value: number, width: number) => String(value).padStart(width);
      const share = ((100 * row.rss) / now.memory.total).toFixed(1);
      const sizes = `${right(row.vsz, 7)} ${right(row.rss, 6)} ${right(row.shared, 6)}`;
      return `${right(row.pid, 7)} ${user} ${right(20 + row.nice, 3)} ${right(row.nice, 3)} ${sizes} ${row.state} ${cpu.toFixed(1).padStart(5)} ${share.padStart(5)} ${cpuTime(row.ticks).padStart(9)} ${name}`;
    });
  return { head: [...(yield* summary(now, before)), '', HEADER], rows };
}

function* batch(count: number, interval: number, pids: readonly number[] | null): Sys<number> {
  let before: Sample | null = null;
  for (let i = 0; i < count; i++) {
    if (i > 0) yield* sys.nanosleep(interval * SECOND);
    const now: Sample = yield* sample(pids);
    const { head, rows } = yield* lines(now, before);
    yield* writeAll(1, `${i > 0 ? '\n' : ''}${[...head, ...rows].join('\n')}\n`);
    before = now;
  }
  return 0;
}

function* onScreen(
  terminal: Terminal,
  count: number,
  interval: number,
  pids: readonly number[] | null,
): Sys<number> {
  const frame = new Frame(terminal);
  let before: Sample | null = null;
  const ends = (input: Input) =>
    ['interrupt', 'end'].includes(input.kind) || ['q', 'Q'].includes(keyName(input));
  for (let i = 0; i < count; i++) {
    const now: Sample = yield* sample(pids);
    const { head, rows } = yield* lines(now, before);
    const { cols } = terminal;
    const title = head.pop()!;
    const shown: Row[] = [
      ...head.map((line) => plainRow(fitted(line, cols))),
      bar(title, REVERSE, cols),
      ...rows.map((line) => plainRow(fitted(line, cols))),
    ];
    frame.draw(shown, { row: head.length - 1, col: 0 });
    before = now;
    const deadline = now.at + interval * SECOND;
    const wakes = (input: Input) => ends(input) || input.kind === 'resize' || keyName(input) === ' ';
    const input = yield* waitFor(terminal, deadline, wakes);
    if (input !== null && ends(input)) break;
    if (input?.kind === 'resize') frame.forget();
  }
  return 0;
}

function* run(parsed: Parsed): Sys<number> {
  if (parsed.operands.length > 0) throw new UsageError(`unknown argument '${parsed.operands[0]}'`);
  if ((yield* orNull(() => sys.readlink('/proc/self'), 'ENOENT')) === null) {
    yield* writeAll(2, 'Error, do this: mount -t proc proc /proc\n');
    return 47;
  }
  const interval = secondsOf(parsed.value('d') ?? '3');
  if (interval === null) {
    yield* complain('top', `bad delay interval '${parsed.value('d')}'`);
    return 1;
  }
  const times = parsed.value('n');
  if (times !== null && !/^[1-9]\d*$/.test(times)) {
    yield* complain('top', `bad iterations argument '${times}'`);
    return 1;
  }
  const count = times === null ? Number.POSITIVE_INFINITY : Number(times);
  const pids = parsed.has('p') ? parsed.values('p').flatMap((list) => list.split(',').map(Number)) : null;
  if (parsed.has('b')) return yield* batch(count, interval, pids);
  const terminal = (yield* isTerminal(1))
    ? yield* Terminal.open({ modes: { icanon: false, echo: false } })
    : null;
  if (terminal === null) {
    yield* complain('top', 'failed tty get');
    return 1;
  }
  terminal.useAlternate();
  try {
    return yield* onScreen(terminal, count, interval, pids);
  } finally {
    yield* terminal.leave();
  }
}

export const top: CommandSpec = {
  name: 'top',
  usage: '[OPTION]...',
  summary: 'Show processes by the processor time they use; q leaves, Space looks again.',
  options: [
    { short: 'b', help: 'print one look after the other, for files and pipes' },
    { short: 'd', argument: 'SECONDS', help: 'wait so long in between (default 3)' },
    { short: 'n', argument: 'N', help: 'leave after N looks' },
    { short: 'p', argument: 'PIDS', help: 'only these processes' },
  ],
  run,
};
