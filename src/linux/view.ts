/** Looking at a host from outside: for goals, checks and figures. Nothing here changes anything. */
import { isOsError } from '../base/index.ts';
import { ROOT_CREDENTIALS } from './credentials/credentials.ts';
import { type DirEntry, type Location, type Stat, type VfsContext, walk } from './fs/index.ts';
import type { Kernel } from './kernel.ts';
import { mountsText } from './procMounts.ts';
import type { Pid, WaitStatus } from './syscalls.ts';
import type { Task, TaskState } from './tasks/task.ts';

export interface ProcessInfo {
  /** All numbers as the host sees them. */
  readonly pid: Pid;
  readonly ppid: Pid;
  readonly pgid: Pid;
  readonly uid: number;
  readonly comm: string;
  readonly argv: readonly string[];
  readonly state: TaskState;
  readonly exit: WaitStatus['state'] | null;
  /** The number in its own pid namespace. */
  readonly nspid: Pid;
}

export class HostView {
  readonly #kernel: Kernel;
  readonly #root: () => Pick<VfsContext, 'ns' | 'root'>;

  constructor(kernel: Kernel, root: () => Pick<VfsContext, 'ns' | 'root'>) {
    this.#kernel = kernel;
    this.#root = root;
  }

  /** In the order of their numbers. */
  processes(): ProcessInfo[] {
    const ns = this.#kernel.rootPidNamespace;
    return [...ns.tasks]
      .sort(([a], [b]) => a - b)
      .map(([pid, task]) => ({
        pid,
        ppid: task.parent?.pid.seenFrom(ns) ?? 0,
        pgid: task.group.id.seenFrom(ns),
        uid: task.credentials.uid,
        comm: task.comm,
        argv: task.argv,
        state: task.state,
        exit: task.exitState,
        nspid: task.ownPid,
      }));
  }

  /** Contents of a regular file, as process `pid` (the host when absent) finds it by its path; null when there is none. */
  readFile(path: string, pid?: Pid): Uint8Array | null {
    const location = this.locate(path, pid);
    if (location === null || location.dentry.inode.type !== 'file') return null;
    const { inode } = location.dentry;
    return inode.read(0, Math.max(inode.stat().size, 1 << 20));
  }

  stat(path: string, pid?: Pid): Stat | null {
    return this.locate(path, pid, false)?.dentry.inode.stat() ?? null;
  }

  readdir(path: string, pid?: Pid): readonly DirEntry[] | null {
    const location = this.locate(path, pid);
    if (location === null || location.dentry.inode.type !== 'dir') return null;
    return location.dentry.inode.readdir();
  }

  /** /proc/PID/mounts. */
  mounts(pid: Pid = 1): string {
    const task = this.#task(pid);
    return task === undefined ? '' : mountsText(task);
  }

  #task(pid: Pid): Task | undefined {
    return this.#kernel.rootPidNamespace.tasks.get(pid);
  }

  /** Where `path` leads; null when nowhere. */
  locate(path: string, pid?: Pid, follow = true): Location | null {
    const task = pid === undefined ? undefined : this.#task(pid);
    if (pid !== undefined && task === undefined) return null;
    const { ns, root } = task === undefined ? this.#root() : { ns: task.namespaces.mnt, root: task.root };
    const ctx = {
      ns,
      root,
      cwd: root,
      credentials: ROOT_CREDENTIALS,
      umask: 0,
      clock: this.#kernel.clock,
      host: '',
    };
    try {
      return walk(ctx, path, follow);
    } catch (error) {
      if (isOsError(error)) return null;
      throw error;
    }
  }
}
