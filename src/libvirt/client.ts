/** The client's side of the daemon's socket: a door of its own, so that a client comes without machine and hypervisor. */
import { concatBytes, decodeUtf8, isOsError, strerror } from '../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../linux/index.ts';
import {
  ALIVE,
  type Answer,
  KEEPALIVE,
  LIBVIRT_PORT,
  LIBVIRT_SOCKET,
  type RequestName,
  type Requests,
} from './daemon/protocol.ts';

export type { DomainSummary } from './daemon/domain.ts';
export type { JobInfo } from './daemon/migration/job.ts';
export type { Arrival } from './daemon/migration/target.ts';
export { KEEPALIVE, LIBVIRT_PORT, LIBVIRT_SOCKET };

/** What the daemon refused; `missing`: there is no such domain. */
export class Refusal extends Error {
  readonly missing: boolean;

  constructor(message: string, missing: boolean) {
    super(message);
    this.name = 'Refusal';
    this.missing = missing;
  }
}

/** The daemon has gone, or does not answer: what was asked last may have been done or not. */
export class Disconnected extends Refusal {
  constructor(message: string) {
    super(message, false);
    this.name = 'Disconnected';
  }
}

/** A connection to the daemon: one request after the other. */
export class Connection {
  readonly fd: Fd;
  /** Whether the daemon is another host's: it is given up when it does not answer in time. */
  readonly #remote: boolean;
  #rest: Uint8Array = new Uint8Array(0);
  /** Why nothing comes over it any more. */
  #lost: Disconnected | null = null;

  private constructor(fd: Fd, remote: boolean) {
    this.fd = fd;
    this.#remote = remote;
  }

  /** Throws OsError when the daemon cannot be reached. */
  static *open(): Sys<Connection> {
    const fd = yield* sys.socket();
    try {
      yield* sys.connect(fd, LIBVIRT_SOCKET);
    } catch (error) {
      yield* sys.close(fd);
      throw error;
    }
    return new Connection(fd, false);
  }

  /** To the daemon of another host, by its address. Throws OsError when it cannot be reached. */
  static *openRemote(address: number): Sys<Connection> {
    const fd = yield* sys.socket({ family: 'inet', type: 'stream' });
    try {
      yield* sys.connect(fd, { family: 'inet', address, port: LIBVIRT_PORT });
    } catch (error) {
      yield* sys.close(fd);
      throw error;
    }
    return new Connection(fd, true);
  }

  /** Throws Refusal. */
  *ask<Name extends RequestName>(
    request: Name,
    parameters: Requests[Name]['with'],
  ): Sys<Requests[Name]['gives']> {
    yield* this.send(request, parameters);
    return yield* this.answer<Name>();
  }

  /** A request whose answer is taken later. */
  *send<Name extends RequestName>(request: Name, parameters: Requests[Name]['with']): Sys<void> {
    yield* this.#write(JSON.stringify({ request, ...parameters }));
  }

  /** While an answer is waited for: shows a daemon of another host that this side is there. */
  *showLife(): Sys<void> {
    if (this.#remote) yield* this.#write(ALIVE);
  }

  *#write(line: string): Sys<void> {
    if (this.#lost !== null) throw this.#lost;
    try {
      yield* writeAll(this.fd, `${line}\n`);
    } catch (error) {
      if (!isOsError(error)) throw error;
      throw this.#lose(`Cannot write data: ${strerror(error.code)}`);
    }
  }

  /** The answer to what was sent. Throws Refusal. */
  *answer<Name extends RequestName>(): Sys<Requests[Name]['gives']> {
    let end = this.#rest.indexOf(10);
    while (end < 0) {
      const bytes = yield* this.#read();
      if (bytes.length === 0) throw this.#lose('Cannot recv data: Connection reset by peer');
      this.#rest = concatBytes([this.#rest, bytes]);
      end = this.#rest.indexOf(10);
    }
    const answer = JSON.parse(decodeUtf8(this.#rest.subarray(0, end))) as Answer;
    this.#rest = this.#rest.slice(end + 1);
    if ('error' in answer) throw new Refusal(answer.error, answer.missing === true);
    return answer.result as Requests[Name]['gives'];
  }

  #lose(message: string): Disconnected {
    this.#lost = new Disconnected(message);
    return this.#lost;
  }

  *#read(): Sys<Uint8Array> {
    if (this.#remote) {
      const [reply] = yield* sys.poll([{ fd: this.fd, events: 'in' }], KEEPALIVE);
      if (!reply!.in && !reply!.hup)
        throw this.#lose(
          'internal error: client socket is closed: connection closed due to keepalive timeout',
        );
    }
    try {
      return yield* sys.read(this.fd, 65_536);
    } catch (error) {
      if (!isOsError(error) || error.code === 'EINTR') throw error;
      throw this.#lose(`Cannot recv data: ${strerror(error.code)}`);
    }
  }

  /** What of a console came together with the answer that opened it. */
  takeRest(): Uint8Array {
    const rest = this.#rest;
    this.#rest = new Uint8Array(0);
    return rest;
  }

  *close(): Sys<void> {
    yield* sys.close(this.fd);
  }
}
