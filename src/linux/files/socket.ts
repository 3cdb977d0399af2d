/** Stream sockets of unix(7): a connection is two byte channels. */
import { OsError } from '../../base/index.ts';
import { S_IFSOCK, type Stat } from '../fs/index.ts';
import { O_RDWR } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { Blocked, WaitQueue } from '../tasks/waitQueue.ts';
import type { NetNamespace } from './networkStack.ts';
import { OpenFile, type Readiness } from './openFile.ts';
import { ByteChannel, PIPE_BUF } from './pipe.ts';

const EPOCH = { sec: 0, nsec: 0 };
/** Connections that may wait for accept(2). */
const BACKLOG = 128;

export class Socket extends OpenFile {
  readonly #id: number;
  /** Set by listen(2): connections that wait for accept(2). */
  #backlog: Socket[] | null = null;
  readonly #arrived = new WaitQueue();
  #incoming: ByteChannel | null = null;
  #outgoing: ByteChannel | null = null;
  #closed = false;
  /** bind(2): a path, or an abstract name with its leading NUL. */
  boundTo: string | null = null;
  /** The network namespace that it was made in: what is bound to a name is seen there. */
  readonly namespace: NetNamespace | null;

  constructor(id: number, namespace: NetNamespace | null) {
    super(O_RDWR);
    this.#id = id;
    this.namespace = namespace;
  }

  get inode(): number {
    return this.#id;
  }

  get connected(): boolean {
    return this.#incoming !== null;
  }

  /** Connections that wait for accept(2). */
  get waiting(): readonly Socket[] {
    return this.#backlog ?? [];
  }

  get name(): string {
    return `socket:[${this.#id}]`;
  }

  get listening(): boolean {
    return this.#backlog !== null && !this.#closed;
  }

  stat(): Stat {
    return {
      dev: 8,
      ino: this.#id,
      mode: S_IFSOCK | 0o777,
      nlink: 1,
      uid: 0,
      gid: 0,
      rdev: { major: 0, minor: 0 },
      size: 0,
      blocks: 0,
      atime: EPOCH,
      mtime: EPOCH,
      ctime: EPOCH,
    };
  }

  override reopened(): never {
    throw new OsError('ENXIO');
  }

  listen(_backlog?: number): void {
    if (this.#incoming !== null) throw new OsError('EINVAL');
    this.#backlog ??= [];
  }

  /** Joins two sockets, each one's outgoing channel being the other's incoming. */
  static join(a: Socket, b: Socket): void {
    const there = new ByteChannel();
    const back = new ByteChannel();
    for (const channel of [there, back]) channel.readers = channel.writers = 1;
    a.#outgoing = b.#incoming = there;
    a.#incoming = b.#outgoing = back;
  }

  /** connect(2): this socket to the listening `server`, which gets `peer` from accept(2). */
  connect(server: Socket, peer: Socket): void {
    if (this.#incoming !== null) throw new OsError('EISCONN');
    if (!server.listening) throw new OsError('ECONNREFUSED');
    if (server.#backlog!.length >= BACKLOG) throw new OsError('EAGAIN');
    Socket.join(this, peer);
    peer.boundTo = server.boundTo;
    server.#backlog!.push(peer);
    server.#arrived.wake();
  }

  accept(_id?: () => number): Socket | Blocked {
    if (this.#backlog === null) throw new OsError('EINVAL');
    const socket = this.#backlog.shift();
    if (socket !== undefined) return socket;
    if (this.nonblocking) throw new OsError('EAGAIN');
    return new Blocked([this.#arrived]);
  }

  /** At most `count` bytes, none at the end; null: nothing is there yet. */
  take(count: number): Uint8Array | null {
    if (this.#incoming === null) throw new OsError(this.#backlog === null ? 'ENOTCONN' : 'EINVAL');
    return this.#incoming.take(count);
  }

  /** How many bytes went; null: no room yet. */
  put(data: Uint8Array): number | null {
    if (this.#outgoing === null) throw new OsError('ENOTCONN');
    if (this.#outgoing.writers === 0) throw new OsError('EPIPE');
    return this.#outgoing.put(data);
  }

  read(_task: Task, count: number): Uint8Array | Blocked {
    const bytes = this.take(count);
    if (bytes !== null) return bytes;
    if (this.nonblocking) throw new OsError('EAGAIN');
    return new Blocked([this.#incoming!.changed]);
  }

  write(_task: Task, data: Uint8Array): number | Blocked {
    const written = this.put(data);
    if (written !== null) return written;
    if (this.nonblocking) throw new OsError('EAGAIN');
    return new Blocked([this.#outgoing!.changed]);
  }

  shutdown(how: 'rd' | 'wr' | 'rdwr'): void {
    if (this.#incoming === null || this.#outgoing === null) throw new OsError('ENOTCONN');
    if (how !== 'wr') close(this.#incoming, 'readers');
    if (how !== 'rd') close(this.#outgoing, 'writers');
  }

  override poll(): Readiness {
    if (this.#backlog !== null) return { in: this.#backlog.length > 0, out: false, hup: false };
    const incoming = this.#incoming;
    const outgoing = this.#outgoing;
    if (incoming === null || outgoing === null) return { in: false, out: false, hup: true };
    const ended = incoming.writers === 0;
    return {
      in: incoming.size > 0 || ended,
      out: outgoing.space >= PIPE_BUF,
      hup: ended && outgoing.readers === 0,
    };
  }

  override get queues(): readonly WaitQueue[] {
    if (this.#incoming === null || this.#outgoing === null) return [this.#arrived];
    return [this.#incoming.changed, this.#outgoing.changed];
  }

  override release(): void {
    this.#closed = true;
    for (const waiting of this.#backlog ?? []) waiting.release();
    if (this.#incoming !== null) close(this.#incoming, 'readers');
    if (this.#outgoing !== null) close(this.#outgoing, 'writers');
  }
}

function close(channel: ByteChannel, end: 'readers' | 'writers'): void {
  channel[end] = 0;
  channel.changed.wake();
}
