/** /proc/sysvipc: proc_sysvipc(5). The objects of the reader's ipc namespace. */
import { type ComputedNode, directoryOf } from './fs/index.ts';
import type { IpcOwner, MessageQueue, SemaphoreSet, SharedSegment } from './ipc/objects.ts';
import type { Kernel } from './kernel.ts';

const right = (value: number | string, width: number) => `${value}`.padStart(width);

export function sysvipcDirectory(kernel: Kernel): ComputedNode {
  const current = () => kernel.current!;
  const seen = (pid: number): number =>
    kernel.rootPidNamespace.tasks.get(pid)?.pid.seenFrom(current().namespaces.pid) ?? pid;
  const owners = ({ uid, gid, cuid, cgid }: IpcOwner): string => {
    const { userNs } = current().credentials;
    const ids = [userNs.uidSeen(uid), userNs.gidSeen(gid), userNs.uidSeen(cuid), userNs.gidSeen(cgid)];
    return ids.map((id) => right(id, 5)).join(' ');
  };
  const start = ({ key, id, mode }: MessageQueue | SharedSegment | SemaphoreSet) =>
    `${right(key | 0, 10)} ${right(id, 10)}  ${right(mode.toString(8), 4)}`;
  const table = (head: string, lines: () => string[]): ComputedNode => ({
    kind: 'file',
    text: () => [head, ...lines()].map((line) => `${line}\n`).join(''),
  });
  const times = (...values: readonly number[]) => values.map((value) => right(value, 10)).join(' ');
  return directoryOf({
    msg: table(
      '       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime',
      () =>
        current().namespaces.ipc.msg.all.map((queue) => {
          const bytes = queue.messages.reduce((sum, { data }) => sum + data.length, 0);
          const pids = [queue.lspid, queue.lrpid].map((pid) => right(seen(pid), 5)).join(' ');
          return `${start(queue)}  ${right(bytes, 10)} ${right(queue.messages.length, 10)} ${pids} ${owners(queue)} ${times(queue.stime, queue.rtime, queue.ctime)}`;
        }),
    ),
    sem: table('       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime', () =>
      current().namespaces.ipc.sem.all.map(
        (set) =>
          `${start(set)} ${right(set.values.length, 10)} ${owners(set)} ${times(set.otime, set.ctime)}`,
      ),
    ),
    shm: table(
      '       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap',
      () =>
        current().namespaces.ipc.shm.all.map((segment) => {
          const numbers = `${right(seen(segment.cpid), 5)} ${right(0, 5)} ${right(0, 6)}`;
          return `${start(segment)} ${right(segment.size, 21)} ${numbers} ${owners(segment)} ${times(0, 0, segment.ctime)} ${right(0, 21)} ${right(0, 21)}`;
        }),
    ),
  });
}
