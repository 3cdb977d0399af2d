/** open(2): which open file a path gives, by the kind of its inode. */
import { OsError } from '../../base/index.ts';
import { DescriptorInode } from '../files/descriptorInode.ts';
import { DeviceFile } from '../files/device.ts';
import { InodeFile } from '../files/inodeFile.ts';
import type { OpenFile } from '../files/openFile.ts';
import { ByteChannel, PipeEnd } from '../files/pipe.ts';
import { type Location, vfs } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import { O_ACCMODE, O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_RDONLY, O_WRONLY } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { Blocked } from '../tasks/waitQueue.ts';
import type { Tty } from '../tty/tty.ts';
import { PtyMaster, TtyFile } from '../tty/ttyFile.ts';
import { requireOpenable } from './devices.ts';

const standard = new Map([
  ['/dev/stdin', 0],
  ['/dev/stdout', 1],
  ['/dev/stderr', 2],
]);

/** `/dev/fd/N` and its kin give the open file itself again. */
function descriptorNamed(path: string): number | null {
  if (!path.startsWith('/dev/') && !path.startsWith('/proc/self/')) return null;
  const named = standard.get(path);
  if (named !== undefined) return named;
  const match = /^\/(?:proc\/self|dev)\/fd\/(\d+)$/.exec(path);
  return match === null ? null : Number(match[1]);
}

export function open(
  kernel: Kernel,
  task: Task,
  path: string,
  flags: number,
  mode = 0,
): number | OsError | Blocked {
  const cloexec = (flags & O_CLOEXEC) !== 0;
  const fd = descriptorNamed(path);
  if (fd !== null) {
    try {
      return task.fds.add(task.fds.get(fd), cloexec);
    } catch {
      throw new OsError('ENOENT');
    }
  }
  const location = vfs.answerOpen(kernel.vfsContext(task), path, flags, mode);
  if (location instanceof OsError) return location;
  const file = openAt(kernel, task, location, flags);
  return file instanceof Blocked ? file : task.fds.add(file, cloexec);
}

function openAt(kernel: Kernel, task: Task, location: Location, flags: number): OpenFile | Blocked {
  const { inode } = location.dentry;
  if (inode instanceof DescriptorInode) return inode.file.reopened(flags);
  if (inode.type === 'chr' || inode.type === 'blk') requireOpenable(task, inode, flags);
  switch (inode.type) {
    case 'chr':
      return openDevice(kernel, task, location, flags);
    case 'fifo':
      return openFifo(kernel, task, location, flags);
    case 'blk':
    case 'sock':
      throw new OsError('ENXIO');
    default:
      return new InodeFile(location, flags);
  }
}

function openDevice(kernel: Kernel, task: Task, location: Location, flags: number): OpenFile {
  const { major, minor } = location.dentry.inode.stat().rdev;
  const device = kernel.devices.get(`${major}:${minor}`);
  if (device !== undefined) return new DeviceFile(location, device, flags);
  const driver = kernel.drivers.get(`${major}:${minor}`);
  if (driver !== undefined) return driver.open(location, flags);
  if (major === 5 && minor === 2) return openMultiplexer(kernel, location);
  if (major === 136)
    return openTerminal(kernel, task, location, flags, kernel.terminals.at(location.dentry.inode));
  const { tty } = task.group.session;
  if (major !== 5 || minor !== 0 || tty === null) throw new OsError('ENXIO');
  return openTerminal(kernel, task, location, flags, tty);
}

/** ptmx: a new terminal of the instance that the node is in. */
function openMultiplexer(kernel: Kernel, { mount }: Location): PtyMaster {
  return new PtyMaster(kernel, kernel.newTty({ rows: 24, cols: 80 }, mount.fs));
}

/** Without O_NOCTTY a session leader that has no terminal gets it as the controlling one. */
function openTerminal(kernel: Kernel, task: Task, location: Location, flags: number, tty: Tty): TtyFile {
  const file = new TtyFile(kernel, tty, flags, location);
  const { session } = task.group;
  if ((flags & O_NOCTTY) === 0 && session.leader === task && session.tty === null && tty.session === null) {
    session.tty = tty;
    tty.session = session;
    tty.foreground = task.group;
  }
  return file;
}

/** fifo(7): opening one end waits for the other; O_NONBLOCK writers get ENXIO. */
function openFifo(kernel: Kernel, task: Task, location: Location, flags: number): OpenFile | Blocked {
  const { inode } = location.dentry;
  let channel = kernel.fifos.get(inode);
  if (channel === undefined) {
    channel = new ByteChannel();
    kernel.fifos.set(inode, channel);
  }
  const access = flags & O_ACCMODE;
  const pending = kernel.current!.call!;
  // The first try counts itself as an end; the retry finds that in `deadline`.
  const first = pending.deadline === null;
  if (first) pending.deadline = 0;
  if (access === O_RDONLY) {
    if (channel.writers === 0 && (flags & O_NONBLOCK) === 0) return waitFor(channel, first, 'readers');
    if (!first) channel.readers--;
  } else if (access === O_WRONLY) {
    if (channel.readers === 0 && (flags & O_NONBLOCK) !== 0) throw new OsError('ENXIO');
    if (channel.readers === 0) return waitFor(channel, first, 'writers');
    if (!first) channel.writers--;
  }
  return new PipeEnd(channel, flags, inode.ino, task.credentials, location);
}

function waitFor(channel: ByteChannel, first: boolean, end: 'readers' | 'writers'): Blocked {
  if (first) {
    channel[end]++;
    channel.changed.wake();
  }
  return new Blocked([channel.changed]);
}
