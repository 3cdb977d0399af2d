/** /proc/PID/fd and /proc/PID/fdinfo: proc_pid_fd(5), proc_pid_fdinfo(5). */
import { locationOf } from './files/descriptorInode.ts';
import type { OpenFile } from './files/openFile.ts';
import { O_CLOEXEC, O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC } from './flags.ts';
import { type ComputedNode, pathOf } from './fs/index.ts';
import type { Kernel } from './kernel.ts';
import { requireInspection } from './procAccess.ts';
import type { Task } from './tasks/task.ts';

/** What has a path was opened with it, as by every program of a 64-bit machine. */
const O_LARGEFILE = 0o100_000;
/** Flags that say how to open, and are over then; that of execve(2) is the descriptor's own. */
const OVER = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC;

/** A directory with something for each descriptor. */
function perDescriptor(
  kernel: Kernel,
  task: Task,
  mode: number,
  node: (fd: number, file: OpenFile) => ComputedNode,
): ComputedNode {
  const { uid, gid } = task.credentials;
  return {
    ...{ kind: 'dir', mode, uid, gid },
    names: () => {
      requireInspection(kernel, task);
      return task.fds.entries().map(([fd]) => `${fd}`);
    },
    child: (name) => {
      const found = task.fds.entries().find(([fd]) => `${fd}` === name);
      return found === undefined ? null : ({ ...node(...found), uid, gid } as ComputedNode);
    },
  };
}

export function fdDirectory(kernel: Kernel, task: Task): ComputedNode {
  return perDescriptor(kernel, task, 0o500, (_fd, file) => {
    const { location } = file;
    return {
      kind: 'link',
      mode: (file.readable ? 0o500 : 0o100) | (file.writable ? 0o300 : 0o100),
      size: 64,
      target: () => {
        requireInspection(kernel, task);
        return location === null ? file.name : pathOf(location, kernel.current!.root);
      },
      follow: () => {
        requireInspection(kernel, task);
        return locationOf(file);
      },
    };
  });
}

function infoText(task: Task, fd: number, file: OpenFile): string {
  const { location, offset, flags } = file;
  const { dev, ino } = file.stat();
  const shown =
    (flags & ~OVER) | (location === null ? 0 : O_LARGEFILE) | (task.fds.closesOnExec(fd) ? O_CLOEXEC : 0);
  // The kernel's own mounts, which sockets and pipes are on, have the numbers of their devices.
  return `pos:\t${offset}\nflags:\t0${shown.toString(8)}\nmnt_id:\t${location?.mount.id ?? dev}\nino:\t${ino}\n`;
}

export function fdInfoDirectory(kernel: Kernel, task: Task): ComputedNode {
  return perDescriptor(kernel, task, 0o555, (fd, file) => ({
    kind: 'file',
    text: () => {
      requireInspection(kernel, task);
      return infoText(task, fd, file);
    },
  }));
}
