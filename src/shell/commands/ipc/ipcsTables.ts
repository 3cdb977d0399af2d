/** The tables of ipcs(1): each kind by status, by times, by processes, by owners. */
import { calendar, MONTHS, pad, WEEKDAYS } from '../support.ts';
import { type IpcKind, type IpcRow, idColumn, idOf } from './tables.ts';

type View = (rows: readonly IpcRow[], user: (uid: number) => string) => readonly string[];

const hex = (row: IpcRow) => `0x${(row.get('key')! >>> 0).toString(16).padStart(8, '0')}`;

/** Cells in columns of these widths. */
const line = (cells: readonly (string | number)[], widths: readonly number[]) =>
  cells.map((cell, i) => `${cell}`.padEnd(widths[i] ?? 0)).join(' ');

const TEN = Array.from({ length: 8 }, () => 10);

/** `Nov 26 04:14:27`. */
function shortTime(seconds: number): string {
  if (seconds === 0) return 'Not set';
  const { month, day, hour, minute, second } = calendar(seconds);
  return `${MONTHS[month - 1]} ${`${day}`.padStart(2)} ${pad(hour)}:${pad(minute)}:${pad(second)}`;
}

/** As ctime(3) has it. */
export function longTime(seconds: number): string {
  if (seconds === 0) return 'Not set';
  const { year, weekday } = calendar(seconds);
  return `${WEEKDAYS[weekday]} ${shortTime(seconds)} ${year}`;
}

const heading = (what: string) => `------ ${what} --------`;

function owners(kind: IpcKind, what: string): View {
  return (rows, user) => [
    heading(`${what} Creators/Owners`),
    line([idColumn(kind), 'perms', 'cuid', 'cgid', 'uid', 'gid'], TEN),
    ...rows.map((row) => {
      const ids = ['cuid', 'cgid', 'uid', 'gid'].map((column) => user(row.get(column)!));
      return line([idOf(kind, row), row.get('perms')!, ...ids], TEN);
    }),
  ];
}

export const tables: Record<IpcKind, Record<'status' | 'time' | 'pid' | 'creator', View>> = {
  msg: {
    status: (rows, user) => [
      heading('Message Queues'),
      line(['key', 'msqid', 'owner', 'perms', 'used-bytes', 'messages'], [...TEN.slice(0, 4), 12, 12]),
      ...rows.map((row) =>
        line(
          [
            hex(row),
            row.get('msqid')!,
            user(row.get('uid')!),
            row.get('perms')!,
            row.get('cbytes')!,
            row.get('qnum')!,
          ],
          [...TEN.slice(0, 4), 12, 12],
        ),
      ),
    ],
    time: (rows, user) => [
      heading('Message Queues Send/Recv/Change Times'),
      line(['msqid', 'owner', 'send', 'recv', 'change'], [8, 10, 20, 20, 20]),
      ...rows.map((row) => {
        const times = ['stime', 'rtime', 'ctime'].map((column) => shortTime(row.get(column)!));
        return line([row.get('msqid')!, user(row.get('uid')!), ...times], [8, 10, 20, 20, 20]);
      }),
    ],
    pid: (rows, user) => [
      heading('Message Queues PIDs'),
      line(['msqid', 'owner', 'lspid', 'lrpid'], TEN),
      ...rows.map((row) => {
        const [sender, receiver] = ['lspid', 'lrpid'].map((column) => `${row.get(column)!}`.padStart(5));
        return `${`${row.get('msqid')!}`.padEnd(8)} ${user(row.get('uid')!).padEnd(10)}  ${sender}     ${receiver}`;
      }),
    ],
    creator: owners('msg', 'Message Queues'),
  },
  shm: {
    status: (rows, user) => [
      heading('Shared Memory Segments'),
      line(['key', 'shmid', 'owner', 'perms', 'bytes', 'nattch', 'status'], [...TEN.slice(0, 6), 12]),
      ...rows.map((row) =>
        line(
          [
            hex(row),
            row.get('shmid')!,
            user(row.get('uid')!),
            row.get('perms')!,
            row.get('size')!,
            row.get('nattch')!,
            '',
            '',
          ],
          [...TEN.slice(0, 6), 6, 6],
        ),
      ),
    ],
    time: (rows, user) => [
      heading('Shared Memory Attach/Detach/Change Times'),
      line(['shmid', 'owner', 'attached', 'detached', 'changed'], [10, 10, 20, 20, 20]),
      ...rows.map((row) => {
        const times = ['atime', 'dtime', 'ctime'].map((column) => shortTime(row.get(column)!));
        return line([row.get('shmid')!, user(row.get('uid')!), ...times], [10, 10, 20, 20, 20]);
      }),
    ],
    pid: (rows, user) => [
      heading('Shared Memory Creator/Last-op PIDs'),
      line(['shmid', 'owner', 'cpid', 'lpid'], TEN),
      ...rows.map((row) =>
        line([row.get('shmid')!, user(row.get('uid')!), row.get('cpid')!, row.get('lpid')!], TEN),
      ),
    ],
    creator: owners('shm', 'Shared Memory Segment'),
  },
  sem: {
    status: (rows, user) => [
      heading('Semaphore Arrays'),
      line(['key', 'semid', 'owner', 'perms', 'nsems'], TEN),
      ...rows.map((row) =>
        line([hex(row), row.get('semid')!, user(row.get('uid')!), row.get('perms')!, row.get('nsems')!], TEN),
      ),
    ],
    time: (rows, user) => [
      heading('Semaphore Operation/Change Times'),
      line(['semid', 'owner', 'last-op', 'last-changed'], [8, 10, 26, 26]),
      ...rows.map((row) => {
        const times = ['otime', 'ctime'].map((column) => longTime(row.get(column)!));
        return line([row.get('semid')!, user(row.get('uid')!), ...times], [8, 10, 26, 26]);
      }),
    ],
    // Semaphores have no such table.
    pid: () => [],
    creator: owners('sem', 'Semaphore Arrays'),
  },
};
