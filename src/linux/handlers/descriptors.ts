/** Descriptors: read(2), write(2), lseek(2), pipe(2), dup(2), fcntl(2), poll(2). */
import { isOsError, OsError } from '../../base/index.ts';
import { InodeFile } from '../files/inodeFile.ts';
import { makePipe } from '../files/pipe.ts';
import { statSeen } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import { CLOSE_RANGE_CLOEXEC, O_CLOEXEC, O_NONBLOCK, type PollReply, type PollRequest } from '../syscalls.ts';
import { dropUnusedNetworks, namespaceOf } from '../tasks/netNamespaces.ts';
import type { Task } from '../tasks/task.ts';
import { Blocked, type WaitQueue } from '../tasks/waitQueue.ts';
import { open } from './open.ts';
import type { Handlers } from './types.ts';

function write(kernel: Kernel, task: Task, fd: number, data: Uint8Array): number | Blocked {
  const file = task.fds.get(fd);
  if (!file.writable) throw new OsError('EBADF');
  try {
    const written = file.write(task, data);
    if (typeof written !== 'number') return written;
    task.io.syscw++;
    task.io.wchar += written;
    if (file instanceof InodeFile) file.written(kernel, task, written);
    return written;
  } catch (error) {
    if (isOsError(error, 'EPIPE')) kernel.signals.send(task, 'PIPE', task);
    if (isOsError(error, 'EFBIG')) kernel.signals.send(task, 'XFSZ', task);
    throw error;
  }
}

function inodeFile(task: Task, fd: number): InodeFile {
  const file = task.fds.get(fd);
  if (!(file instanceof InodeFile)) throw new OsError('EINVAL');
  return file;
}

function poll(
  kernel: Kernel,
  task: Task,
  requests: readonly PollRequest[],
  timeout: number | null,
): PollReply[] | Blocked {
  const call = task.call!;
  const queues: WaitQueue[] = [];
  const replies = requests.map(({ fd, events }): PollReply => {
    const file = task.fds.get(fd);
    queues.push(...file.queues);
    const state = file.poll();
    return {
      fd,
      in: events !== 'out' && (state.in || state.hup),
      out: events !== 'in' && state.out,
      hup: state.hup,
    };
  });
  if (replies.some((reply) => reply.in || reply.out || reply.hup)) return replies;
  if (timeout !== null) call.deadline ??= kernel.events.now + Math.round(timeout);
  if (call.deadline !== null && kernel.events.now >= call.deadline) return replies;
  return new Blocked(queues, call.deadline);
}

type Calls =
  | 'open'
  | 'close'
  | 'read'
  | 'write'
  | 'pread'
  | 'lseek'
  | 'mmap'
  | 'fstat'
  | 'getdents'
  | 'ftruncate'
  | 'fsync'
  | 'sync'
  | 'pipe'
  | 'close_range'
  | 'dup'
  | 'dupfd'
  | 'dup2'
  | 'setcloexec'
  | 'setnonblock'
  | 'poll'
  | 'ioctl';

export const descriptorHandlers: Handlers<Calls> = {
  open,
  close(kernel, task, fd) {
    const file = task.fds.get(fd);
    task.fds.close(fd);
    const space = namespaceOf(file);
    if (space !== null) dropUnusedNetworks(kernel, space);
  },
  read(kernel, task, fd, count) {
    const file = task.fds.get(fd);
    if (!file.readable) throw new OsError('EBADF');
    const bytes = file.read(task, count);
    if (bytes instanceof Blocked) return bytes;
    task.io.syscr++;
    task.io.rchar += bytes.length;
    if (file instanceof InodeFile) file.wasRead(kernel, task, file.offset, bytes.length);
    return bytes;
  },
  write,
  pread(kernel, task, fd, count, offset) {
    const file = task.fds.get(fd);
    if (!file.readable) throw new OsError('EBADF');
    const bytes = file.pread(count, offset);
    task.io.syscr++;
    task.io.rchar += bytes.length;
    if (file instanceof InodeFile) file.wasRead(kernel, task, offset + bytes.length, bytes.length);
    return bytes;
  },
  lseek: (_, task, fd, offset, whence) => task.fds.get(fd).seek(offset, whence),
  mmap(_, task, fd) {
    const file = inodeFile(task, fd);
    if (!file.readable) throw new OsError('EACCES');
    return file.map();
  },
  fstat: (_, task, fd) => statSeen(task.credentials, task.fds.get(fd).stat()),
  getdents(_, task, fd) {
    const file = task.fds.get(fd);
    if (!(file instanceof InodeFile)) throw new OsError('ENOTDIR');
    return file.entries();
  },
  ftruncate(kernel, task, fd, size) {
    const file = inodeFile(task, fd);
    if (!file.writable || size < 0) throw new OsError('EINVAL');
    file.location.dentry.inode.setAttr({ size, mtime: kernel.realtime() });
  },
  fsync(kernel, task, fd) {
    inodeFile(task, fd).sync(kernel, task);
  },
  sync(kernel, task) {
    kernel.io.flushAll(task);
    for (const { fs } of task.namespaces.mnt.mounts) fs.sync?.();
  },
  pipe(kernel, task, flags = 0) {
    if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) throw new OsError('EINVAL');
    const [reading, writing] = makePipe(kernel.nextObjectId(), task.credentials, flags & O_NONBLOCK);
    const cloexec = (flags & O_CLOEXEC) !== 0;
    return [task.fds.add(reading, cloexec), task.fds.add(writing, cloexec)];
  },
  close_range(_, task, first, last, flags = 0) {
    if (first > last || (flags & ~CLOSE_RANGE_CLOEXEC) !== 0) throw new OsError('EINVAL');
    if (flags === 0) task.fds.closeRange(first, last);
    else task.fds.closeRangeOnExec(first, last);
  },
  dup: (_, task, fd) => task.fds.add(task.fds.get(fd)),
  dupfd: (_, task, fd, min) => task.fds.add(task.fds.get(fd), false, min),
  dup2(_, task, fd, to) {
    task.fds.set(fd, to);
    return to;
  },
  setcloexec(_, task, fd, on) {
    task.fds.setCloexec(fd, on);
  },
  setnonblock(_, task, fd, on) {
    const file = task.fds.get(fd);
    file.flags = on ? file.flags | O_NONBLOCK : file.flags & ~O_NONBLOCK;
  },
  poll,
  ioctl: (_, task, fd, request, argument) => task.fds.get(fd).ioctl(task, request, argument),
};
