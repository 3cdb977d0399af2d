/** Memory, the kernel log and System V IPC. */
import { IPC_CREAT, IPC_EXCL, IPC_NOWAIT, IPC_PRIVATE } from '../../../../linux/index.ts';
import { ADDRESS, type FlagTable, flagNames, octal } from '../values.ts';
import { type Formats, filled, shown } from './types.ts';

const creating: FlagTable = [
  [IPC_CREAT, 'IPC_CREAT'],
  [IPC_EXCL, 'IPC_EXCL'],
];

const keyText = (key: number) => (key === IPC_PRIVATE ? 'IPC_PRIVATE' : `0x${(key >>> 0).toString(16)}`);
const permissions = (flags: number) =>
  [flagNames(flags & ~0o777, creating, ''), octal(flags & 0o777)].filter((word) => word).join('|');
const waiting = (flags = 0) => flagNames(flags, [[IPC_NOWAIT, 'IPC_NOWAIT']]);

type Calls =
  | 'brk'
  | 'touch'
  | 'syslog'
  | 'msgget'
  | 'msgsnd'
  | 'msgrcv'
  | 'msgrmid'
  | 'shmget'
  | 'shmrmid'
  | 'semget'
  | 'semsetval'
  | 'semgetall'
  | 'semrmid';

export const memoryFormats: Formats<Calls> = {
  /** The data segment begins at address 0, so its end is its size. */
  brk: (_, done, change) => {
    const size = done ? `0x${done.value.toString(16)}` : ADDRESS;
    return change === 0 ? { ...shown('brk', 'NULL'), result: size } : filled(0, shown('brk', size), size);
  },
  touch: 'page faults, which are no calls',
  syslog: (show, done, clear) => {
    const action = clear ? '4 /* SYSLOG_ACTION_READ_CLEAR */' : '3 /* SYSLOG_ACTION_READ_ALL */';
    const text = done ? show.text(done.value) : ADDRESS;
    const size = done ? String(done.value.length) : ADDRESS;
    return filled(1, shown('syslog', action, text, size), done ? size : undefined);
  },
  msgget: (_show, _done, key, flags) => shown('msgget', keyText(key), permissions(flags)),
  msgsnd: (show, _, id, type, data, flags) =>
    shown('msgsnd', id, `{mtype=${type}, mtext=${show.text(data)}}`, data.length, waiting(flags)),
  msgrcv(show, done, id, size, type, flags) {
    const message = done ? `{mtype=${done.value.type}, mtext=${show.text(done.value.data)}}` : ADDRESS;
    const result = done ? String(done.value.data.length) : undefined;
    return filled(1, shown('msgrcv', id, message, size, type, waiting(flags)), result);
  },
  msgrmid: (_show, _done, id) => shown('msgctl', id, 'IPC_RMID', 'NULL'),
  shmget: (_show, _done, key, size, flags) => shown('shmget', keyText(key), size, permissions(flags)),
  shmrmid: (_show, _done, id) => shown('shmctl', id, 'IPC_RMID', 'NULL'),
  semget: (_show, _done, key, count, flags) => shown('semget', keyText(key), count, permissions(flags)),
  semsetval: (_show, _done, id, index, value) =>
    shown('semctl', id, index, 'SETVAL', `0x${value.toString(16)}`),
  semgetall: (_, done, id) =>
    filled(3, shown('semctl', id, 0, 'GETALL', done ? `[${done.value.join(', ')}]` : ADDRESS), '0'),
  semrmid: (_show, _done, id) => shown('semctl', id, 0, 'IPC_RMID', 'NULL'),
};
