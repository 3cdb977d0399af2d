/** Descriptors of a terminal: the slave that programs use, and the master of a pseudo-terminal. */
import { OsError } from '../../base/index.ts';
import { OpenFile, type Readiness } from '../files/openFile.ts';
import { type Location, S_IFCHR, type Stat } from '../fs/index.ts';
import type { Kernel } from '../kernel.ts';
import { O_RDWR } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { Blocked, type WaitQueue } from '../tasks/waitQueue.ts';
import type { Tty } from './tty.ts';

const EPOCH = { sec: 0, nsec: 0 };

function deviceStat(ino: number, rdev: Stat['rdev']): Stat {
  return {
    dev: 24,
    ino,
    mode: S_IFCHR | 0o620,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev,
    size: 0,
    blocks: 0,
    atime: EPOCH,
    mtime: EPOCH,
    ctime: EPOCH,
  };
}

export class TtyFile extends OpenFile {
  readonly tty: Tty;
  readonly #kernel: Kernel;
  readonly #location: Location | null;

  constructor(kernel: Kernel, tty: Tty, flags: number, location: Location | null) {
    super(flags);
    this.#kernel = kernel;
    this.tty = tty;
    this.#location = location;
    tty.slaves++;
    tty.everOpened = true;
  }

  override get location(): Location | null {
    return this.#location;
  }

  get name(): string {
    return this.tty.path;
  }

  stat(): Stat {
    return (
      this.#location?.dentry.inode.stat() ??
      deviceStat(this.tty.index + 3, { major: 136, minor: this.tty.index })
    );
  }

  read(task: Task, count: number): Uint8Array | Blocked {
    const { tty } = this;
    if (tty.hungUp) return new Uint8Array(0);
    if (this.#inBackground(task)) return this.#stopBackground(task, 'TTIN');
    const bytes = tty.line.take(count);
    if (bytes !== null) return bytes;
    if (this.nonblocking) throw new OsError('EAGAIN');
    return new Blocked([tty.changed]);
  }

  write(task: Task, data: Uint8Array): number | Blocked {
    const { tty } = this;
    if (tty.hungUp) throw new OsError('EIO');
    if (tty.line.termios.tostop && this.#inBackground(task) && this.#stops(task, 'TTOU')) {
      return this.#stopBackground(task, 'TTOU');
    }
    const written = tty.print(data);
    if (written > 0 || data.length === 0) return written;
    if (this.nonblocking) throw new OsError('EAGAIN');
    return new Blocked([tty.changed]);
  }

  /** Before a background process changes the terminal: SIGTTOU, unless it ignores or blocks that. */
  requireForeground(task: Task): Blocked | null {
    if (!this.#inBackground(task) || !this.#stops(task, 'TTOU')) return null;
    return this.#stopBackground(task, 'TTOU');
  }

  #inBackground(task: Task): boolean {
    const { tty } = this;
    return tty.session !== null && task.group.session === tty.session && task.group !== tty.foreground;
  }

  #stops(task: Task, signal: 'TTIN' | 'TTOU'): boolean {
    return task.dispositionOf(signal) !== 'ignore' && !task.blocked.includes(signal);
  }

  /** The call is tried again when the job is in the foreground. EIO when nobody could put it there. */
  #stopBackground(task: Task, signal: 'TTIN' | 'TTOU'): Blocked {
    if (!this.#stops(task, signal) || task.group.orphaned) throw new OsError('EIO');
    this.#kernel.signals.sendToGroup(task.group, signal);
    return new Blocked([this.tty.changed]);
  }

  override poll(): Readiness {
    const { tty } = this;
    return { in: tty.line.readable || tty.hungUp, out: tty.outputSpace > 0, hup: tty.hungUp };
  }

  override get queues(): readonly WaitQueue[] {
    return [this.tty.changed];
  }

  override release(): void {
    this.tty.slaves--;
    this.tty.changed.wake();
  }
}

export class PtyMaster extends OpenFile {
  readonly tty: Tty;
  readonly #kernel: Kernel;

  constructor(kernel: Kernel, tty: Tty) {
    super(O_RDWR);
    this.#kernel = kernel;
    this.tty = tty;
  }

  get name(): string {
    return '/dev/ptmx';
  }

  stat(): Stat {
    return deviceStat(2, { major: 5, minor: 2 });
  }

  read(_task: Task, count: number): Uint8Array | Blocked {
    const { tty } = this;
    if (tty.hasOutput) return tty.takeOutput(count);
    if (tty.everOpened && tty.slaves === 0) throw new OsError('EIO');
    if (this.nonblocking) throw new OsError('EAGAIN');
    return new Blocked([tty.changed]);
  }

  write(_task: Task, data: Uint8Array): number {
    this.tty.line.input(data);
    return data.length;
  }

  override poll(): Readiness {
    const { tty } = this;
    const ended = tty.everOpened && tty.slaves === 0;
    return { in: tty.hasOutput || ended, out: true, hup: ended };
  }

  override get queues(): readonly WaitQueue[] {
    return [this.tty.changed];
  }

  override release(): void {
    this.#kernel.hangUp(this.tty);
  }
}
