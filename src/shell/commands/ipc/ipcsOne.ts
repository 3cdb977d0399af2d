/** `ipcs -i`: all about one object. */
import { type Sys, sys } from '../../../linux/index.ts';
import { Failed } from '../namespaces/starting.ts';
import { longTime } from './ipcsTables.ts';
import { type IpcKind, type IpcRow, idOf, readIpc } from './tables.ts';

const mode = (row: IpcRow) => `${row.get('perms')!}`.padStart(4, '0');
const time = (row: IpcRow, column: string) => longTime(row.get(column)!).padEnd(26);
const ids = (row: IpcRow, columns: readonly string[], between: string) =>
  columns.map((column) => `${column}=${row.get(column)!}`).join(between);

const OWNERS = ['uid', 'gid', 'cuid', 'cgid'];

function queue(row: IpcRow): string[] {
  return [
    `Message Queue msqid=${row.get('msqid')!}`,
    `${ids(row, OWNERS, '\t')}\tmode=${mode(row)}`,
    `cbytes=${row.get('cbytes')!}\tqbytes=16384\tqnum=${row.get('qnum')!}\t${ids(row, ['lspid', 'lrpid'], '\t')}`,
    `send_time=${time(row, 'stime')}`,
    `rcv_time=${time(row, 'rtime')}`,
    `change_time=${time(row, 'ctime')}`,
  ];
}

function segment(row: IpcRow): string[] {
  return [
    `Shared memory Segment shmid=${row.get('shmid')!}`,
    ids(row, OWNERS, '\t'),
    `mode=${mode(row)}\taccess_perms=${mode(row)}`,
    `bytes=${row.get('size')!}\t${ids(row, ['lpid', 'cpid', 'nattch'], '\t')}`,
    `att_time=${time(row, 'atime')}`,
    `det_time=${time(row, 'dtime')}`,
    `change_time=${time(row, 'ctime')}`,
  ];
}

function* set(row: IpcRow): Sys<string[]> {
  const values = yield* sys.semgetall(row.get('semid')!);
  return [
    `Semaphore Array semid=${row.get('semid')!}`,
    ids(row, OWNERS, '\t '),
    `mode=${mode(row)}, access_perms=${mode(row)}`,
    `nsems = ${row.get('nsems')!}`,
    `otime = ${time(row, 'otime')}`,
    `ctime = ${time(row, 'ctime')}`,
    ['semnum', 'value', 'ncount', 'zcount', 'pid'].map((name) => name.padEnd(10)).join(' '),
    ...values.map((value, i) => [i, value, 0, 0, 0].map((cell) => `${cell}`.padEnd(10)).join(' ')),
  ];
}

/** Throws Failed when there is none. */
export function* showOne(kind: IpcKind, id: number): Sys<string> {
  const row = (yield* readIpc(kind)).find((each) => idOf(kind, each) === id);
  if (row === undefined) throw new Failed(`id ${id} not found`);
  const lines = kind === 'msg' ? queue(row) : kind === 'shm' ? segment(row) : yield* set(row);
  return `\n${[...lines, ''].map((text) => `${text}\n`).join('')}`;
}
