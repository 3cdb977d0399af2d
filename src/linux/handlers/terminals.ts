/** Terminals: termios(3), tcsetpgrp(3), tty_ioctl(4), openpty(3). */
import { OsError } from '../../base/index.ts';
import type { OpenFile } from '../files/openFile.ts';
import { walk } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import type { Task } from '../tasks/task.ts';
import type { Blocked } from '../tasks/waitQueue.ts';
import type { Tty } from '../tty/tty.ts';
import { PtyMaster, TtyFile } from '../tty/ttyFile.ts';
import type { Handlers } from './types.ts';

/** Every program asks whether its output is a terminal. The answer carries nothing of its own, so that one does for all. */
const NO_TERMINAL = new OsError('ENOTTY');

const isTerminal = (file: OpenFile): file is TtyFile | PtyMaster =>
  file instanceof TtyFile || file instanceof PtyMaster;

/** ENOTTY for what is no terminal. */
function ttyOf(task: Task, fd: number): Tty {
  const file = task.fds.get(fd);
  if (!isTerminal(file)) throw NO_TERMINAL;
  return file.tty;
}

/** For changes: a background job has to wait. */
function requireForeground(task: Task, fd: number): Blocked | null {
  const file = task.fds.get(fd);
  return file instanceof TtyFile ? file.requireForeground(task) : null;
}

function controlling(task: Task, fd: number): Tty {
  const tty = ttyOf(task, fd);
  if (tty.session === null || tty.session !== task.group.session) throw new OsError('ENOTTY');
  return tty;
}

function tcsetpgrp(_kernel: Kernel, task: Task, fd: number, pgid: number): undefined | Blocked {
  const tty = controlling(task, fd);
  const blocked = requireForeground(task, fd);
  if (blocked !== null) return blocked;
  const ns = task.namespaces.pid;
  for (const other of ns.tasks.values()) {
    if (other.group.id.seenFrom(ns) !== pgid) continue;
    if (other.group.session !== tty.session) throw new OsError('EPERM');
    tty.foreground = other.group;
    tty.changed.wake();
    return;
  }
  throw new OsError('ESRCH');
}

type Calls =
  | 'tcgetattr'
  | 'tcsetattr'
  | 'tcgetpgrp'
  | 'tcsetpgrp'
  | 'tcgetwinsize'
  | 'tcsetwinsize'
  | 'tcsetctty'
  | 'openpty';

export const terminalHandlers: Handlers<Calls> = {
  tcgetattr: (_, task, fd) => ttyOf(task, fd).line.termios,
  tcsetattr(_, task, fd, termios) {
    const tty = ttyOf(task, fd);
    const blocked = requireForeground(task, fd);
    if (blocked !== null) return blocked;
    tty.line.set(termios);
  },
  tcgetpgrp: (_, task, fd) => controlling(task, fd).foreground?.id.seenFrom(task.namespaces.pid) ?? 0,
  tcsetpgrp,
  tcgetwinsize(_, task, fd) {
    const file = task.fds.get(fd);
    return isTerminal(file) ? file.tty.size : NO_TERMINAL;
  },
  tcsetwinsize(_, task, fd, size) {
    ttyOf(task, fd).resize(size);
  },
  tcsetctty(_, task, fd) {
    const tty = ttyOf(task, fd);
    const { session } = task.group;
    if (session.leader !== task || session.tty !== null || tty.session !== null) throw new OsError('EPERM');
    session.tty = tty;
    tty.session = session;
    tty.foreground = task.group;
  },
  openpty(kernel, task, size, directory) {
    if (directory === undefined) {
      const tty = kernel.newTty(size);
      return [task.fds.add(new PtyMaster(kernel, tty)), tty.path];
    }
    const { fs } = walk(kernel.vfsContext(task), directory).mount;
    kernel.terminals.require(fs);
    const tty = kernel.newTty(size, fs);
    return [task.fds.add(new PtyMaster(kernel, tty)), `${directory}/${tty.index}`];
  },
};
