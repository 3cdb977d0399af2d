/** An open file description (open(2)): shared by the descriptors that dup(2) and fork(2) make. */
import { OsError } from '../../base/index.ts';
import type { Location, Stat } from '../fs/index.ts';
import { O_ACCMODE, O_NONBLOCK, O_RDONLY, O_WRONLY, type Whence } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import type { Blocked, WaitQueue } from '../tasks/waitQueue.ts';

export interface Readiness {
  readonly in: boolean;
  readonly out: boolean;
  readonly hup: boolean;
}

export abstract class OpenFile {
  flags: number;
  #refs = 0;

  constructor(flags: number) {
    this.flags = flags;
  }

  /** One descriptor more, or another user in the kernel: an open file keeps its mount busy. */
  hold(): void {
    if (this.#refs++ > 0) return;
    const { location } = this;
    if (location !== null) location.mount.users++;
  }

  letGo(): void {
    if (--this.#refs > 0) return;
    const { location } = this;
    if (location !== null) location.mount.users--;
    this.release();
  }

  get nonblocking(): boolean {
    return (this.flags & O_NONBLOCK) !== 0;
  }

  get readable(): boolean {
    return (this.flags & O_ACCMODE) !== O_WRONLY;
  }

  get writable(): boolean {
    return (this.flags & O_ACCMODE) !== O_RDONLY;
  }

  abstract read(task: Task, count: number): Uint8Array | Blocked;
  abstract write(task: Task, data: Uint8Array): number | Blocked;
  abstract stat(): Stat;
  /** What /proc/PID/fd/N shows, when it is no file: `pipe:[7]`. */
  abstract readonly name: string;

  /** Where the file is, for what has a path. */
  get location(): Location | null {
    return null;
  }

  /** Where the next read or write is; 0 of what has no such place. */
  get offset(): number {
    return 0;
  }

  /** What opening this by its link in /proc/PID/fd gives, for what has no path: itself, unless its kind says better. */
  reopened(_flags: number): OpenFile {
    return this;
  }

  poll(): Readiness {
    return { in: true, out: true, hup: false };
  }

  /** Woken when `poll` may have changed. */
  get queues(): readonly WaitQueue[] {
    return [];
  }

  /** The last descriptor went. */
  release(): void {}

  pread(_count: number, _offset: number): Uint8Array {
    throw new OsError('ESPIPE');
  }

  seek(_offset: number, _whence: Whence): number {
    throw new OsError('ESPIPE');
  }

  /** ioctl(2): a request by name, for files of drivers. */
  ioctl(_task: Task, _request: string, _argument: unknown): unknown {
    throw new OsError('ENOTTY');
  }
}
