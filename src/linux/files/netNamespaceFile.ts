/** A network namespace as a file (nsfs): what /proc/PID/ns/net leads to, and what is bound to a name in /run/netns. */
import { OsError } from '../../base/index.ts';
import { S_IFREG, type Stat } from '../fs/index.ts';
import { O_RDONLY } from '../syscalls.ts';
import { anonymousStat } from './driver.ts';
import type { NetNamespace } from './networkStack.ts';
import { OpenFile } from './openFile.ts';

export class NetNamespaceFile extends OpenFile {
  readonly namespace: NetNamespace;

  constructor(namespace: NetNamespace) {
    super(O_RDONLY);
    this.namespace = namespace;
  }

  get name(): string {
    return `net:[${this.namespace.inode}]`;
  }

  stat(): Stat {
    return { ...anonymousStat(), dev: 4, ino: this.namespace.inode, mode: S_IFREG | 0o444 };
  }

  read(): never {
    throw new OsError('EINVAL');
  }

  write(): never {
    throw new OsError('EBADF');
  }
}

const files = new WeakMap<NetNamespace, NetNamespaceFile>();

/** The one file of a namespace. */
export function fileOfNetNamespace(namespace: NetNamespace): NetNamespaceFile {
  const known = files.get(namespace) ?? new NetNamespaceFile(namespace);
  files.set(namespace, known);
  return known;
}
