/** Commands about snapshots of domains. */
import { writeAll } from '../../../linux/index.ts';
import { calendar, pad } from '../support.ts';
import { lookup } from './asking.ts';
import { type Arguments, DOMAIN, type VirshCommand, VirshError, type VirshOption } from './commands.ts';
import { table } from './tables.ts';

const NAME: VirshOption = { name: 'snapshotname', data: true, help: 'snapshot name' };

function nameOf(args: Arguments): string {
  const name = args.value('snapshotname');
  if (name === null) throw new VirshError('--snapshotname or --current is required');
  return name;
}

/** 2026-11-25 22:25:40 +0000 */
function timeText(seconds: number): string {
  const { year, month, day, hour, minute, second } = calendar(seconds);
  return `${year}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}:${pad(second)} +0000`;
}

const create: VirshCommand = {
  name: 'snapshot-create-as',
  summary: 'Create a snapshot from a set of args',
  description: 'Create a snapshot (disk and RAM) from arguments',
  options: [
    DOMAIN,
    { name: 'name', data: true, help: 'name of snapshot' },
    { name: 'description', data: true, help: 'description of snapshot' },
  ],
  unsimulated:
    'print-xml no-metadata halt disk-only reuse-external quiesce atomic live validate memspec diskspec',
  *run(virsh, args) {
    const { uuid } = yield* lookup(virsh, args);
    const [name, description] = ['name', 'description'].map((option) => args.value(option) ?? '');
    const made = yield* virsh.connection.ask('snapshotCreate', {
      key: uuid,
      name: name!,
      description: description!,
    });
    // No newline of its own, as recorded.
    yield* writeAll(1, `Domain snapshot ${made.name} created`);
  },
};

const list: VirshCommand = {
  name: 'snapshot-list',
  summary: 'List snapshots for a domain',
  description: 'Snapshot List',
  options: [
    DOMAIN,
    { name: 'parent', help: 'add a column showing parent snapshot' },
    { name: 'name', help: 'list snapshot names only' },
  ],
  unsimulated:
    'roots leaves no-leaves metadata no-metadata inactive active disk-only internal external tree from current descendants topological',
  *run(virsh, args) {
    const { uuid } = yield* lookup(virsh, args);
    const { snapshots } = yield* virsh.connection.ask('snapshots', { key: uuid });
    const sorted = [...snapshots].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (args.has('name')) return yield* writeAll(1, sorted.map(({ name }) => `${name}\n`).join(''));
    const parents = args.has('parent');
    const head = ['Name', 'Creation Time', 'State', ...(parents ? ['Parent'] : [])];
    const rows = sorted.map(({ name, created, state, parent }) => [
      name,
      timeText(created),
      state,
      ...(parents ? [parent ?? ''] : []),
    ]);
    yield* writeAll(1, table([head, ...rows]));
  },
};

const current: VirshCommand = {
  name: 'snapshot-current',
  summary: 'Get or set the current snapshot',
  description: 'Get the current snapshot: with --name alone.',
  options: [DOMAIN, { name: 'name', help: 'list the name, rather than the full xml' }],
  unsimulated: 'security-info snapshotname',
  *run(virsh, args) {
    const { name, uuid } = yield* lookup(virsh, args);
    if (!args.has('name'))
      throw new VirshError('snapshot-current without --name is not simulated on this host');
    const book = yield* virsh.connection.ask('snapshots', { key: uuid });
    if (book.current === null) throw new VirshError(`domain '${name}' has no current snapshot`);
    yield* writeAll(1, book.current);
  },
};

/** The one that is named, or with --current the current one, among all of its domain. */
function* found(virsh: Parameters<VirshCommand['run']>[0], args: Arguments) {
  const { name: domain, uuid } = yield* lookup(virsh, args);
  const book = yield* virsh.connection.ask('snapshots', { key: uuid });
  if (args.has('current') && book.current === null)
    throw new VirshError(`domain '${domain}' has no current snapshot`);
  const name = args.has('current') ? book.current! : nameOf(args);
  const snapshot = book.snapshots.find((each) => each.name === name);
  if (snapshot === undefined)
    throw new VirshError(`Domain snapshot not found: no domain snapshot with matching name '${name}'`);
  return { domain, book, snapshot };
}

const CURRENT: VirshOption = { name: 'current', help: 'use current snapshot' };

const info: VirshCommand = {
  name: 'snapshot-info',
  summary: 'snapshot information',
  description: 'Returns basic information about a snapshot.',
  options: [DOMAIN, NAME, CURRENT],
  *run(virsh, args) {
    const { domain, book, snapshot } = yield* found(virsh, args);
    const childrenOf = (name: string) => book.snapshots.filter(({ parent }) => parent === name);
    const below = (name: string): number =>
      childrenOf(name).reduce((sum, child) => sum + 1 + below(child.name), 0);
    const rows = [
      ['Name', snapshot.name],
      ['Domain', domain],
      ['Current', snapshot.name === book.current ? 'yes' : 'no'],
      ['State', snapshot.state],
      ['Location', 'internal'],
      ['Parent', snapshot.parent ?? '-'],
      ['Children', `${childrenOf(snapshot.name).length}`],
      ['Descendants', `${below(snapshot.name)}`],
      ['Metadata', 'yes'],
    ];
    yield* writeAll(1, rows.map(([label, value]) => `${`${label}:`.padEnd(15)} ${value}\n`).join(''));
  },
};

const parent: VirshCommand = {
  name: 'snapshot-parent',
  summary: 'Get the name of the parent of a snapshot',
  description: "Extract the snapshot's parent, if any",
  options: [DOMAIN, NAME, CURRENT],
  *run(virsh, args) {
    const { snapshot } = yield* found(virsh, args);
    if (snapshot.parent === null) throw new VirshError(`snapshot '${snapshot.name}' has no parent`);
    yield* writeAll(1, snapshot.parent);
  },
};

function change(name: 'revert' | 'delete', done: string, summary: string, unsimulated: string): VirshCommand {
  return {
    name: `snapshot-${name}`,
    summary,
    description: name === 'revert' ? 'Revert domain to snapshot' : 'Snapshot Delete',
    options: [DOMAIN, NAME],
    unsimulated,
    *run(virsh, args) {
      const { uuid } = yield* lookup(virsh, args);
      const snapshot = nameOf(args);
      const request = name === 'revert' ? 'snapshotRevert' : 'snapshotDelete';
      yield* virsh.connection.ask(request, { key: uuid, name: snapshot });
      yield* writeAll(1, `Domain snapshot ${snapshot} ${done}\n`);
    },
  };
}

export const snapshotCommands: readonly VirshCommand[] = [
  create,
  list,
  current,
  info,
  parent,
  change('revert', 'reverted', 'Revert a domain to a snapshot', 'current running paused force reset-nvram'),
  change('delete', 'deleted', 'Delete a domain snapshot', 'current children children-only metadata'),
];
