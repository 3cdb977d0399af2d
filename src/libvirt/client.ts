/** The client's side of the daemon's socket: a door of its own, so that a client comes without machine and hypervisor. */
import { concatBytes, decodeUtf8 } from '../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../linux/index.ts';
import { type Answer, LIBVIRT_SOCKET, type RequestName, type Requests } from './daemon/protocol.ts';

export type { DomainSummary } from './daemon/domain.ts';
export { LIBVIRT_SOCKET };

/** What the daemon refused; `missing`: there is no such domain. */
export class Refusal extends Error {
  readonly missing: boolean;

  constructor(message: string, missing: boolean) {
    super(message);
    this.name = 'Refusal';
    this.missing = missing;
  }
}

/** A connection to the daemon: one request after the other. */
export class Connection {
  readonly fd: Fd;
  #rest: Uint8Array = new Uint8Array(0);

  private constructor(fd: Fd) {
    this.fd = fd;
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
    return new Connection(fd);
  }

  /** Throws Refusal. */
  *ask<Name extends RequestName>(
    request: Name,
    parameters: Requests[Name]['with'],
  ): Sys<Requests[Name]['gives']> {
    yield* writeAll(this.fd, `${JSON.stringify({ request, ...parameters })}\n`);
    let end = this.#rest.indexOf(10);
    while (end < 0) {
      const bytes = yield* sys.read(this.fd, 65_536);
      if (bytes.length === 0) throw new Refusal('Cannot recv data: Connection reset by peer', false);
      this.#rest = concatBytes([this.#rest, bytes]);
      end = this.#rest.indexOf(10);
    }
    const answer = JSON.parse(decodeUtf8(this.#rest.subarray(0, end))) as Answer;
    this.#rest = this.#rest.slice(end + 1);
    if ('error' in answer) throw new Refusal(answer.error, answer.missing === true);
    return answer.result as Requests[Name]['gives'];
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
