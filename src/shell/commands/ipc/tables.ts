/** What /proc/sysvipc tells of the objects of System V IPC. */
import { decodeUtf8 } from '../../../base/index.ts';
import { readFile, type Sys } from '../../../linux/index.ts';
import { linesOf } from '../support.ts';

export type IpcKind = 'msg' | 'shm' | 'sem';

/** Numbers by the names of the columns; `perms` as it is written, in octal. */
export type IpcRow = ReadonlyMap<string, number>;

export function* readIpc(kind: IpcKind): Sys<IpcRow[]> {
  const [head = '', ...lines] = linesOf(decodeUtf8(yield* readFile(`/proc/sysvipc/${kind}`)));
  const names = head.trim().split(/\s+/);
  return lines.map((line) => {
    const cells = line.trim().split(/\s+/).map(Number);
    return new Map(names.map((name, i) => [name, cells[i] ?? 0]));
  });
}

/** The column of the number: `msqid`, `shmid`, `semid`. */
export const idColumn = (kind: IpcKind): string => (kind === 'msg' ? 'msqid' : `${kind}id`);

export const idOf = (kind: IpcKind, row: IpcRow): number => row.get(idColumn(kind))!;
