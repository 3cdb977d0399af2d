/** ps(1), from /proc. */
import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import type { CommandSpec } from '../options.ts';
import { accounts, calendar, MONTHS, namesIn, orNull, pad } from '../support.ts';

export interface ProcessRow {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly uid: number;
  readonly comm: string;
  readonly command: string;
  readonly state: string;
  /** `pts/0`, or `?`. */
  readonly tty: string;
  /** CPU time and start, in clock ticks of a hundredth of a second. */
  readonly ticks: number;
  readonly start: number;
}

/** All processes that /proc shows, by number. */
export function* processes(): Sys<ProcessRow[]> {
  const rows: ProcessRow[] = [];
  for (const name of yield* namesIn('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const row = yield* orNull(() => processRow(name), 'ENOENT', 'ESRCH');
    if (row !== null) rows.push(row);
  }
  return rows.sort((a, b) => a.pid - b.pid);
}

function* processRow(name: string): Sys<ProcessRow> {
  const text = function* (file: string): Sys<string> {
    return decodeUtf8(yield* readFile(`/proc/${name}/${file}`));
  };
  const stat = yield* text('stat');
  const end = stat.lastIndexOf(')');
  const comm = stat.slice(stat.indexOf('(') + 1, end);
  const fields = stat
    .slice(end + 2)
    .trim()
    .split(' ');
  const number = (index: number) => Number(fields[index]);
  const device = number(4);
  const argv = (yield* text('cmdline')).split('\0').slice(0, -1);
  const uid = Number(/^Uid:\t(\d+)\t(\d+)/m.exec(yield* text('status'))?.[2]);
  return {
    pid: Number(name),
    ppid: number(1),
    pgid: number(2),
    sid: number(3),
    uid,
    comm,
    command: argv.length === 0 ? `[${comm}]` : argv.join(' '),
    state: fields[0]!,
    tty: device === 0 ? '?' : `pts/${device & 0xff}`,
    ticks: number(11) + number(12),
    start: number(19),
  };
}

interface Column {
  readonly head: string;
  readonly right?: boolean;
  readonly text: (row: ProcessRow, names: ReadonlyMap<number, string>, now: number) => string;
}

const clockTime = (ticks: number) => {
  const seconds = Math.floor(ticks / 100);
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
};

function startTime(row: ProcessRow, boot: number): string {
  const { month, day, hour, minute } = calendar(boot + Math.floor(row.start / 100));
  return row.start > 8_640_000 ? `${MONTHS[month - 1]}${pad(day)}` : `${pad(hour)}:${pad(minute)}`;
}

const columns: Record<string, Column> = {
  pid: { head: 'PID', right: true, text: (row) => `${row.pid}` },
  ppid: { head: 'PPID', right: true, text: (row) => `${row.ppid}` },
  pgid: { head: 'PGID', right: true, text: (row) => `${row.pgid}` },
  sid: { head: 'SID', right: true, text: (row) => `${row.sid}` },
  uid: { head: 'UID', right: true, text: (row) => `${row.uid}` },
  user: { head: 'USER', text: (row, names) => names.get(row.uid) ?? `${row.uid}` },
  tty: { head: 'TTY', text: (row) => row.tty },
  stat: { head: 'STAT', text: (row) => row.state },
  s: { head: 'S', text: (row) => row.state },
  time: { head: 'TIME', right: true, text: (row) => clockTime(row.ticks) },
  stime: { head: 'STIME', text: (row, _, boot) => startTime(row, boot) },
  comm: { head: 'COMMAND', text: (row) => row.comm },
  cmd: { head: 'CMD', text: (row) => row.command },
  args: { head: 'COMMAND', text: (row) => row.command },
};
const aliases: Record<string, string> = {
  command: 'args',
  tt: 'tty',
  euser: 'user',
  start: 'stime',
  state: 's',
  ucmd: 'comm',
};

export const ps: CommandSpec = {
  name: 'ps',
  usage: '[OPTION]...  or  ps aux',
  summary: 'Show processes: by default those of this terminal.',
  options: [
    { short: 'e', help: 'all processes' },
    { short: 'A', help: 'all processes' },
    { short: 'f', help: 'full listing' },
    { short: 'o', long: 'format', argument: 'LIST', help: `columns: ${Object.keys(columns).join(',')}` },
    { short: 'p', long: 'pid', argument: 'LIST', help: 'these processes' },
    { long: 'ppid', argument: 'LIST', help: 'children of these' },
    { long: 'no-headers', help: 'no header line' },
  ],
  *run(parsed) {
    // BSD style: letters without a dash.
    const letters = parsed.operands.join('');
    if (/[^auxwe]/.test(letters)) {
      yield* writeAll(
        2,
        `error: unsupported option (BSD syntax): ${letters}\nTry 'ps --help' for more information.\n`,
      );
      return 1;
    }
    const all = parsed.has('e') || parsed.has('A') || letters.includes('x');
    const own = yield* sys.getpid();
    const rows = yield* processes();
    const me = rows.find((row) => row.pid === own)!;
    const list = (key: string) => parsed.value(key)?.split(/[, ]+/).map(Number) ?? null;
    const pids = list('pid');
    const parents = list('ppid');
    const shown = rows.filter((row) => {
      if (pids !== null || parents !== null) return pids?.includes(row.pid) || parents?.includes(row.ppid);
      return all || (row.uid === me.uid && row.tty === me.tty);
    });
    const full = parsed.has('f') ? 'uid_name,pid,ppid,stime,tty,time,cmd' : 'pid,tty,time,ucmd';
    const format = parsed.value('format') ?? (letters !== '' ? 'user,pid,stat,tty,stime,time,args' : full);
    const chosen: Column[] = [];
    for (const item of format.split(/[, ]+/)) {
      const [name = '', head] = item.split('=');
      const column =
        name === 'uid_name'
          ? { ...columns['user']!, head: 'UID' }
          : name === 'ucmd'
            ? { ...columns['comm']!, head: 'CMD' }
            : columns[aliases[name] ?? name];
      if (column === undefined) {
        yield* writeAll(2, `error: unknown user-defined format specifier "${name}"\n`);
        return 1;
      }
      chosen.push(head === undefined ? column : { ...column, head });
    }
    yield* writeAll(1, yield* table(chosen, shown, !parsed.has('no-headers')));
    return shown.length === 0 ? 1 : 0;
  },
};

function* table(chosen: readonly Column[], rows: readonly ProcessRow[], headers: boolean): Sys<string> {
  const names = new Map((yield* accounts()).map((account) => [account.uid, account.name]));
  const real = yield* sys.clock_gettime('realtime');
  const since = yield* sys.clock_gettime('monotonic');
  const boot = real.sec - since.sec;
  const cells = rows.map((row) => chosen.map((column) => column.text(row, names, boot)));
  const wanted =
    headers && chosen.some((column) => column.head !== '')
      ? [chosen.map((column) => column.head), ...cells]
      : cells;
  const widths = chosen.map((column, i) =>
    Math.max(column.right ? 5 : 3, ...wanted.map((row) => row[i]!.length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) =>
        chosen[i]!.right ? cell.padStart(widths[i]!) : i === row.length - 1 ? cell : cell.padEnd(widths[i]!),
      )
      .join(' ');
  return wanted.map((row) => `${line(row)}\n`).join('');
}
