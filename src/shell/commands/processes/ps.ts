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
  readonly nice: number;
  readonly threads: number;
  /** KiB. */
  readonly vsz: number;
  readonly rss: number;
  /** Of it what belongs to files. */
  readonly shared: number;
  /** In the foreground of its terminal. */
  readonly foreground: boolean;
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
  const status = yield* text('status');
  const uid = Number(/^Uid:\t(\d+)\t(\d+)/m.exec(status)?.[2]);
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
    nice: number(16),
    threads: number(17),
    vsz: Math.floor(number(20) / 1024),
    rss: number(21) * 4,
    shared: Number(/^RssFile:\t *(\d+)/m.exec(status)?.[1] ?? 0),
    foreground: device !== 0 && number(5) === number(2),
  };
}

interface Column {
  readonly head: string;
  readonly right?: boolean;
  /** At least so wide. */
  readonly width?: number;
  readonly text: (row: ProcessRow, about: About) => string;
}

/** What rows are put in relation to. */
interface About {
  readonly names: ReadonlyMap<number, string>;
  /** Seconds since 1970 at which the host started, and since then. */
  readonly boot: number;
  readonly up: number;
  /** KiB of memory. */
  readonly total: number;
  readonly cgroups: ReadonlyMap<number, string>;
}

const clockTime = (ticks: number) => {
  const seconds = Math.floor(ticks / 100);
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
};

function startTime(row: ProcessRow, boot: number): string {
  const { month, day, hour, minute } = calendar(boot + Math.floor(row.start / 100));
  return row.start > 8_640_000 ? `${MONTHS[month - 1]}${pad(day)}` : `${pad(hour)}:${pad(minute)}`;
}

function minutesOf(ticks: number): string {
  const seconds = Math.floor(ticks / 100);
  return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
}

/** `05:03`, `1:02:03`, `2-01:02:03`. */
function elapsed(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24];
  const rest = `${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
  if (days > 0) return `${days}-${pad(hours)}:${rest}`;
  return hours > 0 ? `${pad(hours)}:${rest}` : rest;
}

/** Percent of a processor since the process began. */
function share(row: ProcessRow, up: number): number {
  const seconds = up - row.start / 100;
  return seconds <= 0 ? 0 : Math.floor((row.ticks * 10) / seconds) / 10;
}

/** The state, and what is special: another nice value, a session's leader, threads, the foreground. */
function stateText(row: ProcessRow): string {
  const nice = row.nice < 0 ? '<' : row.nice > 0 ? 'N' : '';
  return `${row.state}${nice}${row.sid === row.pid ? 's' : ''}${row.threads > 1 ? 'l' : ''}${row.foreground ? '+' : ''}`;
}

const columns: Record<string, Column> = {
  pid: { head: 'PID', right: true, text: (row) => `${row.pid}` },
  ppid: { head: 'PPID', right: true, text: (row) => `${row.ppid}` },
  pgid: { head: 'PGID', right: true, text: (row) => `${row.pgid}` },
  sid: { head: 'SID', right: true, text: (row) => `${row.sid}` },
  uid: { head: 'UID', right: true, text: (row) => `${row.uid}` },
  user: { head: 'USER', text: (row, { names }) => names.get(row.uid) ?? `${row.uid}` },
  tty: { head: 'TTY', text: (row) => row.tty },
  stat: { head: 'STAT', width: 4, text: stateText },
  s: { head: 'S', text: (row) => row.state },
  time: { head: 'TIME', right: true, text: (row) => clockTime(row.ticks) },
  stime: { head: 'STIME', text: (row, { boot }) => startTime(row, boot) },
  bsdtime: { head: 'TIME', right: true, width: 6, text: (row) => minutesOf(row.ticks) },
  etime: { head: 'ELAPSED', right: true, width: 11, text: (row, { up }) => elapsed(up - row.start / 100) },
  pcpu: { head: '%CPU', right: true, width: 4, text: (row, { up }) => share(row, up).toFixed(1) },
  pmem: {
    head: '%MEM',
    right: true,
    width: 4,
    text: (row, { total }) => Math.min(99.9, Math.floor((row.rss * 1000) / total) / 10).toFixed(1),
  },
  ni: { head: 'NI', right: true, width: 3, text: (row) => `${row.nice}` },
  pri: { head: 'PRI', right: true, width: 3, text: (row) => `${19 - row.nice}` },
  vsz: { head: 'VSZ', right: true, width: 6, text: (row) => `${row.vsz}` },
  rss: { head: 'RSS', right: true, text: (row) => `${row.rss}` },
  nlwp: { head: 'NLWP', right: true, width: 4, text: (row) => `${row.threads}` },
  cgroup: { head: 'CGROUP', width: 27, text: (row, { cgroups }) => cgroups.get(row.pid) ?? '-' },
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
  nice: 'ni',
  vsize: 'vsz',
  rssize: 'rss',
  '%cpu': 'pcpu',
  '%mem': 'pmem',
  thcount: 'nlwp',
};

/** As wide as `ps aux` has them. */
const wide: Readonly<Record<string, Column>> = {
  wide_user: { ...columns['user']!, width: 8 },
  wide_tty: { ...columns['tty']!, width: 8 },
  start_time: { ...columns['stime']!, head: 'START', width: 5 },
};
const AUX = 'wide_user,pid,pcpu,pmem,vsz,rss,wide_tty,stat,start_time,bsdtime,args';

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
    const format = parsed.value('format') ?? (letters !== '' ? AUX : full);
    const chosen: Column[] = [];
    for (const item of format.split(/[, ]+/)) {
      const [name = '', head] = item.split('=');
      const column =
        wide[name] !== undefined
          ? wide[name]
          : name === 'uid_name'
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

function* cgroupsOf(rows: readonly ProcessRow[]): Sys<Map<number, string>> {
  const found = new Map<number, string>();
  for (const { pid } of rows) {
    const text = yield* orNull(() => readFile(`/proc/${pid}/cgroup`));
    if (text !== null) found.set(pid, decodeUtf8(text).trim());
  }
  return found;
}

function* table(chosen: readonly Column[], rows: readonly ProcessRow[], headers: boolean): Sys<string> {
  const names = new Map((yield* accounts()).map((account) => [account.uid, account.name]));
  const real = yield* sys.clock_gettime('realtime');
  const since = yield* sys.clock_gettime('monotonic');
  const about: About = {
    names,
    boot: real.sec - since.sec,
    up: Number(decodeUtf8(yield* readFile('/proc/uptime')).split(' ')[0]),
    total: Number(/^MemTotal: +(\d+)/m.exec(decodeUtf8(yield* readFile('/proc/meminfo')))?.[1] ?? 1),
    cgroups: chosen.includes(columns['cgroup']!) ? yield* cgroupsOf(rows) : new Map(),
  };
  const cells = rows.map((row) => chosen.map((column) => column.text(row, about)));
  const wanted =
    headers && chosen.some((column) => column.head !== '')
      ? [chosen.map((column) => column.head), ...cells]
      : cells;
  const widths = chosen.map((column, i) =>
    Math.max(column.width ?? (column.right ? 5 : 3), ...wanted.map((row) => row[i]!.length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) =>
        chosen[i]!.right ? cell.padStart(widths[i]!) : i === row.length - 1 ? cell : cell.padEnd(widths[i]!),
      )
      .join(' ');
  return wanted.map((row) => `${line(row)}\n`).join('');
}
