/** runc spec, state, list, ps: what is there. */
import { decodeUtf8, isOsError } from '../../base/index.ts';
import { readAll, readFile, type Sys, sys, writeAll } from '../../linux/index.ts';
import { readText, statOrNull, writeText } from '../files.ts';
import { processesIn } from './cgroups.ts';
import { exampleSpec } from './defaults.ts';
import type { Invocation, RuncCommand } from './flags.ts';
import { RuntimeError } from './spec.ts';
import { bundleOf, containerIds, loadState, type StoredState, statusOf } from './state.ts';

const lastOf = ({ values }: Invocation, name: string): string | undefined => values.get(name)?.at(-1);

function* view(root: string, state: StoredState) {
  const status = yield* statusOf(root, state);
  return {
    ociVersion: state.config.version,
    id: state.id,
    pid: status === 'stopped' ? 0 : state.init_process_pid,
    status,
    bundle: bundleOf(state),
    rootfs: state.config.rootfs,
    created: state.created,
    owner: '',
  };
}

function* ownerOf(path: string): Sys<string> {
  const { uid } = yield* sys.stat(path);
  try {
    const lines = decodeUtf8(yield* readFile('/etc/passwd')).split('\n');
    return lines.map((line) => line.split(':')).find((fields) => fields[2] === `${uid}`)?.[0] ?? `#${uid}`;
  } catch (error) {
    if (isOsError(error)) return `#${uid}`;
    throw error;
  }
}

/** text/tabwriter: columns at least twelve wide, three blanks apart. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(12, ...rows.map((row) => row[i]!.length + 3)));
  return rows
    .map(
      (row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('')}\n`,
    )
    .join('');
}

function* list(invocation: Invocation): Sys<number> {
  const { root } = invocation;
  const found = [];
  for (const id of yield* containerIds(root)) {
    const shown = yield* view(root, yield* loadState(root, id));
    found.push({ ...shown, owner: yield* ownerOf(`${root}/${id}`) });
  }
  if (invocation.values.has('quiet')) {
    yield* writeAll(1, found.map(({ id }) => `${id}\n`).join(''));
    return 0;
  }
  const format = lastOf(invocation, 'format') ?? 'table';
  if (format === 'json') yield* writeAll(1, `${found.length === 0 ? 'null' : JSON.stringify(found)}\n`);
  else if (format === 'table') {
    const rows = found.map(({ id, pid, status, bundle, created, owner }) => [
      id,
      `${pid}`,
      status,
      bundle,
      created,
      owner,
    ]);
    yield* writeAll(1, table([['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...rows]));
  } else throw new RuntimeError('invalid format option');
  return 0;
}

function* ps(invocation: Invocation): Sys<number> {
  const [id = '', ...args] = invocation.operands;
  const cgroup = (yield* loadState(invocation.root, id)).cgroup_paths[''];
  if (cgroup === undefined) throw new RuntimeError('this host has no cgroup file system');
  const pids = yield* processesIn(cgroup);
  if (lastOf(invocation, 'format') === 'json') {
    yield* writeAll(1, `${JSON.stringify(pids)}\n`);
    return 0;
  }
  const [reading, writing] = yield* sys.pipe();
  const child = yield* sys.fork(function* () {
    yield* sys.dup2(writing, 1);
    return yield* sys.execve('/usr/bin/ps', ['ps', ...(args.length === 0 ? ['-ef'] : args)], new Map());
  });
  yield* sys.close(writing);
  const [head = '', ...lines] = decodeUtf8(yield* readAll(reading))
    .trimEnd()
    .split('\n');
  yield* sys.wait4(child);
  const at = head.trim().split(/\s+/).indexOf('PID');
  if (at < 0) throw new RuntimeError("Couldn't find PID field in ps output");
  const own = lines.filter((line) => pids.includes(Number(line.trim().split(/\s+/)[at])));
  yield* writeAll(1, `${[head, ...own].join('\n')}\n`);
  return 0;
}

function* spec(invocation: Invocation): Sys<number> {
  const path = `${lastOf(invocation, 'bundle') ?? '.'}/config.json`;
  if ((yield* statOrNull(path)) !== null) throw new RuntimeError('File config.json exists. Remove it first');
  const types = ((yield* readText('/proc/filesystems')) ?? '')
    .split('\n')
    .map((line) => line.replace(/^\S*\t/, ''));
  const network = (yield* statOrNull('/proc/self/ns/net')) !== null;
  const namespaces = [
    'pid',
    ...(network ? ['network' as const] : []),
    'ipc',
    'uts',
    'mount',
    'cgroup',
  ] as const;
  yield* writeText(path, JSON.stringify(exampleSpec(new Set(types), namespaces), null, '\t'));
  return 0;
}

const format = { name: 'format', short: 'f', argument: 'value', help: 'select one of: table or json' };

export const informing: readonly RuncCommand[] = [
  {
    name: 'spec',
    usage: '[command options]',
    help: 'create a new specification file',
    flags: [
      { name: 'bundle', short: 'b', argument: 'value', help: 'path to the root of the bundle directory' },
    ],
    operands: [0, 0],
    run: spec,
  },
  {
    name: 'state',
    usage: '<container-id>',
    help: 'output the state of a container',
    flags: [],
    operands: [1, 1],
    *run({ root, operands }) {
      const shown = yield* view(root, yield* loadState(root, operands[0]!));
      yield* writeAll(1, JSON.stringify(shown, null, 2));
      return 0;
    },
  },
  {
    name: 'list',
    usage: '[command options]',
    help: 'list containers started by runc with the given root',
    flags: [format, { name: 'quiet', short: 'q', help: 'display only container IDs' }],
    operands: [0, 0],
    run: list,
  },
  {
    name: 'ps',
    usage: '[command options] <container-id> [ps options]',
    help: 'display the processes running inside a container',
    flags: [format],
    operands: [1, Number.POSITIVE_INFINITY],
    run: ps,
  },
];
