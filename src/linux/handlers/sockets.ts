/** Stream sockets of unix(7). */
import { isOsError, OsError } from '../../base/index.ts';
import { Socket } from '../files/socket.ts';
import { type Inode, MAY_WRITE, requireAccess, S_IFSOCK, vfs, walk } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../tasks/task.ts';
import { Blocked } from '../tasks/waitQueue.ts';
import type { Handlers } from './types.ts';

function socketOf(task: Task, fd: number): Socket {
  const file = task.fds.get(fd);
  if (!(file instanceof Socket)) throw new OsError('ENOTSOCK');
  return file;
}

function bind(kernel: Kernel, task: Task, fd: number, path: string): undefined {
  const socket = socketOf(task, fd);
  if (path.startsWith('\0')) {
    if (kernel.listeners.get(path)?.listening) throw new OsError('EADDRINUSE');
    kernel.listeners.set(path, socket);
    return;
  }
  const ctx = kernel.vfsContext(task);
  try {
    vfs.mknod(ctx, path, S_IFSOCK | 0o777);
  } catch (error) {
    throw isOsError(error, 'EEXIST') ? new OsError('EADDRINUSE') : error;
  }
  kernel.listeners.set(walk(ctx, path).dentry.inode, socket);
}

function addressOf(kernel: Kernel, task: Task, path: string): Inode | string {
  if (path.startsWith('\0')) return path;
  const { inode } = walk(kernel.vfsContext(task), path).dentry;
  requireAccess(task.credentials, inode, MAY_WRITE);
  return inode;
}

type Calls = 'socket' | 'bind' | 'listen' | 'accept' | 'connect' | 'shutdown' | 'socketpair';

export const socketHandlers: Handlers<Calls> = {
  socket: (kernel, task) => task.fds.add(new Socket(kernel.nextObjectId())),
  bind,
  listen(_, task, fd) {
    socketOf(task, fd).listen();
  },
  accept(_, task, fd) {
    const socket = socketOf(task, fd).accept();
    return socket instanceof Blocked ? socket : task.fds.add(socket);
  },
  connect(kernel, task, fd, path) {
    const server = kernel.listeners.get(addressOf(kernel, task, path));
    if (server === undefined) throw new OsError('ECONNREFUSED');
    socketOf(task, fd).connect(server, new Socket(kernel.nextObjectId()));
  },
  shutdown(_, task, fd, how) {
    socketOf(task, fd).shutdown(how);
  },
  socketpair(kernel, task) {
    const a = new Socket(kernel.nextObjectId());
    const b = new Socket(kernel.nextObjectId());
    Socket.join(a, b);
    return [task.fds.add(a), task.fds.add(b)];
  },
};
