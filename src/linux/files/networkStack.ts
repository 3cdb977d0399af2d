/**
 * What the network of a host offers to its system calls. Its code comes from outside of the kernel's core, as modules do (`net/`); a host
 * without it knows the sockets of unix(7) alone.
 */
import { OsError } from '../../base/index.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { UserNamespace } from '../credentials/userNamespace.ts';
import { type ComputedNode, S_IFSOCK, type Stat } from '../fs/index.ts';
import type { Namespace } from '../namespaces/kinds.ts';
import {
  O_RDWR,
  type Received,
  type ReceivedError,
  type SocketAddress,
  type SocketSpec,
} from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import type { Blocked } from '../tasks/waitQueue.ts';
import { anonymousStat } from './driver.ts';
import { OpenFile } from './openFile.ts';

/** A network namespace as the kernel's core sees it. */
export interface NetNamespace extends Namespace {
  readonly kind: 'net';
}

/** A number below /proc/sys/net, or a few of them. */
export interface NetworkSwitch {
  /** `ipv4/ip_forward` */
  readonly path: string;
  /** As whoever looks from `userNs` counts. */
  read(userNs: UserNamespace): readonly number[];
  /** Null for what only tells. As many as are read. Throws EINVAL. */
  readonly write: ((values: readonly number[], userNs: UserNamespace) => void) | null;
  /** The largest number that it takes. */
  readonly most: number;
}

export interface NetworkStack {
  /** The host's own. */
  readonly root: NetNamespace;
  /** CLONE_NEWNET: one with a loopback device alone. */
  newNamespace(inode: number, userNs: UserNamespace): NetNamespace;
  /** socket(2). Throws EAFNOSUPPORT, EPROTONOSUPPORT, EPERM. */
  openSocket(task: Task, spec: SocketSpec, id: number): NetworkSocketFile;
  /** A namespace that nobody has any more goes, with its devices. */
  drop(ns: NetNamespace): void;
  /** A namespace's /proc/net, as `reader` sees it when it looks. */
  procFiles(ns: NetNamespace, reader: () => Task): ComputedNode;
  /** What a namespace adds to /sys. */
  sysFiles(ns: NetNamespace): Readonly<Record<string, ComputedNode>>;
  /** What of a namespace stands below /proc/sys/net. */
  switches(ns: NetNamespace): readonly NetworkSwitch[];
  /** Where the kernel's log takes lines. */
  attachLog(write: (text: string) => void): void;
  /** The power is gone: the cables are dead. */
  shutDown(): void;
  /** All its state as JSON, for the world's hash. */
  dump(): unknown;
}

/** A socket that is not of unix(7); what a family does not have ends in EOPNOTSUPP. */
export abstract class NetworkSocketFile extends OpenFile {
  readonly #id: number;
  readonly namespace: NetNamespace;

  constructor(id: number, namespace: NetNamespace) {
    super(O_RDWR);
    this.#id = id;
    this.namespace = namespace;
  }

  get name(): string {
    return `socket:[${this.#id}]`;
  }

  stat(): Stat {
    return { ...anonymousStat(), dev: 8, ino: this.#id, mode: S_IFSOCK | 0o777 };
  }

  override reopened(): never {
    throw new OsError('ENXIO');
  }

  abstract send(data: Uint8Array, to: SocketAddress | null): number | Blocked;
  abstract receive(count: number): Received | Blocked;

  /** Of the error queue. Throws EAGAIN. */
  receiveError(): ReceivedError {
    throw new OsError('EOPNOTSUPP');
  }

  read(_task: Task, count: number): Uint8Array | Blocked {
    const received = this.receive(count);
    return 'data' in received ? received.data : received;
  }

  write(_task: Task, data: Uint8Array): number | Blocked {
    return this.send(data, null);
  }

  /** Throws EACCES for what the caller must have CAP_NET_BIND_SERVICE for. */
  bind(_address: SocketAddress, _credentials: Credentials): void {
    throw new OsError('EOPNOTSUPP');
  }

  listen(_backlog: number): void {
    throw new OsError('EOPNOTSUPP');
  }

  /** `id` is for the new socket. */
  accept(_id: () => number): NetworkSocketFile | Blocked {
    throw new OsError('EOPNOTSUPP');
  }

  connect(_address: SocketAddress): Blocked | null {
    throw new OsError('EOPNOTSUPP');
  }

  shutdown(_how: 'rd' | 'wr' | 'rdwr'): void {
    throw new OsError('EOPNOTSUPP');
  }

  localAddress(): SocketAddress {
    throw new OsError('EOPNOTSUPP');
  }

  /** Throws ENOTCONN. */
  peerAddress(): SocketAddress {
    throw new OsError('EOPNOTSUPP');
  }

  setOption(_name: string, _value: number | string): void {
    throw new OsError('ENOPROTOOPT');
  }

  option(_name: string): number | string {
    throw new OsError('ENOPROTOOPT');
  }
}
