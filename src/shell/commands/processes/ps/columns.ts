/** The columns that ps(1) can show, with headings and widths of procps 4.0. */
import { kinds } from '../../namespaces/kinds.ts';
import type { ProcessRow } from '../rows.ts';
import type { Justification } from './layout.ts';
import { clockTime, dayTime, elapsedTime, fullTime, minutesTime, startTime } from './times.ts';

/** What rows are put in relation to. */
export interface About {
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
  /** Seconds since 1970 at which the host started, and since then. */
  readonly boot: number;
  readonly up: number;
  /** KiB of memory. */
  readonly total: number;
  /** A line of /proc/PID/cgroup, an inode of a namespace, what /proc/PID/exe points to: of columns that need it only. */
  readonly cgroups: ReadonlyMap<number, string>;
  readonly namespaces: ReadonlyMap<number, ReadonlyMap<string, number>>;
  /** What stands before a command in a forest. */
  readonly branches: ReadonlyMap<number, string>;
}

export interface Column {
  readonly head: string;
  readonly kind: Justification;
  /** Null: that of a process number. */
  readonly width: number | null;
  readonly text: (row: ProcessRow, about: About) => string;
  /** What --sort compares. */
  readonly key: (row: ProcessRow, about: About) => number | string;
}

type Numbered = (row: ProcessRow, about: About) => number;
type Worded = (row: ProcessRow, about: About) => string;

/** A number, written by `text`. */
const number = (
  head: string,
  width: number | null,
  key: Numbered,
  text: (value: number, about: About) => string = String,
): Column => ({ head, kind: 'right', width, key, text: (row, about) => text(key(row, about), about) });

const word = (head: string, width: number, text: Worded, kind: Justification = 'left'): Column => ({
  head,
  kind,
  width,
  key: text,
  text,
});

const user = (head: string, id: (row: ProcessRow) => number) =>
  word(head, 8, (row, { users }) => users.get(id(row)) ?? `${id(row)}`, 'user');
const group = (head: string, id: (row: ProcessRow) => number) =>
  word(head, 8, (row, { groups }) => groups.get(id(row)) ?? `${id(row)}`, 'user');

const began: Numbered = (row, { boot }) => boot + Math.floor(row.start / 100);
const since: Numbered = (row, { up }) => Math.max(0, Math.floor(up - row.start / 100));
const cpuSeconds: Numbered = (row) => Math.floor(row.ticks / 100);
const startOf = (head: string) => number(head, 5, began, (at, { boot, up }) => startTime(at, boot + up));

/** Percent of a processor since the process began. */
function share(row: ProcessRow, { up }: About): number {
  const seconds = up - row.start / 100;
  return seconds <= 0 ? 0 : Math.floor((row.ticks * 10) / seconds) / 10;
}

/** The state, and what is special: another nice value, a session's leader, threads, the foreground. */
function stateText(row: ProcessRow): string {
  const nice = row.nice < 0 ? '<' : row.nice > 0 ? 'N' : '';
  const foreground = row.tty !== '?' && row.tpgid === row.pgid;
  return `${row.state}${nice}${row.sid === row.pid ? 's' : ''}${row.threads > 1 ? 'l' : ''}${foreground ? '+' : ''}`;
}

/** What would move the cursor is shown otherwise: the end of a line as a space, the rest as question marks. */
const printable = (text: string) => text.replaceAll('\n', ' ').replace(/[\u0000-\u001f\u007f]/g, '?');

const command = (head: string, width: number, text: (row: ProcessRow) => string): Column =>
  word(head, width, (row, { branches }) => `${branches.get(row.pid) ?? ''}${printable(text(row))}`, 'open');
const args = (head: string) =>
  command(head, 27, (row) => `${row.command}${row.state === 'Z' ? ' <defunct>' : ''}`);
const comm = (head: string) => command(head, 15, (row) => row.comm);

const namespace = (kind: string): Column =>
  number(
    `${kind.toUpperCase()}NS`,
    10,
    (row, { namespaces }) => namespaces.get(row.pid)?.get(kind) ?? 0,
    (inode) => (inode === 0 ? '-' : `${inode}`),
  );

const columns: Readonly<Record<string, Column>> = {
  '%cpu': number('%CPU', 4, share, (value) => value.toFixed(1)),
  '%mem': number(
    '%MEM',
    4,
    (row, { total }) => Math.min(99.9, Math.floor((row.rss * 1000) / total) / 10),
    (value) => value.toFixed(1),
  ),
  /** As -l has it: there are no addresses here. */
  addr_1: word('ADDR', 1, () => '-'),
  args: args('COMMAND'),
  bsdtime: number('TIME', 6, cpuSeconds, minutesTime),
  c: number('C', 2, (row, about) => Math.min(99, Math.floor(share(row, about)))),
  cgroup: word('CGROUP', 27, (row, { cgroups }) => cgroups.get(row.pid) ?? '-', 'open'),
  cmd: args('CMD'),
  comm: comm('COMMAND'),
  cputimes: number('TIME', 8, cpuSeconds),
  egid: number('EGID', 5, (row) => row.gid),
  egroup: group('EGROUP', (row) => row.gid),
  etime: number('ELAPSED', 11, since, elapsedTime),
  etimes: number('ELAPSED', 7, since),
  euid: number('EUID', 5, (row) => row.uid),
  euser: user('EUSER', (row) => row.uid),
  f: number('F', 1, (row) => (row.flags >> 6) & 7),
  gid: number('GID', 5, (row) => row.gid),
  group: group('GROUP', (row) => row.gid),
  lwp: number('LWP', null, (row) => row.lwp),
  lstart: number('STARTED', 24, began, fullTime),
  ni: number('NI', 3, (row) => row.nice),
  nlwp: number('NLWP', 4, (row) => row.threads),
  opri: number('PRI', 3, (row) => 80 + row.nice),
  pgid: number('PGID', null, (row) => row.pgid),
  pid: number('PID', null, (row) => row.pid),
  ppid: number('PPID', null, (row) => row.ppid),
  pri: number('PRI', 3, (row) => 19 - row.nice),
  priority: number('PRI', 3, (row) => 20 + row.nice),
  psr: number('PSR', 3, (row) => row.processor),
  rgid: number('RGID', 5, (row) => row.realGid),
  rgroup: group('RGROUP', (row) => row.realGid),
  rss: number('RSS', 5, (row) => row.rss),
  ruid: number('RUID', 5, (row) => row.realUid),
  ruser: user('RUSER', (row) => row.realUid),
  s: word('S', 1, (row) => row.state),
  sess: number('SESS', null, (row) => row.sid),
  sid: number('SID', null, (row) => row.sid),
  spid: number('SPID', null, (row) => row.lwp),
  start: number('STARTED', 8, began, (at, { boot, up }) => dayTime(at, boot + up)),
  start_time: startOf('START'),
  stat: word('STAT', 4, stateText),
  stime: startOf('STIME'),
  /** Pages. */
  sz: number('SZ', 5, (row) => Math.floor(row.vsz / 4)),
  thcount: number('THCNT', 5, (row) => row.threads),
  tid: number('TID', null, (row) => row.lwp),
  time: number('TIME', 8, cpuSeconds, clockTime),
  tname: word('TTY', 8, (row) => row.tty),
  tpgid: number('TPGID', null, (row) => row.tpgid),
  tty: word('TT', 8, (row) => row.tty),
  ucmd: comm('CMD'),
  uid: number('UID', 5, (row) => row.uid),
  uid_hack: user('UID', (row) => row.uid),
  user: user('USER', (row) => row.uid),
  vsz: number('VSZ', 6, (row) => row.vsz),
  /** This kernel does not tell where in itself a process waits, as Linux does not tell who may not know. */
  wchan: word('WCHAN', 6, () => '-'),
  ...Object.fromEntries(kinds.map(({ file }) => [`${file}ns`, namespace(file)])),
};

const aliases: Readonly<Record<string, string>> = {
  command: 'args',
  cputime: 'time',
  nice: 'ni',
  pcpu: '%cpu',
  pmem: '%mem',
  pgrp: 'pgid',
  rssize: 'rss',
  rsz: 'rss',
  session: 'sess',
  state: 's',
  tt: 'tty',
  ucomm: 'comm',
  vsize: 'vsz',
};

/** Null when there is none of that name. */
export function columnOf(name: string): Column | null {
  const key = aliases[name] ?? name;
  return Object.hasOwn(columns, key) ? columns[key]! : null;
}

export const COLUMN_NAMES: readonly string[] = Object.keys(columns).filter((name) => name !== 'addr_1');
