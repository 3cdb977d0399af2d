/** Sockets: streams of unix(7) here, those of the network by its own files. */
import { isOsError, OsError } from '../../base/index.ts';
import { type NetNamespace, NetworkSocketFile } from '../files/networkStack.ts';
import { Socket } from '../files/socket.ts';
import { type Inode, MAY_WRITE, requireAccess, S_IFSOCK, vfs, walk } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import type { SocketAddress } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { Blocked } from '../tasks/waitQueue.ts';
import type { Handlers } from './types.ts';

/** Where nobody listens. It carries nothing of its own, so that one does for all. */
const REFUSED = new OsError('ECONNREFUSED');

function socketOf(task: Task, fd: number): Socket | NetworkSocketFile {
  const file = task.fds.get(fd);
  if (!(file instanceof Socket || file instanceof NetworkSocketFile)) throw new OsError('ENOTSOCK');
  return file;
}

/** Throws EOPNOTSUPP for a socket of unix(7). */
function networkSocketOf(task: Task, fd: number): NetworkSocketFile {
  const socket = socketOf(task, fd);
  if (socket instanceof Socket) throw new OsError('EOPNOTSUPP');
  return socket;
}

const newSocket = (kernel: Kernel, net: NetNamespace | null) => new Socket(kernel.nextObjectId(), net);

function bind(kernel: Kernel, task: Task, fd: number, path: string | SocketAddress): undefined {
  const socket = socketOf(task, fd);
  if (!(socket instanceof Socket)) {
    if (typeof path === 'string') throw new OsError('EAFNOSUPPORT');
    socket.bind(path, task.credentials);
    return;
  }
  if (typeof path !== 'string') throw new OsError('EINVAL');
  if (path.startsWith('\0')) {
    if (kernel.listeners.get(path)?.listening) throw new OsError('EADDRINUSE');
    kernel.listeners.set(path, socket);
    socket.boundTo = path;
    return;
  }
  const ctx = kernel.vfsContext(task);
  try {
    vfs.mknod(ctx, path, S_IFSOCK | 0o777);
  } catch (error) {
    throw isOsError(error, 'EEXIST') ? new OsError('EADDRINUSE') : error;
  }
  kernel.listeners.set(walk(ctx, path).dentry.inode, socket);
  socket.boundTo = path;
}

function addressOf(kernel: Kernel, task: Task, path: string): Inode | string {
  if (path.startsWith('\0')) return path;
  const { inode } = walk(kernel.vfsContext(task), path).dentry;
  requireAccess(task.credentials, inode, MAY_WRITE);
  return inode;
}

type Calls =
  | 'socket'
  | 'bind'
  | 'listen'
  | 'accept'
  | 'connect'
  | 'sendto'
  | 'recvmsg'
  | 'recverr'
  | 'getsockname'
  | 'getpeername'
  | 'setsockopt'
  | 'getsockopt'
  | 'shutdown'
  | 'socketpair';

export const socketHandlers: Handlers<Calls> = {
  socket(kernel, task, spec) {
    if (spec === undefined) return task.fds.add(newSocket(kernel, task.namespaces.net));
    if (kernel.network === null) throw new OsError('EAFNOSUPPORT');
    return task.fds.add(kernel.network.openSocket(task, spec, kernel.nextObjectId()));
  },
  bind,
  listen(_, task, fd, backlog = 128) {
    socketOf(task, fd).listen(backlog);
  },
  accept(kernel, task, fd) {
    const socket = socketOf(task, fd).accept(() => kernel.nextObjectId());
    return socket instanceof Blocked ? socket : task.fds.add(socket);
  },
  connect(kernel, task, fd, address) {
    const socket = socketOf(task, fd);
    if (!(socket instanceof Socket)) {
      if (typeof address === 'string') throw new OsError('EAFNOSUPPORT');
      return socket.connect(address) ?? undefined;
    }
    if (typeof address !== 'string') throw new OsError('EINVAL');
    const server = kernel.listeners.get(addressOf(kernel, task, address));
    if (server === undefined) return REFUSED;
    socket.connect(server, newSocket(kernel, server.namespace));
  },
  sendto: (_, task, fd, data, to) => networkSocketOf(task, fd).send(data, to),
  recvmsg: (_, task, fd, count) => networkSocketOf(task, fd).receive(count),
  recverr: (_, task, fd) => networkSocketOf(task, fd).receiveError(),
  getsockname: (_, task, fd) => networkSocketOf(task, fd).localAddress(),
  getpeername: (_, task, fd) => networkSocketOf(task, fd).peerAddress(),
  setsockopt(_, task, fd, name, value) {
    networkSocketOf(task, fd).setOption(name, value);
  },
  getsockopt: (_, task, fd, name) => networkSocketOf(task, fd).option(name),
  shutdown(_, task, fd, how) {
    socketOf(task, fd).shutdown(how);
  },
  socketpair(kernel, task) {
    const a = newSocket(kernel, task.namespaces.net);
    const b = newSocket(kernel, task.namespaces.net);
    Socket.join(a, b);
    return [task.fds.add(a), task.fds.add(b)];
  },
};
