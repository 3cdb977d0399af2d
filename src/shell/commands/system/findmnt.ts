/** findmnt(8): mounts as a tree, found by where they are, what they are of, their type and options; laid out as util-linux 2.38 does. */
import { decodeUtf8, isOsError } from '../../../base/index.ts';
import { readFile, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { canonical } from '../files/paths.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain, linesOf, orNull } from '../support.ts';
import { type MountInfo, mountInfoOf } from './mountLines.ts';
import { type SmartRow, smartJson, smartLines, smartTable } from './smartTable.ts';

/** Of the mount and of its file system together: read-only when one of them is. */
function optionsOf({ vfs, fs }: MountInfo): string {
  const words = [...vfs.split(','), ...fs.split(',')].filter((word) => word !== '');
  const rest = words.filter((word) => word !== 'ro' && word !== 'rw');
  return [words.includes('ro') ? 'ro' : 'rw', ...new Set(rest)].join(',');
}

function propagationOf({ fields }: MountInfo): string {
  return [
    fields.includes('shared:') ? 'shared' : 'private',
    ...(fields.includes('master:') ? ['slave'] : []),
    ...(fields.includes('unbindable') ? ['unbindable'] : []),
  ].join(',');
}

interface Column {
  readonly value: (mount: MountInfo, withRoot: boolean) => string | number;
  readonly right?: boolean;
  readonly padded?: (text: string) => string;
}

const COLUMNS: Readonly<Record<string, Column>> = {
  TARGET: { value: ({ target }) => target },
  SOURCE: {
    value: ({ source, root }, withRoot) => (withRoot && root !== '/' ? `${source}[${root}]` : source),
  },
  FSTYPE: { value: ({ type }) => type },
  OPTIONS: { value: optionsOf },
  'VFS-OPTIONS': { value: ({ vfs }) => vfs },
  'FS-OPTIONS': { value: ({ fs }) => fs },
  'OPT-FIELDS': { value: ({ fields }) => fields },
  FSROOT: { value: ({ root }) => root },
  PROPAGATION: { value: propagationOf },
  ID: { value: ({ id }) => id, right: true },
  PARENT: { value: ({ parent }) => parent, right: true },
  'MAJ:MIN': {
    value: ({ device }) => device,
    padded: (text) =>
      text
        .split(':')
        .map((part, i) => (i === 0 ? part.padStart(3) : part.padEnd(3)))
        .join(':'),
  },
};
/** Of the real one, from what is not here. */
const FOREIGN =
  'LABEL UUID PARTLABEL PARTUUID ACTION OLD-TARGET OLD-OPTIONS SIZE AVAIL USED USE% TID FREQ PASSNO'.split(
    ' ',
  );

/** Names of columns. Throws UsageError. */
function columnsOf(text: string | null): string[] {
  const usual = ['TARGET', 'SOURCE', 'FSTYPE', 'OPTIONS'];
  if (text === null) return usual;
  const names = text.replace(/^\+/, '').toUpperCase().split(',');
  return text.startsWith('+') ? [...usual, ...names] : names;
}

/** Whether a type is in a list, or, when that begins with `no`, is in it not. */
function isOfType(type: string, list: string): boolean {
  const negative = list.startsWith('no');
  return (negative ? list.slice(2) : list).split(',').includes(type) !== negative;
}

/** Whether all of a list's options are there; those with `no` before them must not be. */
function hasOptions(own: string, list: string): boolean {
  const words = own.split(',');
  const has = (word: string) => words.some((each) => each === word || each.startsWith(`${word}=`));
  return list.split(',').every((word) => (word.startsWith('no') ? !has(word.slice(2)) : has(word)));
}

type Test = (mount: MountInfo) => boolean;

/** The last mount whose tree `path` is in; null for a path that there is not. */
function* containing(path: string, mounts: readonly MountInfo[]): Sys<MountInfo | null> {
  const full = yield* canonical(path);
  if (full === null || (yield* orNull(() => sys.lstat(full))) === null) return null;
  const around = mounts.filter(
    ({ target }) => full === target || full.startsWith(target === '/' ? '/' : `${target}/`),
  );
  const longest = Math.max(...around.map(({ target }) => target.length));
  return around.findLast(({ target }) => target.length === longest) ?? null;
}

/** What source and target are asked for; null when none is, and then the whole tree is shown. */
function* sought(parsed: Parsed, mounts: readonly MountInfo[]): Sys<Test | null> {
  const [first, second] = parsed.operands;
  const source = parsed.value('source') ?? (second === undefined ? null : first!);
  const target = parsed.value('mountpoint') ?? second ?? null;
  const inside = parsed.value('target');
  const within = inside === null ? null : yield* containing(inside, mounts);
  const at = target === null ? null : ((yield* canonical(target)) ?? target);
  const tests: Test[] = [
    ...(source === null ? [] : [(mount: MountInfo) => mount.source === source]),
    ...(target === null ? [] : [(mount: MountInfo) => mount.target === at]),
    ...(inside === null ? [] : [(mount: MountInfo) => mount === within]),
  ];
  if (first !== undefined && second === undefined) {
    const bySource = mounts.some((mount) => mount.source === first);
    const path = bySource ? first : ((yield* canonical(first)) ?? first);
    tests.push((mount) => (bySource ? mount.source : mount.target) === path);
  }
  return tests.length === 0 ? null : (mount) => tests.every((test) => test(mount));
}

interface Row {
  readonly mount: MountInfo;
  readonly children: Row[];
}

/** Those that fit, below the nearest that fits if it is their parent. */
function treeOf(mounts: readonly MountInfo[], roots: readonly MountInfo[], fits: Test): Row[] {
  const byId = [...mounts].sort((a, b) => a.id - b.id);
  const grow = (mount: MountInfo): Row[] => {
    const children = byId.filter((each) => each.parent === mount.id && each !== mount).flatMap(grow);
    return fits(mount) ? [{ mount, children }] : children;
  };
  return roots.flatMap(grow);
}

const rowsOf = (rows: readonly Row[], names: readonly string[], withRoot: boolean): SmartRow[] =>
  rows.map(({ mount, children }) => ({
    values: names.map((name) => COLUMNS[name]!.value(mount, withRoot)),
    children: rowsOf(children, names, withRoot),
  }));

const flatMounts = (rows: readonly Row[]): MountInfo[] =>
  rows.flatMap(({ mount, children }) => [mount, ...flatMounts(children)]);

function* run(parsed: Parsed): Sys<number> {
  const names = columnsOf(parsed.value('output'));
  for (const name of names) {
    if (Object.hasOwn(COLUMNS, name)) continue;
    const why = FOREIGN.includes(name) ? `the column ${name} is not simulated` : `unknown column: ${name}`;
    yield* complain('findmnt', why);
    return 1;
  }
  const task = parsed.value('task');
  if (task !== null && !/^\d+$/.test(task)) throw new UsageError(`invalid TID argument: '${task}'`);
  const path = parsed.value('tab-file') ?? `/proc/${task ?? 'self'}/mountinfo`;
  let mounts: MountInfo[];
  try {
    mounts = linesOf(decodeUtf8(yield* readFile(path))).map(mountInfoOf);
  } catch (error) {
    if (!isOsError(error)) throw error;
    const shown = path === '/proc/self/mountinfo' ? '/proc/mounts' : path;
    yield* complain('findmnt', `can't read ${shown}: ${error.message}`);
    return 1;
  }
  if (parsed.operands.length > 2) return 1;
  const wanted = yield* sought(parsed, mounts);
  const [types, options] = [parsed.value('types'), parsed.value('options')];
  const fits: Test = (mount) =>
    ((types === null || isOfType(mount.type, types)) &&
      (options === null || hasOptions(optionsOf(mount), options)) &&
      (wanted === null || wanted(mount))) !== parsed.has('invert');
  const below = parsed.has('submounts');
  const flat = ['list', 'raw', 'pairs'].some((key) => parsed.has(key)) || (wanted !== null && !below);
  const top = mounts.filter(({ parent, id }) => parent === id || !mounts.some((each) => each.id === parent));
  let rows =
    flat && !below
      ? mounts.filter(fits).map((mount) => ({ mount, children: [] }))
      : treeOf(mounts, top, fits);
  if (below && (wanted !== null || types !== null || options !== null))
    rows = treeOf(mounts, roots(mounts, fits), () => true);
  if (flat) rows = flatMounts(rows).map((mount) => ({ mount, children: [] }));
  if (parsed.has('first-only')) rows = rows.slice(0, 1).map(({ mount }) => ({ mount, children: [] }));
  if (rows.length === 0) return 1;
  yield* writeAll(1, textOf(rowsOf(rows, names, !parsed.has('nofsroot')), parsed, names));
  return 0;
}

/** Of those that fit, the ones that are below no other. */
function roots(mounts: readonly MountInfo[], fits: Test): MountInfo[] {
  const found = mounts.filter(fits);
  const isBelow = (mount: MountInfo): boolean => {
    const parent = mounts.find(({ id }) => id === mount.parent && id !== mount.id);
    return parent !== undefined && (found.includes(parent) || isBelow(parent));
  };
  return found.filter((mount) => !isBelow(mount));
}

function textOf(rows: readonly SmartRow[], parsed: Parsed, names: readonly string[]): string {
  const columns = names.map((name) => ({ name, ...COLUMNS[name]! }));
  const head = !parsed.has('noheadings');
  if (parsed.has('json')) return smartJson(rows, columns, 'filesystems');
  if (parsed.has('pairs') || parsed.has('raw'))
    return smartLines(rows, columns, parsed.has('pairs') ? 'pairs' : 'raw', head);
  return smartTable(rows, columns, { head, ascii: parsed.has('ascii'), tree: 'TARGET' });
}

export const findmnt: CommandSpec = {
  name: 'findmnt',
  usage: '[options] [<device> | <mountpoint>]',
  summary: 'Find a mounted file system.',
  options: [
    { short: 'k', long: 'kernel', help: "search in the kernel's table, as is done anyhow" },
    { short: 'A', long: 'all', help: 'print all file systems, as is done anyhow' },
    { short: 'a', long: 'ascii', help: 'draw the tree in ASCII' },
    { short: 'F', long: 'tab-file', argument: 'path', help: 'a file like /proc/self/mountinfo' },
    { short: 'f', long: 'first-only', help: 'only the first one found' },
    { short: 'i', long: 'invert', help: 'those that do not match' },
    { short: 'J', long: 'json', help: 'as JSON' },
    { short: 'l', long: 'list', help: 'a list, no tree' },
    { short: 'N', long: 'task', argument: 'tid', help: 'of the namespace of another process' },
    { short: 'n', long: 'noheadings', help: 'no names of columns' },
    { short: 'O', long: 'options', argument: 'list', help: 'only those with these options' },
    { short: 'o', long: 'output', argument: 'list', help: 'the columns to show' },
    { short: 'P', long: 'pairs', help: 'as KEY="value"' },
    { short: 'R', long: 'submounts', help: 'and all that is mounted below' },
    { short: 'r', long: 'raw', help: 'without alignment' },
    { short: 'S', long: 'source', argument: 'string', help: 'the device' },
    { short: 'T', long: 'target', argument: 'path', help: 'the file system that a path is on' },
    { short: 'M', long: 'mountpoint', argument: 'dir', help: 'the directory that it is mounted on' },
    { short: 't', long: 'types', argument: 'list', help: 'only of these types' },
    { short: 'u', long: 'notruncate', help: 'do not shorten, which is never done' },
    { short: 'v', long: 'nofsroot', help: 'no [/dir] behind the device of bind mounts' },
  ],
  run,
};
