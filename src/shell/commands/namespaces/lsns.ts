/** lsns(8) of util-linux: the namespaces that /proc shows, and who is in them. */
import { O_RDONLY, type Sys, sys, writeAll } from '../../../linux/index.ts';
import { rtnetlink } from '../../../linux/net/netlink/requests.ts';
import type { CommandSpec, Parsed } from '../options.ts';
import { accounts, namesIn, orNull } from '../support.ts';
import { kinds } from './kinds.ts';
import { type Cell, drawTable, type Row } from './lsnsTable.ts';
import { readTasks, type SeenTask } from './lsnsTasks.ts';
import { Failed, reporting } from './starting.ts';

interface Seen {
  readonly id: number;
  readonly type: string;
  readonly tasks: SeenTask[];
  parent: number;
  owner: number;
  netnsid: string;
}

type Column =
  | 'NS'
  | 'TYPE'
  | 'PATH'
  | 'NPROCS'
  | 'PID'
  | 'PPID'
  | 'COMMAND'
  | 'UID'
  | 'USER'
  | 'NETNSID'
  | 'NSFS'
  | 'PNS'
  | 'ONS';

const columns: readonly Column[] = [
  'NS',
  'TYPE',
  'PATH',
  'NPROCS',
  'PID',
  'PPID',
  'COMMAND',
  'UID',
  'USER',
  'NETNSID',
  'NSFS',
  'PNS',
  'ONS',
];
const RIGHT: ReadonlySet<Column> = new Set<Column>([
  'NS',
  'NPROCS',
  'PID',
  'PPID',
  'UID',
  'NETNSID',
  'PNS',
  'ONS',
]);

/** What the files of a namespace tell about those around it. */
function* relations(seen: Seen): Sys<void> {
  const fd = yield* orNull(() => sys.open(`/proc/${seen.tasks[0]!.pid}/ns/${seen.type}`, O_RDONLY));
  if (fd === null) return;
  const idBy = function* (request: string): Sys<number> {
    const other = yield* orNull(() => sys.ioctl(fd, request, null));
    if (other === null) return 0;
    const { ino } = yield* sys.fstat(other as number);
    yield* sys.close(other as number);
    return ino;
  };
  seen.owner = yield* idBy('NS_GET_USERNS');
  if (seen.type === 'pid' || seen.type === 'user') seen.parent = yield* idBy('NS_GET_PARENT');
  if (seen.type === 'net')
    seen.netnsid = `${(yield* orNull(() => rtnetlink('RTM_GETNSID', { fd }))) ?? 'unassigned'}`;
  yield* sys.close(fd);
}

/** In the order of their numbers. */
function namespacesOf(tasks: readonly SeenTask[], types: ReadonlySet<string>): Seen[] {
  const seen = new Map<number, Seen>();
  for (const task of tasks)
    for (const [type, id] of task.namespaces) {
      if (!types.has(type)) continue;
      const known = seen.get(id) ?? { id, type, tasks: [], parent: 0, owner: 0, netnsid: '' };
      known.tasks.push(task);
      seen.set(id, known);
    }
  return [...seen.values()].sort((a, b) => a.id - b.id);
}

function typesOf(parsed: Parsed): ReadonlySet<string> {
  const wanted = parsed.values('type');
  const known = kinds.map(({ file }) => file);
  for (const type of wanted) if (!known.includes(type)) throw new Failed(`unknown namespace type: ${type}`);
  return new Set(wanted.length === 0 ? known : wanted);
}

function columnsOf(parsed: Parsed, types: ReadonlySet<string>, oneNamespace: boolean): Column[] {
  const standard: Column[] = oneNamespace
    ? ['PID', 'PPID', 'USER', 'COMMAND']
    : types.size === 1 && types.has('net')
      ? ['NS', 'TYPE', 'NPROCS', 'PID', 'USER', 'NETNSID', 'NSFS', 'COMMAND']
      : ['NS', 'TYPE', 'NPROCS', 'PID', 'USER', 'COMMAND'];
  if (parsed.has('output-all')) return [...columns];
  const given = parsed.value('output');
  if (given === null) return standard;
  const names = given.replace(/^\+/, '').split(',');
  const chosen = names.map((name) => {
    const column = columns.find((candidate) => candidate === name.toUpperCase());
    if (column === undefined) throw new Failed(`unknown column: ${name}`);
    return column;
  });
  return given.startsWith('+') ? [...standard, ...chosen] : chosen;
}

function cellsOf(
  seen: Seen | null,
  task: SeenTask,
  users: ReadonlyMap<number, string>,
): Record<Column, string> {
  return {
    NS: `${seen?.id ?? ''}`,
    TYPE: seen?.type ?? '',
    PATH: seen === null ? '' : `/proc/${task.pid}/ns/${seen.type}`,
    NPROCS: `${seen?.tasks.length ?? ''}`,
    PID: `${task.pid}`,
    PPID: `${task.ppid}`,
    COMMAND: task.command,
    UID: `${task.uid}`,
    USER: users.get(task.uid) ?? `${task.uid}`,
    NETNSID: seen?.netnsid ?? '',
    NSFS: '',
    PNS: `${seen?.parent ?? ''}`,
    ONS: `${seen?.owner ?? ''}`,
  };
}

/** Rows that stand below the process, or below the namespace, that they come from. */
function treeOf(parsed: Parsed, all: readonly Seen[], users: ReadonlyMap<number, string>): Row<Column>[] {
  const rows: Row<Column>[] = [];
  const relation =
    parsed.has('list') || parsed.has('raw') || parsed.has('json')
      ? 'none'
      : parsed.has('tree')
        ? parsed.value('tree') || 'owner'
        : 'process';
  if (!['none', 'owner', 'parent', 'process'].includes(relation))
    throw new Failed(`unknown tree type: ${relation}`);
  const byTask = new Map<number, Row<Column>>();
  const byId = new Map<number, Row<Column>>();
  const add = (seen: Seen): void => {
    if (byId.has(seen.id)) return;
    const [task] = seen.tasks;
    const above =
      relation === 'owner' && seen.type !== 'user'
        ? seen.owner
        : seen.type === 'user'
          ? seen.parent
          : relation === 'parent'
            ? seen.parent
            : 0;
    const outer = all.find(({ id }) => id === above);
    if ((relation === 'owner' || relation === 'parent') && outer !== undefined) add(outer);
    const parent =
      relation === 'process' ? byTask.get(task!.ppid) : relation === 'none' ? undefined : byId.get(above);
    const row: Row<Column> = { cells: cellsOf(seen, task!, users), parent: parent ?? null };
    rows.push(row);
    byTask.set(task!.pid, row);
    byId.set(seen.id, row);
  };
  for (const seen of all) add(seen);
  return rows;
}

function processRows(seen: Seen, users: ReadonlyMap<number, string>): Row<Column>[] {
  const rows = new Map<number, Row<Column>>();
  for (const task of seen.tasks)
    rows.set(task.pid, { cells: cellsOf(null, task, users), parent: rows.get(task.ppid) ?? null });
  return [...rows.values()];
}

const NUMBERS: ReadonlySet<Column> = new Set<Column>(['NS', 'NPROCS', 'PID', 'PPID', 'UID', 'PNS', 'ONS']);

function json(rows: readonly Row<Column>[], shown: readonly Column[]): string {
  const item = ({ cells }: Row<Column>) => {
    const fields = shown.map((column) => {
      const cell = cells[column];
      const value = NUMBERS.has(column) && cell !== '' ? cell : cell === '' ? 'null' : JSON.stringify(cell);
      return `         "${column.toLowerCase()}": ${value}`;
    });
    return `{\n${fields.join(',\n')}\n      }`;
  };
  return `{\n   "namespaces": [\n      ${rows.map(item).join(',')}\n   ]\n}\n`;
}

function* run(parsed: Parsed): Sys<number> {
  const types = typesOf(parsed);
  const [operand] = parsed.operands;
  const wanted = operand === undefined ? null : Number(operand);
  if (wanted !== null && !/^\d+$/.test(operand!))
    throw new Failed(`invalid namespace argument: '${operand}'`);
  const only = parsed.value('task');
  if (only !== null && !/^[1-9]\d*$/.test(only)) throw new Failed(`invalid PID argument: '${only}'`);
  const users = new Map((yield* accounts()).map(({ uid, name }) => [uid, name]));
  const all = namespacesOf(yield* readTasks(yield* namesIn('/proc')), types);
  const shown = columnsOf(parsed, types, wanted !== null);
  if (parsed.has('tree') || shown.some((column) => ['NETNSID', 'PNS', 'ONS'].includes(column)))
    for (const seen of all) yield* relations(seen);
  const one = wanted === null ? null : all.find(({ id }) => id === wanted);
  if (one === undefined) throw new Failed(`not found namespace: ${operand}`);
  const mine = only === null ? all : all.filter(({ tasks }) => tasks.some(({ pid }) => pid === Number(only)));
  const rows = one === null ? treeOf(parsed, mine, users) : processRows(one, users);
  if (rows.length === 0 && only !== null) return 0;
  if (parsed.has('json')) yield* writeAll(1, json(rows, shown));
  else {
    const cells: Cell<Column>[] = shown.map((name) => ({ name, right: RIGHT.has(name) }));
    const tree: Column = parsed.has('tree') ? 'NS' : 'COMMAND';
    yield* writeAll(
      1,
      drawTable(rows, cells, { tree, heading: !parsed.has('noheadings'), raw: parsed.has('raw') }),
    );
  }
  return 0;
}

export const lsns: CommandSpec = {
  name: 'lsns',
  usage: '[OPTION]... [NAMESPACE]',
  summary: 'List system namespaces.',
  options: [
    { short: 'J', long: 'json', help: 'use JSON output format' },
    { short: 'l', long: 'list', help: 'use list format output' },
    { short: 'n', long: 'noheadings', help: "don't print headings" },
    { short: 'o', long: 'output', argument: 'LIST', help: 'define which output columns to use' },
    { long: 'output-all', help: 'output all columns' },
    { short: 'p', long: 'task', argument: 'PID', help: 'print process namespaces' },
    { short: 'r', long: 'raw', help: 'use the raw output format' },
    { short: 'u', long: 'notruncate', help: "don't truncate text in columns: it never is" },
    {
      short: 't',
      long: 'type',
      argument: 'NAME',
      help: 'namespace type (mnt, net, ipc, user, pid, uts, cgroup, time)',
    },
    {
      short: 'T',
      long: 'tree',
      argument: 'REL',
      optional: true,
      help: 'use tree format (parent, owner, or process)',
    },
  ],
  *run(parsed) {
    return yield* reporting('lsns', () => run(parsed));
  },
};
