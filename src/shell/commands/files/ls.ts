/** ls(1). */
import { isOsError, largest } from '../../../base/index.ts';
import { fileTypeOf, type ProgramContext, type Stat, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { deviceText, modeString } from '../modes.ts';
import type { CommandSpec, Parsed } from '../options.ts';
import {
  accounts,
  attempt,
  calendar,
  complain,
  groups,
  isDirectory,
  isSymlink,
  joinPath,
  MONTHS,
  orNull,
  pad,
  withNames,
} from '../support.ts';
import { arranged, type Layout } from './lsLayout.ts';

interface Entry {
  readonly name: string;
  readonly path: string;
  /** What is known of it: only its type where `broken`. */
  readonly stat: Stat;
  readonly target: string | null;
  /** With -L a link that leads nowhere. */
  readonly broken: boolean;
}

const HALF_YEAR = 15_778_476;
/** Of `Jan  5 09:00`. */
const TIME_WIDTH = 12;

export const ls: CommandSpec = {
  name: 'ls',
  usage: '[OPTION]... [FILE]...',
  summary: 'List FILEs (the current directory by default), sorted by name.',
  usageStatus: 2,
  options: [
    { short: 'a', long: 'all', help: 'also entries starting with .' },
    { short: 'A', long: 'almost-all', help: 'as -a, without . and ..' },
    { short: 'C', help: 'in columns, sorted down them' },
    { short: 'd', long: 'directory', help: 'directories themselves, not their contents' },
    { short: 'F', long: 'classify', help: 'append a sign for the kind (one of */=@|)' },
    { short: 'h', long: 'human-readable', help: 'with -l, sizes as 1K 234M 2G' },
    { short: 'i', long: 'inode', help: 'the inode number of each file' },
    { short: 'l', help: 'long listing' },
    { short: 'L', long: 'dereference', help: 'what links lead to instead of links' },
    { short: 'm', help: 'one behind the other, with commas' },
    { short: 'n', long: 'numeric-uid-gid', help: 'as -l, with numeric ids' },
    { short: 'r', long: 'reverse', help: 'reverse order' },
    { short: 'R', long: 'recursive', help: 'subdirectories too' },
    { short: 'S', help: 'sort by size, largest first' },
    { short: 't', help: 'sort by time, newest first' },
    { short: 'w', long: 'width', argument: 'COLS', help: 'lines of at most COLS characters; 0 is no limit' },
    { short: 'x', help: 'in columns, sorted across them' },
    { short: '1', help: 'one file a line' },
    { long: 'color', argument: 'WHEN', optional: true, help: 'colour names: always, auto, never' },
  ],
  run: list,
};

function* list(parsed: Parsed, { env }: ProgramContext): Sys<number> {
  const width = parsed.value('width');
  if (width !== null && !/^\d+$/.test(width)) {
    yield* complain('ls', `invalid line width: ‘${width}’`);
    return 2;
  }
  const layout = yield* layoutOf(parsed, env);
  const operands = parsed.operands.length === 0 ? ['.'] : parsed.operands;
  let status = 0;
  const files: Entry[] = [];
  const folders: Entry[] = [];
  for (const path of operands) {
    const good = yield* attempt('ls', `cannot access '${path}'`, function* () {
      const link = yield* sys.lstat(path);
      const plain = !parsed.has('l') && !parsed.has('directory');
      const follow = isSymlink(link) && (plain || parsed.has('dereference'));
      const stat = follow ? ((yield* orNull(() => sys.stat(path), 'ENOENT')) ?? link) : link;
      if (isDirectory(stat) && !parsed.has('directory'))
        folders.push({ name: path, path, stat, target: null, broken: false });
      else files.push(yield* entryOf(path, path, parsed));
    });
    if (!good) status = 2;
  }
  if (files.length > 0) yield* show(sorted(files, parsed), parsed, layout, false);
  let dirs = sorted(folders, parsed).map(({ path }) => path);
  let first = files.length === 0;
  const headed = operands.length > 1 || parsed.has('recursive');
  while (dirs.length > 0) {
    const dir = dirs.shift()!;
    const good = yield* attempt('ls', `cannot open directory '${dir}'`, function* () {
      const entries = yield* entriesOf(dir, parsed);
      if ((yield* complainOfBroken(dir, entries, parsed)) && status === 0) status = 1;
      if (!first) yield* writeAll(1, '\n');
      first = false;
      if (headed) yield* writeAll(1, `${dir}:\n`);
      yield* show(entries, parsed, layout, true);
      if (!parsed.has('recursive')) return;
      const inner = entries.filter((entry) => isDirectory(entry.stat) && !['.', '..'].includes(entry.name));
      dirs = [...inner.map((entry) => entry.path), ...dirs];
    });
    if (!good) status = 2;
  }
  return status;
}

/** Throws when it is not there, or is a link that leads nowhere and `-L` asks for what it leads to. */
function* entryOf(name: string, path: string, parsed: Parsed): Sys<Entry> {
  const link = yield* sys.lstat(path);
  const follow = isSymlink(link) && parsed.has('dereference');
  const stat = follow ? yield* sys.stat(path) : link;
  const target = isSymlink(stat) && parsed.has('l') ? yield* targetOf(path) : null;
  return { name, path, stat, target, broken: false };
}

/** What a link says, null when that is not for the caller to know. */
function* targetOf(path: string): Sys<string | null> {
  let target: string | null = null;
  yield* attempt('ls', `cannot read symbolic link '${path}'`, function* () {
    target = yield* sys.readlink(path);
  });
  return target;
}

/** Of a name in a directory, which tells the type also of a link that leads nowhere. */
function* innerEntryOf(name: string, path: string, parsed: Parsed): Sys<Entry> {
  try {
    return yield* entryOf(name, path, parsed);
  } catch (error) {
    if (!isOsError(error)) throw error;
    const link = yield* sys.lstat(path);
    const stat = { ...link, size: 0, blocks: 0, mtime: { sec: 0, nsec: 0 } };
    return { name, path, stat, target: null, broken: true };
  }
}

/** Whether there was something to complain of: names alone ask nothing of what they mean. */
function* complainOfBroken(dir: string, entries: readonly Entry[], parsed: Parsed): Sys<boolean> {
  const broken = entries.filter((entry) => entry.broken);
  const asked = ['l', 'numeric-uid-gid', 'inode', 'classify', 'recursive', 'S', 't'].some((key) =>
    parsed.has(key),
  );
  if (broken.length === 0 || !(asked || (yield* isColoured(parsed)))) return false;
  for (const { name, path } of broken)
    yield* attempt('ls', `cannot access '${dir === '.' ? name : path}'`, () => sys.stat(path));
  return true;
}

function* entriesOf(dir: string, parsed: Parsed): Sys<Entry[]> {
  const all = parsed.has('all');
  return yield* withNames(dir, function* (names) {
    const shown = names.filter((name) => all || parsed.has('almost-all') || !name.startsWith('.'));
    const entries: Entry[] = [];
    for (const name of [...(all ? ['.', '..'] : []), ...shown])
      entries.push(yield* innerEntryOf(name, joinPath(dir, name), parsed));
    return sorted(entries, parsed);
  });
}

function sorted(entries: readonly Entry[], parsed: Parsed): Entry[] {
  const byName = (a: Entry, b: Entry) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const result = [...entries].sort((a, b) => {
    if (parsed.has('t'))
      return b.stat.mtime.sec - a.stat.mtime.sec || b.stat.mtime.nsec - a.stat.mtime.nsec || byName(a, b);
    if (parsed.has('S')) return b.stat.size - a.stat.size || byName(a, b);
    return byName(a, b);
  });
  return parsed.has('reverse') ? result.reverse() : result;
}

/** The last of -C, -x, -m and -1 counts; without one it is columns on a terminal. */
function* layoutOf(parsed: Parsed, env: ProgramContext['env']): Sys<Layout> {
  const size = yield* orNull(() => sys.tcgetwinsize(1), 'ENOTTY', 'EBADF');
  const wish = parsed.order.findLast((key) => 'Cxm1'.includes(key));
  const manner = ({ C: 'down', x: 'across', m: 'commas', 1: 'lines' } as const)[
    wish ?? (size === null ? '1' : 'C')
  ]!;
  const given = parsed.value('width');
  const asked = /^\d+$/.test(env.get('COLUMNS') ?? '') ? Number(env.get('COLUMNS')) : 80;
  // Colours and tabs do not go well together on some terminals.
  return {
    manner,
    width: given === null ? size?.cols || asked : Number(given),
    tabs: !(yield* isColoured(parsed)),
  };
}

function* show(entries: readonly Entry[], parsed: Parsed, layout: Layout, inDirectory: boolean): Sys<void> {
  const paint = yield* colours(parsed);
  if (parsed.has('l') || parsed.has('numeric-uid-gid'))
    return yield* showLong(entries, parsed, inDirectory, paint);
  const inodes = parsed.has('inode') ? largest(entries.map((entry) => inodeText(entry).length)) : 0;
  const labels = entries.map((entry) => {
    const number = parsed.has('inode') ? `${inodeText(entry).padStart(inodes)} ` : '';
    const text = number + entry.name + (parsed.has('classify') ? sign(entry.stat) : '');
    return { width: text.length, text: text.replace(entry.name, () => paint(entry)) };
  });
  yield* writeAll(1, arranged(labels, layout));
}

function* showLong(
  entries: readonly Entry[],
  parsed: Parsed,
  total: boolean,
  paint: (entry: Entry) => string,
): Sys<void> {
  const numeric = parsed.has('numeric-uid-gid');
  const users = new Map((yield* accounts()).map((account) => [account.uid, account.name]));
  const groupNames = new Map((yield* groups()).map((group) => [group.gid, group.name]));
  const now = (yield* sys.clock_gettime('realtime')).sec;
  const rows = entries.map((entry) => {
    const { stat } = entry;
    const inode = parsed.has('inode') ? [inodeText(entry)] : [];
    if (entry.broken)
      return [
        ...inode,
        modeString(stat.mode)[0]!.padEnd(10, '?'),
        ...['?', '?', '?', '?', '?'.padStart(TIME_WIDTH)],
        paint(entry),
      ];
    const device = ['chr', 'blk'].includes(fileTypeOf(stat.mode));
    return [
      ...inode,
      modeString(stat.mode),
      `${stat.nlink}`,
      numeric ? `${stat.uid}` : (users.get(stat.uid) ?? `${stat.uid}`),
      numeric ? `${stat.gid}` : (groupNames.get(stat.gid) ?? `${stat.gid}`),
      device ? deviceText(stat) : parsed.has('human-readable') ? humanSize(stat.size) : `${stat.size}`,
      timeText(stat.mtime.sec, now),
      paint(entry) +
        (parsed.has('classify') && entry.target === null ? sign(stat) : '') +
        (entry.target === null ? '' : ` -> ${entry.target}`),
    ];
  });
  const left = parsed.has('inode') ? [1, 3, 4] : [0, 2, 3];
  const widths = (rows[0] ?? []).map((_, column) => largest(rows.map((row) => row[column]!.length)));
  const blocks = entries.reduce((sum, entry) => sum + entry.stat.blocks, 0) / 2;
  const head = total ? `total ${parsed.has('human-readable') ? humanSize(blocks * 1024) : blocks}\n` : '';
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        if (column === row.length - 1) return cell;
        return left.includes(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
      })
      .join(' ');
  yield* writeAll(1, head + rows.map((row) => `${line(row)}\n`).join(''));
}

const inodeText = ({ broken, stat }: Entry) => (broken ? '?' : `${stat.ino}`);

function sign(stat: Stat): string {
  switch (fileTypeOf(stat.mode)) {
    case 'dir':
      return '/';
    case 'symlink':
      return '@';
    case 'fifo':
      return '|';
    case 'sock':
      return '=';
    default:
      return (stat.mode & 0o111) !== 0 && fileTypeOf(stat.mode) === 'file' ? '*' : '';
  }
}

/** `Jan  5 09:00` of the last half year, else `Jan  5  2025`. */
function timeText(seconds: number, now: number): string {
  const { year, month, day, hour, minute } = calendar(seconds);
  const date = `${MONTHS[month - 1]} ${String(day).padStart(2)}`;
  const recent = seconds > now - HALF_YEAR && seconds <= now;
  return recent ? `${date} ${pad(hour)}:${pad(minute)}` : `${date}  ${year}`;
}

/** As GNU prints it: rounded up, one decimal below ten. */
export function humanSize(bytes: number): string {
  if (bytes < 1024) return `${bytes}`;
  let value = bytes;
  let unit = -1;
  while (value >= 1024 && unit < 5) {
    value /= 1024;
    unit++;
  }
  const text = value < 10 ? (Math.ceil(value * 10) / 10).toFixed(1) : `${Math.ceil(value)}`;
  return text + 'KMGTPE'[unit]!;
}

function* isColoured(parsed: Parsed): Sys<boolean> {
  const when = parsed.has('color') ? parsed.value('color') || 'always' : 'never';
  if (when !== 'auto') return when === 'always';
  return (yield* orNull(() => sys.tcgetattr(1), 'ENOTTY', 'EBADF')) !== null;
}

/** Directories blue, links cyan, executables green: when asked for, or `auto` on a terminal. */
function* colours(parsed: Parsed): Sys<(entry: Entry) => string> {
  if (!(yield* isColoured(parsed))) return (entry) => entry.name;
  return ({ name, stat }) => {
    const type = fileTypeOf(stat.mode);
    const code =
      type === 'dir'
        ? '1;34'
        : type === 'symlink'
          ? '1;36'
          : type === 'chr' || type === 'blk'
            ? '1;33'
            : type === 'file' && (stat.mode & 0o111) !== 0
              ? '1;32'
              : null;
    return code === null ? name : `\u001b[${code}m${name}\u001b[0m`;
  };
}
