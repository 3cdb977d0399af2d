/** ipcrm(1) of util-linux. */
import { isOsError, type OsError } from '../../../base/index.ts';
import { type Sys, sys, writeAll } from '../../../linux/index.ts';
import { type CommandSpec, type Parsed, UsageError } from '../options.ts';
import { complain } from '../support.ts';
import { type IpcKind, idOf, readIpc } from './tables.ts';

const removers: Record<IpcKind, (id: number) => Sys<void>> = {
  shm: sys.shmrmid,
  msg: sys.msgrmid,
  sem: sys.semrmid,
};

const names: Record<IpcKind, string> = {
  shm: 'shared memory segment',
  msg: 'message queue',
  sem: 'semaphore',
};

const reasons: Partial<Record<OsError['code'], string>> = {
  EACCES: 'permission denied for',
  EPERM: 'permission denied for',
  EINVAL: 'invalid',
  EIDRM: 'already removed',
};

function* remove(kind: IpcKind, id: number, verbose: boolean): Sys<boolean> {
  if (verbose) yield* writeAll(1, `removing ${names[kind]} id \`${id}'\n`);
  try {
    yield* removers[kind](id);
    return true;
  } catch (error) {
    if (!isOsError(error)) throw error;
    yield* complain('ipcrm', `${reasons[error.code] ?? error.message} id (${id})`);
    return false;
  }
}

function* byKey(kind: IpcKind, text: string, verbose: boolean): Sys<boolean> {
  const key = Number(text);
  const row = (yield* readIpc(kind)).find((each) => (each.get('key')! | 0) === (key | 0));
  if (!Number.isNaN(key) && key !== 0 && row !== undefined)
    return yield* remove(kind, idOf(kind, row), verbose);
  yield* complain('ipcrm', `invalid key (${text})`);
  return false;
}

const isKind = (text: string): text is IpcKind => Object.hasOwn(names, text);

const options = [
  ['m', 'shmem', 'shm'],
  ['q', 'queue', 'msg'],
  ['s', 'semaphore', 'sem'],
] as const;

function* byId(kind: IpcKind, text: string, verbose: boolean): Sys<boolean> {
  if (/^\d+$/.test(text)) return yield* remove(kind, Number(text), verbose);
  yield* complain('ipcrm', `failed to parse argument: '${text}'`);
  return false;
}

/** `ipcrm shm 1 2`, as once. */
function* oldForm([kind = '', ...ids]: readonly string[], verbose: boolean): Sys<number> {
  if (!isKind(kind)) throw new UsageError(`unknown argument: ${kind}`);
  let good = true;
  for (const id of ids) good = (yield* byId(kind, id, verbose)) && good;
  return good ? 0 : 1;
}

function* run(parsed: Parsed): Sys<number> {
  const verbose = parsed.has('verbose');
  if (parsed.operands.length > 0) return yield* oldForm(parsed.operands, verbose);
  let good = true;
  for (const [, long, kind] of options) {
    for (const text of parsed.values(`${long}-id`)) good = (yield* byId(kind, text, verbose)) && good;
    for (const text of parsed.values(`${long}-key`)) good = (yield* byKey(kind, text, verbose)) && good;
  }
  const all = parsed.value('all');
  if (all !== null && all !== '' && !isKind(all)) throw new UsageError(`unknown argument: ${all}`);
  for (const kind of ['shm', 'sem', 'msg'] as const)
    if (all === '' || all === kind)
      for (const row of yield* readIpc(kind)) good = (yield* remove(kind, idOf(kind, row), verbose)) && good;
  return good ? 0 : 1;
}

export const ipcrm: CommandSpec = {
  name: 'ipcrm',
  usage: '[OPTION]... | shm|msg|sem ID...',
  summary: 'Remove certain IPC resources.',
  options: [
    ...options.flatMap(([short, long, kind]) => [
      { short, long: `${long}-id`, argument: 'ID', help: `remove ${names[kind]} by id` },
      {
        short: short.toUpperCase(),
        long: `${long}-key`,
        argument: 'KEY',
        help: `remove ${names[kind]} by key`,
      },
    ]),
    {
      short: 'a',
      long: 'all',
      argument: 'shm|msg|sem',
      optional: true,
      help: 'remove all (in the specified category)',
    },
    { short: 'v', long: 'verbose', help: 'explain what is being done' },
  ],
  *run(parsed) {
    return yield* run(parsed);
  },
};
