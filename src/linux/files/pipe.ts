/** Pipes and FIFOs, pipe(7): 64 KiB, writes up to PIPE_BUF in one piece, EPIPE without readers. */
import { OsError } from '../../base/index.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { type Location, S_IFIFO, type Stat } from '../fs/index.ts';
import { O_RDONLY, O_WRONLY } from '../syscalls.ts';
import type { Task } from '../tasks/task.ts';
import { Blocked, WaitQueue } from '../tasks/waitQueue.ts';
import { OpenFile, type Readiness } from './openFile.ts';

const CAPACITY = 65_536;
/** Bytes that are written in one piece, and that there is room for when poll(2) says so. */
export const PIPE_BUF = 4096;
/** Of a channel with nothing in it, as most are most of the time: never added to. */
const NO_CHUNKS: Uint8Array[] = [];
const EPOCH = { sec: 0, nsec: 0 };

/** A bounded queue of bytes with ends that open and close. */
export class ByteChannel {
  readonly changed = new WaitQueue();
  readers = 0;
  writers = 0;
  #chunks = NO_CHUNKS;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get space(): number {
    return CAPACITY - this.#size;
  }

  /** At most `count` bytes, none at end of file; null: nothing there yet. */
  take(count: number): Uint8Array | null {
    if (this.#size === 0) return this.writers === 0 ? new Uint8Array(0) : null;
    const [first] = this.#chunks;
    const { space } = this;
    // Mostly one write is read at once: its bytes are nobody else's.
    if (first!.length === this.#size && count >= this.#size) {
      this.#chunks = NO_CHUNKS;
      this.#size = 0;
      this.drained(space);
      return first!;
    }
    const out = new Uint8Array(Math.min(count, this.#size));
    let at = 0;
    while (at < out.length) {
      const chunk = this.#chunks[0]!;
      const part = chunk.subarray(0, out.length - at);
      out.set(part, at);
      at += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#size -= out.length;
    this.drained(space);
    return out;
  }

  /** Room comes by pages, as pipe_read() of Linux' fs/pipe.c has it: else a reader of single bytes would have a writer at each of them. */
  // `private` and not `#private`: else each channel would be a field larger.
  private drained(before: number): void {
    if (before < PIPE_BUF && this.space >= PIPE_BUF) this.changed.wake();
  }

  /** How many bytes went in; null: no room for what must go in one piece. Throws EPIPE. */
  put(data: Uint8Array): number | null {
    if (this.readers === 0) throw new OsError('EPIPE');
    if (data.length === 0) return 0;
    if (this.space < Math.min(data.length, PIPE_BUF)) return null;
    const part = data.slice(0, this.space);
    if (this.#size === 0) this.#chunks = [part];
    else this.#chunks.push(part);
    this.#size += part.length;
    this.changed.wake();
    return part.length;
  }
}

/** One end of a pipe. */
export class PipeEnd extends OpenFile {
  readonly #channel: ByteChannel;
  readonly #id: number;
  readonly #owner: Credentials;
  readonly #location: Location | null;

  /** `location` is where a FIFO is; a pipe is nowhere, and its inode belongs to `owner`. */
  constructor(
    channel: ByteChannel,
    flags: number,
    id: number,
    owner: Credentials,
    location: Location | null,
  ) {
    super(flags);
    this.#channel = channel;
    this.#id = id;
    this.#owner = owner;
    this.#location = location;
    if (this.readable) channel.readers++;
    if (this.writable) channel.writers++;
    channel.changed.wake();
  }

  get name(): string {
    return `pipe:[${this.#id}]`;
  }

  override get location(): Location | null {
    return this.#location;
  }

  /** Another description of the same pipe, in the direction that is asked for. */
  override reopened(flags: number): PipeEnd {
    return new PipeEnd(this.#channel, flags, this.#id, this.#owner, this.#location);
  }

  stat(): Stat {
    if (this.#location !== null) return this.#location.dentry.inode.stat();
    return {
      dev: 13,
      ino: this.#id,
      mode: S_IFIFO | 0o600,
      nlink: 1,
      uid: this.#owner.euid,
      gid: this.#owner.egid,
      rdev: { major: 0, minor: 0 },
      size: 0,
      blocks: 0,
      atime: EPOCH,
      mtime: EPOCH,
      ctime: EPOCH,
    };
  }

  read(_task: Task, count: number): Uint8Array | Blocked {
    const bytes = this.#channel.take(count);
    if (bytes !== null) return bytes;
    if (this.nonblocking) throw new OsError('EAGAIN');
    return new Blocked(this.queues);
  }

  write(_task: Task, data: Uint8Array): number | Blocked {
    const written = this.#channel.put(data);
    if (written !== null) return written;
    if (this.nonblocking) throw new OsError('EAGAIN');
    return new Blocked(this.queues);
  }

  override poll(): Readiness {
    const channel = this.#channel;
    return {
      in: this.readable && channel.size > 0,
      out: this.writable && channel.space >= PIPE_BUF,
      hup: this.readable ? channel.writers === 0 : channel.readers === 0,
    };
  }

  override get queues(): readonly WaitQueue[] {
    return [this.#channel.changed];
  }

  override release(): void {
    if (this.readable) this.#channel.readers--;
    if (this.writable) this.#channel.writers--;
    this.#channel.changed.wake();
  }
}

/** Both ends of a new pipe of `owner`: reading, writing. */
export function makePipe(id: number, owner: Credentials, flags = 0): readonly [PipeEnd, PipeEnd] {
  const channel = new ByteChannel();
  const end = (access: number) => new PipeEnd(channel, access | flags, id, owner, null);
  return [end(O_RDONLY), end(O_WRONLY)];
}
