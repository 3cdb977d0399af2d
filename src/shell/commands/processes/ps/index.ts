/** ps(1), after procps 4.0. */
import { decodeUtf8 } from '../../../../base/index.ts';
import { type ProgramContext, readFile, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { namespacesOf } from '../../namespaces/lsnsTasks.ts';
import type { CommandSpec, Parsed } from '../../options.ts';
import { accounts, groups, orNull } from '../../support.ts';
import { type ProcessRow, processes, threadsOf } from '../rows.ts';
import { type Given, givenOf, PsProblem, withoutDash } from './arguments.ts';
import { type About, COLUMN_NAMES, type Column, columnOf } from './columns.ts';
import { forestOf } from './forest.ts';
import { lineOf } from './layout.ts';
import { selected } from './selection.ts';

/** Columns of the layouts that have a letter, with a dash and without. */
function layoutOf(parsed: Parsed, letters: string | null): string {
  const has = (letter: string) => letters?.includes(letter) ?? false;
  if (has('u')) return 'user,pid,%cpu,%mem,vsz,rss,tname,stat,start_time,bsdtime,args';
  if (has('l')) return 'f,uid,pid,ppid,priority,ni,vsz,rss,wchan,stat,tname,bsdtime,args';
  if (has('j')) return 'ppid,pid,pgid,sid,tname,tpgid,stat,uid,bsdtime,args';
  const full = parsed.has('f');
  if (parsed.has('l'))
    return full
      ? 'f,s,uid_hack,pid,ppid,c,opri,ni,addr_1,sz,wchan,stime,tname,time,cmd'
      : 'f,s,uid,pid,ppid,c,opri,ni,addr_1,sz,wchan,tname,time,ucmd';
  if (parsed.has('j'))
    return full ? 'uid_hack,pid,ppid,pgid,sid,c,stime,tname,time,cmd' : 'pid,pgid,sid,tname,time,ucmd';
  if (full) return 'uid_hack,pid,ppid,c,stime,tname,time,cmd';
  return letters === null ? 'pid,tname,time,ucmd' : 'pid,tname,stat,bsdtime,args';
}

/** What -L and -T add to a layout: the number of the thread, and with -f how many its process has. */
function withThreads(layout: string, parsed: Parsed, letters: string | null): string {
  const [light, numbered] = [parsed.has('L'), parsed.has('T')];
  if (!light && !numbered) return layout;
  if (letters !== null) throw new PsProblem('threads in a layout of BSD options are not simulated');
  const columns = layout.split(',');
  if (numbered) columns.splice(columns.indexOf('pid') + 1, 0, 'spid');
  const share = columns.indexOf('c');
  if (light && share >= 0 && parsed.has('f')) columns.splice(share + 1, 0, 'nlwp');
  if (light) columns.splice(share < 0 ? columns.indexOf('tname') : share, 0, 'lwp');
  return columns.join(',');
}

interface Shown extends Column {
  /** Of a process number: as long as one can be. */
  readonly width: number;
}

/** `pid,user:12,comm=NAME`. Throws PsProblem. */
function columnsOf(format: string, pidWidth: number): Shown[] {
  return format
    .split(/[, ]+/)
    .filter((item) => item !== '')
    .map((item) => {
      const [, name = '', wished, head] = /^([^=:]*)(?::(\d+))?(?:=(.*))?$/s.exec(item) ?? [];
      const column = columnOf(name);
      if (column === null) throw new PsProblem(`unknown user-defined format specifier "${item}"`);
      const width = wished === undefined ? (column.width ?? pidWidth) : Number(wished);
      return head === undefined
        ? { ...column, width }
        : { ...column, head, width: Math.max(width, head.length) };
    });
}

/** `-rss,+pid`. Throws PsProblem. */
function sorted(rows: readonly ProcessRow[], keys: string, about: About): ProcessRow[] {
  const order = keys.split(',').map((item) => {
    const column = columnOf(item.replace(/^[-+]/, ''));
    if (column === null) throw new PsProblem('unknown sort specifier');
    return { key: column.key, sign: item.startsWith('-') ? -1 : 1 };
  });
  return [...rows].sort((a, b) => {
    for (const { key, sign } of order) {
      const [one, other] = [key(a, about), key(b, about)];
      if (one !== other) return one < other ? -sign : sign;
    }
    return 0;
  });
}

function* text(path: string): Sys<string> {
  return decodeUtf8(yield* readFile(path));
}

/** Of each process what `look` finds, where it may look. */
function* ofEach<T>(
  rows: readonly ProcessRow[],
  look: (folder: string) => Sys<T>,
): Sys<ReadonlyMap<number, T>> {
  const found = new Map<number, T>();
  for (const { pid } of rows) {
    const value = yield* orNull(() => look(`/proc/${pid}`), 'ENOENT', 'ESRCH', 'EACCES');
    if (value !== null) found.set(pid, value);
  }
  return found;
}

/** `wanted` are the names of columns and of what is sorted by. */
function* aboutOf(rows: readonly ProcessRow[], wanted: string): Sys<Omit<About, 'branches'>> {
  const real = yield* sys.clock_gettime('realtime');
  const since = yield* sys.clock_gettime('monotonic');
  const own = new Map<number, string>();
  for (const { name, uid } of yield* accounts()) if (!own.has(uid)) own.set(uid, name);
  return {
    users: own,
    groups: new Map((yield* groups()).map(({ name, gid }) => [gid, name])),
    boot: real.sec - since.sec,
    up: Number((yield* text('/proc/uptime')).split(' ')[0]),
    total: Number(/^MemTotal: +(\d+)/m.exec(yield* text('/proc/meminfo'))?.[1] ?? 1),
    cgroups: wanted.includes('cgroup')
      ? yield* ofEach(rows, function* (folder) {
          return (yield* text(`${folder}/cgroup`)).trim().replaceAll('\n', ',');
        })
      : new Map(),
    namespaces: /ns\b/.test(wanted) ? yield* ofEach(rows, namespacesOf) : new Map(),
  };
}

/** How long a line may be: what is not shown on a terminal ends only where it ends. */
function* lineWidth(parsed: Parsed, { letters }: Given, env: ProgramContext['env']): Sys<number> {
  const wide = parsed.order.filter((key) => key === 'w').length + (letters?.match(/w/g)?.length ?? 0);
  const size = yield* orNull(() => sys.tcgetwinsize(1), 'ENOTTY', 'EBADF');
  const asked = Number(parsed.value('columns') ?? env.get('COLUMNS'));
  const columns = asked > 0 ? asked : size === null ? Number.POSITIVE_INFINITY : size.cols || 80;
  return wide > 1 ? Number.POSITIVE_INFINITY : wide === 1 ? Math.max(132, columns) : columns;
}

function* show(parsed: Parsed, env: ProgramContext['env']): Sys<number> {
  const given = givenOf(parsed);
  // The number it has where /proc counts.
  const own = yield* orNull(() => sys.readlink('/proc/self'), 'ENOENT');
  const all = own === null ? [] : yield* processes();
  const me = all.find((row) => row.pid === Number(own));
  if (me === undefined) {
    yield* writeAll(2, 'Error, do this: mount -t proc proc /proc\n');
    return 47;
  }
  const chosenOnes = yield* selected(parsed, given, all, me);
  const rows = parsed.has('L') || parsed.has('T') ? yield* threadsOf(chosenOnes) : chosenOnes;
  const format =
    given.formats.length > 0
      ? given.formats.join(',')
      : withThreads(layoutOf(parsed, given.letters), parsed, given.letters);
  const largest = Number(yield* text('/proc/sys/kernel/pid_max')) - 1;
  const chosen = columnsOf(format, Math.max(5, `${largest}`.length));
  const facts = yield* aboutOf(rows, `${format},${given.sort ?? ''}`);
  const about = { ...facts, branches: new Map() };
  const drawn = parsed.has('forest') || (given.letters?.includes('f') ?? false);
  const trees = drawn || parsed.has('H');
  const keys = given.sort ?? (trees ? 'start_time' : null);
  const ordered = keys === null ? rows : sorted(rows, keys, about);
  const forest = trees ? forestOf(ordered, drawn) : { rows: ordered, branches: new Map<number, string>() };
  const columns = yield* lineWidth(parsed, given, env);
  const lines = forest.rows.map((row) =>
    lineOf(
      chosen.map((column) => column.text(row, { ...facts, branches: forest.branches })),
      chosen,
      columns,
    ),
  );
  const heads = chosen.map((column) => column.head);
  const headless = parsed.has('no-headers') || parsed.has('no-heading') || given.letters?.includes('h');
  if (!headless && heads.some((head) => head !== '')) lines.unshift(lineOf(heads, chosen, columns, true));
  yield* writeAll(1, lines.map((line) => `${line}\n`).join(''));
  return rows.length === 0 ? 1 : 0;
}

export const ps: CommandSpec = {
  name: 'ps',
  usage: '[OPTION]...  or  ps aux',
  summary: 'Show processes: by default those of this terminal.',
  rewrite: withoutDash,
  options: [
    { short: 'e', help: 'all processes' },
    { short: 'A', help: 'all processes' },
    { short: 'a', help: 'all with a terminal but the leaders of sessions' },
    { short: 'd', help: 'all but the leaders of sessions' },
    { short: 'N', long: 'deselect', help: 'all others' },
    { short: 'p', long: 'pid', argument: 'LIST', help: 'these processes' },
    { long: 'ppid', argument: 'LIST', help: 'children of these' },
    { short: 'C', argument: 'LIST', help: 'processes of these names' },
    { short: 'u', long: 'user', argument: 'LIST', help: 'of these users' },
    { short: 'U', long: 'User', argument: 'LIST', help: 'whom these users started' },
    { short: 'g', long: 'group', argument: 'LIST', help: 'of these groups' },
    { short: 't', long: 'tty', argument: 'LIST', help: 'on these terminals' },
    { short: 's', long: 'sid', argument: 'LIST', help: 'of these sessions' },
    { short: 'f', help: 'full listing' },
    { short: 'l', help: 'long listing' },
    { short: 'j', help: 'listing for job control' },
    { short: 'o', long: 'format', argument: 'LIST', help: `columns: ${COLUMN_NAMES.join(',')}` },
    { short: 'L', help: 'a line for each thread, with LWP' },
    { short: 'T', help: 'a line for each thread, with SPID' },
    { short: 'H', help: 'children below their parents, indented' },
    { long: 'forest', help: 'children below their parents, with lines' },
    { long: 'sort', argument: 'LIST', help: 'in the order of these columns, with - backwards' },
    { short: 'w', help: 'longer lines; twice for any length' },
    { long: 'columns', argument: 'N', help: 'lines of N characters' },
    { long: 'no-headers', help: 'no header line' },
    { long: 'no-heading', help: 'no header line' },
  ],
  *run(parsed, { env }) {
    try {
      return yield* show(parsed, env);
    } catch (error) {
      if (!(error instanceof PsProblem)) throw error;
      yield* writeAll(2, `error: ${error.message}\nTry 'ps --help' for more information.\n`);
      return 1;
    }
  },
};
