/** What /proc says of each process: for ps(1), top(1), pgrep(1) and their like. */
import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, type Sys } from '../../../linux/index.ts';
import { namesIn, orNull } from '../support.ts';

export interface ProcessRow {
  readonly pid: number;
  /** Of the thread; of a process as a whole that of its first one. */
  readonly lwp: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** The effective ones, which are what is meant where nothing else is said. */
  readonly uid: number;
  readonly gid: number;
  readonly realUid: number;
  readonly realGid: number;
  readonly comm: string;
  readonly command: string;
  /** None of a zombie. */
  readonly argv: readonly string[];
  readonly state: string;
  /** `pts/0`, or `?`. */
  readonly tty: string;
  /** CPU time and start, in clock ticks of a hundredth of a second. */
  readonly ticks: number;
  readonly start: number;
  readonly nice: number;
  readonly threads: number;
  /** The processor that it has, or had last. */
  readonly processor: number;
  /** KiB. */
  readonly vsz: number;
  readonly rss: number;
  /** Of it what belongs to files. */
  readonly shared: number;
  /** The group in the foreground of its terminal, or -1. */
  readonly tpgid: number;
  /** PF_* of the kernel. */
  readonly flags: number;
}

/** All processes that /proc shows, by number. */
export function* processes(): Sys<ProcessRow[]> {
  const rows: ProcessRow[] = [];
  for (const name of yield* namesIn('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const row = yield* orNull(() => rowAt(name, Number(name)), 'ENOENT', 'ESRCH');
    if (row !== null) rows.push(row);
  }
  return rows.sort((a, b) => a.pid - b.pid);
}

/** A row for each thread of the processes, in the order of their numbers. */
export function* threadsOf(rows: readonly ProcessRow[]): Sys<ProcessRow[]> {
  const threads: ProcessRow[] = [];
  for (const { pid } of rows) {
    const names = (yield* orNull(() => namesIn(`/proc/${pid}/task`), 'ENOENT', 'ESRCH')) ?? [];
    for (const name of names.sort((a, b) => Number(a) - Number(b))) {
      const row = yield* orNull(() => rowAt(`${pid}/task/${name}`, pid), 'ENOENT', 'ESRCH');
      if (row !== null) threads.push(row);
    }
  }
  return threads;
}

/** Of a directory below /proc. */
function* rowAt(folder: string, pid: number): Sys<ProcessRow> {
  const text = function* (file: string): Sys<string> {
    return decodeUtf8(yield* readFile(`/proc/${folder}/${file}`));
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
  const [, realUid, uid] = /^Uid:\t(\d+)\t(\d+)/m.exec(status) ?? [];
  const [, realGid, gid] = /^Gid:\t(\d+)\t(\d+)/m.exec(status) ?? [];
  return {
    pid,
    lwp: Number(stat.slice(0, stat.indexOf(' '))),
    ppid: number(1),
    pgid: number(2),
    sid: number(3),
    uid: Number(uid),
    gid: Number(gid),
    realUid: Number(realUid),
    realGid: Number(realGid),
    comm,
    argv,
    command: argv.length === 0 ? `[${comm}]` : argv.join(' '),
    state: fields[0]!,
    tty: device === 0 ? '?' : `pts/${device & 0xff}`,
    ticks: number(11) + number(12),
    start: number(19),
    nice: number(16),
    threads: number(17),
    processor: number(36),
    vsz: Math.floor(number(20) / 1024),
    rss: number(21) * 4,
    shared: Number(/^RssFile:\t *(\d+)/m.exec(status)?.[1] ?? 0),
    tpgid: number(5),
    flags: number(6),
  };
}
