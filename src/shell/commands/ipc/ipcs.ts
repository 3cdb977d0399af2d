/** ipcs(1) of util-linux. */
import { type Sys, writeAll } from '../../../linux/index.ts';
import { Failed, reporting } from '../namespaces/starting.ts';
import type { CommandSpec, Parsed } from '../options.ts';
import { accounts } from '../support.ts';
import { showOne } from './ipcsOne.ts';
import { tables } from './ipcsTables.ts';
import { type IpcKind, readIpc } from './tables.ts';

const LIMITS: Record<IpcKind, readonly string[]> = {
  msg: [
    '------ Messages Limits --------',
    'max queues system wide = 32000',
    'max size of message (bytes) = 8192',
    'default max size of queue (bytes) = 16384',
  ],
  shm: [
    '------ Shared Memory Limits --------',
    'max number of segments = 4096',
    'max seg size (kbytes) = 18014398509465599',
    'max total shared memory (kbytes) = 18446744073709551612',
    'min seg size (bytes) = 1',
  ],
  sem: [
    '------ Semaphore Limits --------',
    'max number of arrays = 32000',
    'max semaphores per array = 32000',
    'max semaphores system wide = 1024000000',
    'max ops per semop call = 500',
    'semaphore max value = 32767',
  ],
};

function* summary(kind: IpcKind): Sys<readonly string[]> {
  const rows = yield* readIpc(kind);
  const sum = (column: string) => rows.reduce((total, row) => total + row.get(column)!, 0);
  switch (kind) {
    case 'msg':
      return [
        '------ Messages Status --------',
        `allocated queues = ${rows.length}`,
        `used headers = ${sum('qnum')}`,
        `used space = ${sum('cbytes')} bytes`,
      ];
    case 'shm':
      return [
        '------ Shared Memory Status --------',
        `segments allocated ${rows.length}`,
        `pages allocated ${rows.reduce((total, row) => total + Math.ceil(row.get('size')! / 4096), 0)}`,
        'pages resident  0',
        'pages swapped   0',
        'Swap performance: 0 attempts\t 0 successes',
      ];
    case 'sem':
      return [
        '------ Semaphore Status --------',
        `used arrays = ${rows.length}`,
        `allocated semaphores = ${sum('nsems')}`,
      ];
  }
}

const views = ['time', 'pid', 'creator'] as const;

function kindsOf(parsed: Parsed): IpcKind[] {
  const chosen = (
    [
      ['queues', 'msg'],
      ['shmems', 'shm'],
      ['semaphores', 'sem'],
    ] as const
  ).filter(([key]) => parsed.has(key));
  return chosen.length === 0 || parsed.has('all') ? ['msg', 'shm', 'sem'] : chosen.map(([, kind]) => kind);
}

function* run(parsed: Parsed): Sys<number> {
  const kinds = kindsOf(parsed);
  const id = parsed.value('id');
  if (id !== null) {
    if (kinds.length !== 1) throw new Failed('when using an ID, a single resource must be specified');
    if (!/^\d+$/.test(id)) throw new Failed(`failed to parse id argument: '${id}'`);
    yield* writeAll(1, yield* showOne(kinds[0]!, Number(id)));
    return 0;
  }
  const users = new Map((yield* accounts()).map(({ uid, name }) => [uid, name]));
  const user = (uid: number) => users.get(uid) ?? `${uid}`;
  const view = views.findLast((each) => parsed.has(each)) ?? 'status';
  yield* writeAll(1, '\n');
  for (const kind of kinds) {
    const lines = parsed.has('limits')
      ? LIMITS[kind]
      : parsed.has('summary')
        ? yield* summary(kind)
        : tables[kind][view](yield* readIpc(kind), user);
    yield* writeAll(1, `${[...lines, ''].map((line) => `${line}\n`).join('')}`);
  }
  return 0;
}

export const ipcs: CommandSpec = {
  name: 'ipcs',
  usage: '[RESOURCE OPTION...] [OUTPUT OPTION] | -m|-q|-s -i ID',
  summary: 'Show information on IPC facilities.',
  options: [
    { short: 'i', long: 'id', argument: 'ID', help: 'print details on resource identified by ID' },
    { short: 'm', long: 'shmems', help: 'shared memory segments' },
    { short: 'q', long: 'queues', help: 'message queues' },
    { short: 's', long: 'semaphores', help: 'semaphores' },
    { short: 'a', long: 'all', help: 'all (default)' },
    { short: 't', long: 'time', help: 'show attach, detach and change times' },
    { short: 'p', long: 'pid', help: 'show PIDs of creator and last operator' },
    { short: 'c', long: 'creator', help: 'show creator and owner' },
    { short: 'l', long: 'limits', help: 'show resource limits' },
    { short: 'u', long: 'summary', help: 'show status summary' },
  ],
  *run(parsed) {
    return yield* reporting('ipcs', () => run(parsed));
  },
};
