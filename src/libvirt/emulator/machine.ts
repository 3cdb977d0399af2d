/** libvirtd's side of an emulator: the process, its sockets, and what is asked over them. */
import { concatBytes, type Errno, isOsError, OsError } from '../../base/index.ts';
import { type Fd, type Path, type Pid, type Sys, sys, writeAll } from '../../linux/index.ts';
import { LibvirtError } from '../errors.ts';
import type { DiskSnapshotRequest } from '../kvm/diskSnapshots.ts';
import type { KvmStatus } from '../kvm/requests.ts';
import {
  type Command,
  type CommandName,
  type Commands,
  Lines,
  lineOf,
  type MonitorEvent,
  type MonitorMessage,
} from './monitor.ts';
import { removeScope } from './scope.ts';

const PIECE = 65_536;
/** How long an emulator may think: 30 s, as long as libvirt waits for the job of another to end. */
const PATIENCE = 30_000_000_000;

/** This end of each of an emulator's sockets. */
export interface MachineSockets {
  readonly monitor: Fd;
  readonly console: Fd;
  readonly state: Fd;
}

const gone = () => new LibvirtError('internal', 'End of file from qemu monitor');

export class Machine {
  readonly pid: Pid;
  readonly sockets: MachineSockets;
  /** Its control group. */
  readonly #scope: Path | null;
  readonly #lines = new Lines();
  #messages: MonitorMessage[] = [];
  #events: MonitorEvent[] = [];
  #lastId = 0;
  #closed = false;

  constructor(pid: Pid, sockets: MachineSockets, scope: Path | null) {
    this.pid = pid;
    this.sockets = sockets;
    this.#scope = scope;
  }

  /** Whether there are events that came while something else was waited for. */
  get hasNews(): boolean {
    return this.#events.length > 0;
  }

  /** Waits for the emulator's first word; false when it has ended instead. */
  *greeted(): Sys<boolean> {
    const message = yield* this.#next();
    return message !== null && 'QMP' in message;
  }

  /** Throws OsError as the emulator's machine does, and LibvirtError when the emulator is gone or does not answer. */
  *execute<Name extends CommandName>(
    execute: Name,
    parameters: Commands[Name]['with'],
  ): Sys<Commands[Name]['gives']> {
    const id = yield* this.#send(execute, parameters);
    return (yield* this.#answer(id)) as Commands[Name]['gives'];
  }

  *status(): Sys<KvmStatus> {
    return yield* this.execute('x-query-machine', {});
  }

  *snapshotDisks(request: DiskSnapshotRequest): Sys<void> {
    yield* this.execute('x-disk-snapshot', request);
  }

  /** The machine's state, with which it stands. */
  *saveState(): Sys<Uint8Array> {
    const { length } = yield* this.execute('x-save', {});
    const parts: Uint8Array[] = [];
    for (let size = 0; size < length; size += parts.at(-1)!.length) {
      const part = yield* sys.read(this.sockets.state, PIECE);
      if (part.length === 0) throw gone();
      parts.push(part);
    }
    return concatBytes(parts);
  }

  *restoreState(state: Uint8Array): Sys<void> {
    const id = yield* this.#send('x-restore', { length: state.length });
    yield* this.#guarded(() => writeAll(this.sockets.state, state));
    yield* this.#answer(id);
  }

  /** What has happened, when its monitor has something to read or {@link hasNews}; null when the emulator has ended. */
  *hear(): Sys<readonly MonitorEvent[] | null> {
    if (!this.hasNews) {
      yield* this.#read();
      this.#sort();
    }
    const events = this.#events;
    this.#events = [];
    return events.length === 0 && this.#closed ? null : events;
  }

  /** Ends the process, whatever it does, and buries it. */
  *kill(): Sys<void> {
    try {
      yield* sys.kill(this.pid, 'KILL');
    } catch (error) {
      // Without its monitor it ends too.
      if (!isOsError(error)) throw error;
    }
    const { monitor, console, state } = this.sockets;
    for (const fd of [monitor, console, state]) yield* sys.close(fd);
    yield* this.bury();
  }

  /** Takes its exit status. */
  *bury(): Sys<void> {
    try {
      yield* sys.wait4(this.pid);
    } catch (error) {
      if (!isOsError(error)) throw error;
    }
    if (this.#scope !== null) yield* removeScope(this.#scope);
  }

  *#send<Name extends CommandName>(execute: Name, parameters: Commands[Name]['with']): Sys<number> {
    const id = ++this.#lastId;
    const command = { execute, arguments: parameters, id } as Command;
    yield* this.#guarded(() => writeAll(this.sockets.monitor, lineOf(command)));
    return id;
  }

  *#answer(id: number): Sys<unknown> {
    for (;;) {
      const message = yield* this.#next();
      if (message === null) throw gone();
      if (!('id' in message) || message.id !== id) continue;
      if ('return' in message) return message.return;
      throw new OsError(message.error.class as Errno, message.error.desc);
    }
  }

  /** The next message that is no event; null at the end. */
  *#next(): Sys<MonitorMessage | null> {
    for (;;) {
      this.#sort();
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      if (this.#closed) return null;
      const [reply] = yield* sys.poll([{ fd: this.sockets.monitor, events: 'in' }], PATIENCE);
      if (!reply!.in)
        throw new LibvirtError(
          'plain',
          'Timed out during operation: cannot acquire state change lock (held by monitor)',
        );
      yield* this.#read();
    }
  }

  *#read(): Sys<void> {
    const bytes = yield* sys.read(this.sockets.monitor, PIECE);
    if (bytes.length === 0) this.#closed = true;
    this.#messages.push(...this.#lines.take(bytes).map((line) => JSON.parse(line) as MonitorMessage));
  }

  /** Events are kept apart for whoever asks for them. */
  #sort(): void {
    this.#events.push(...this.#messages.filter((message) => 'event' in message));
    this.#messages = this.#messages.filter((message) => !('event' in message));
  }

  *#guarded(write: () => Sys<void>): Sys<void> {
    try {
      yield* write();
    } catch (error) {
      throw isOsError(error, 'EPIPE') ? gone() : error;
    }
  }
}
