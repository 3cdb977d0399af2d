/** A namespace as a file (nsfs): what the links in /proc/PID/ns lead to, and what a bind mount keeps alive: namespaces(7), ioctl_nsfs(2). */
import { OsError } from '../../base/index.ts';
import { UserNamespace } from '../credentials/userNamespace.ts';
import { S_IFREG, type Stat, type Timespec } from '../fs/index.ts';
import { NAMESPACE_FLAGS, type Namespace } from '../namespaces/kinds.ts';
import { O_RDONLY } from '../syscalls.ts';
import { PidNamespace } from '../tasks/pids.ts';
import type { Task } from '../tasks/task.ts';
import { anonymousStat } from './driver.ts';
import { OpenFile } from './openFile.ts';

export class NamespaceFile extends OpenFile {
  readonly namespace: Namespace;

  /** When somebody first looked: that is when nsfs makes the inode. */
  made: Timespec | null = null;

  readonly #files: NamespaceFiles;

  constructor(namespace: Namespace, files: NamespaceFiles) {
    super(O_RDONLY);
    this.namespace = namespace;
    this.#files = files;
  }

  get name(): string {
    return `${this.namespace.kind}:[${this.namespace.inode}]`;
  }

  stat(): Stat {
    const { made } = this;
    const times = made !== null && { atime: made, mtime: made, ctime: made };
    return { ...anonymousStat(), ...times, dev: 4, ino: this.namespace.inode, mode: S_IFREG | 0o444 };
  }

  read(): never {
    throw new OsError('EINVAL');
  }

  write(): never {
    throw new OsError('EBADF');
  }

  override ioctl(task: Task, request: string): unknown {
    const { namespace } = this;
    switch (request) {
      case 'NS_GET_USERNS':
        return task.fds.add(this.#files.of(ownerOf(task, namespace)), true);
      case 'NS_GET_PARENT':
        return task.fds.add(this.#files.of(parentOf(task, namespace)), true);
      case 'NS_GET_NSTYPE':
        return NAMESPACE_FLAGS[namespace.kind];
      case 'NS_GET_OWNER_UID':
        if (!(namespace instanceof UserNamespace)) throw new OsError('EINVAL');
        return task.credentials.userNs.uidSeen(namespace.owner);
      default:
        throw new OsError('ENOTTY');
    }
  }
}

/** Nobody sees namespaces above its own: EPERM. */
function ownerOf(task: Task, namespace: Namespace): Namespace {
  const owner = namespace instanceof UserNamespace ? namespace.parent : namespace.userNs;
  if (owner === null || !owner.isWithin(task.credentials.userNs)) throw new OsError('EPERM');
  return owner;
}

function parentOf(task: Task, namespace: Namespace): Namespace {
  if (namespace instanceof UserNamespace) {
    const { parent } = namespace;
    if (parent === null || !parent.isWithin(task.credentials.userNs)) throw new OsError('EPERM');
    return parent;
  }
  if (!(namespace instanceof PidNamespace)) throw new OsError('EINVAL');
  const { parent } = namespace;
  if (parent === null || !parent.isWithin(task.namespaces.pid)) throw new OsError('EPERM');
  return parent;
}

/** The files of a kernel's namespaces, one for each: the first user namespace is that of all kernels, its file is not. */
export class NamespaceFiles {
  readonly #files = new WeakMap<Namespace, NamespaceFile>();

  of(namespace: Namespace): NamespaceFile {
    let file = this.#files.get(namespace);
    if (file === undefined) {
      file = new NamespaceFile(namespace, this);
      this.#files.set(namespace, file);
    }
    return file;
  }
}
