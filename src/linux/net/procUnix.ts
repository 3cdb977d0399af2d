/** /proc/net/unix: proc_pid_net(5), and unix_seq_show of Linux' net/unix/af_unix.c. */
import { Socket } from '../files/socket.ts';
import type { Task } from '../tasks/task.ts';
import { hex } from './hexNumbers.ts';
import { openSockets } from './openSockets.ts';
import { POINTER } from './procSockets.ts';
import type { HostNamespace } from './socketFile.ts';

/** SO_ACCEPTCON of the flags; SOCK_STREAM of socket(2). */
const LISTENS = 0x10000;
const STREAM = 1;
/** SS_UNCONNECTED, SS_CONNECTING for what waits for accept(2), SS_CONNECTED of socket_state. */
const [UNCONNECTED, CONNECTING, CONNECTED] = [1, 2, 3] as const;

export interface UnixSocket {
  readonly socket: Socket;
  /** Nobody has accepted it yet. */
  readonly waits: boolean;
}

/** Of a namespace, by their inodes; those that wait behind the one that they wait at. */
export const unixSockets = (space: HostNamespace, task: Task): UnixSocket[] =>
  openSockets(task).flatMap((file) => {
    if (!(file instanceof Socket) || file.namespace !== space) return [];
    return [{ socket: file, waits: false }, ...file.waiting.map((socket) => ({ socket, waits: true }))];
  });

export function unixText(space: HostNamespace, task: Task): string {
  const lines = unixSockets(space, task).map(({ socket, waits }) => {
    const { connected, listening, boundTo, inode } = socket;
    const state = waits ? CONNECTING : connected ? CONNECTED : UNCONNECTED;
    const fields = [
      ...[`${POINTER}:`, hex(connected ? 3 : 2, 8), hex(0, 8), hex(listening ? LISTENS : 0, 8)],
      ...[hex(STREAM, 4), hex(state, 2), `${waits ? 0 : inode}`.padStart(5)],
      ...(boundTo === null ? [] : [boundTo.replaceAll('\0', '@')]),
    ];
    return `${fields.join(' ')}\n`;
  });
  return `Num       RefCount Protocol Flags    Type St Inode Path\n${lines.join('')}`;
}
