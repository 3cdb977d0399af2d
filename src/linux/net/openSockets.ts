/** Sockets by the files that programs have of them. */
import { Socket } from '../files/socket.ts';
import type { Task } from '../tasks/task.ts';
import { type HostNamespace, RoomSocketFile } from './socketFile.ts';

/** Of all processes of the host that `task` is on, each once, by their inodes. */
export function openSockets(task: Task): readonly (RoomSocketFile | Socket)[] {
  const found = new Set<RoomSocketFile | Socket>();
  for (const each of task.namespaces.pid.top.tasks.values())
    for (const file of each.fds.files())
      if (file instanceof RoomSocketFile || file instanceof Socket) found.add(file);
  return [...found].sort((a, b) => a.stat().ino - b.stat().ino);
}

/** Those of a kind in one namespace. */
export const filesOf = <F extends RoomSocketFile>(
  space: HostNamespace,
  task: Task,
  kind: abstract new (...given: never[]) => F,
): F[] =>
  openSockets(task).flatMap((file) => (file instanceof kind && file.namespace === space ? [file] : []));
