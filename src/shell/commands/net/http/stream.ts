/** A connection that is read by pieces, with a time until which that may take. */
import { concatBytes, encodeUtf8, isOsError, type OsError } from '../../../../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../../../../linux/index.ts';
import { monotonic } from '../../../../linux/net/resolver.ts';

/** What went wrong with an exchange; who asks has words of its own for each. */
export type Fault =
  | { readonly kind: 'timeout' }
  /** The other side ended before it said anything. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'failed'; readonly doing: 'Recv' | 'Send'; readonly error: OsError }
  /** No answer of HTTP/1. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'bad chunk' }
  /** The body ended too early: how many bytes were still to come, null where its length is not known. */
  | { readonly kind: 'short'; readonly missing: number | null };

export class HttpFault extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.kind);
    this.fault = fault;
  }
}

const CHUNK = 16_384;

export class HttpStream {
  readonly fd: Fd;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(fd: Fd) {
    this.fd = fd;
  }

  /** Some bytes; none at the end. Throws HttpFault. */
  *read(until: number | null): Sys<Uint8Array> {
    const rest = this.#rest;
    if (rest.length > 0) {
      this.#rest = new Uint8Array(0);
      return rest;
    }
    const wait = until === null ? null : until - (yield* monotonic());
    if (wait !== null) {
      const [ready] = yield* sys.poll([{ fd: this.fd, events: 'in' }], Math.max(0, wait));
      if (!ready!.in && !ready!.hup) throw new HttpFault({ kind: 'timeout' });
    }
    try {
      return yield* sys.read(this.fd, CHUNK);
    } catch (error) {
      if (!isOsError(error) || error.code === 'EINTR') throw error;
      throw new HttpFault({ kind: 'failed', doing: 'Recv', error });
    }
  }

  /** Puts back what was read too much. */
  unread(bytes: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? bytes : concatBytes([bytes, this.#rest]);
  }

  /** Throws HttpFault. */
  *write(data: string | Uint8Array): Sys<void> {
    try {
      yield* writeAll(this.fd, typeof data === 'string' ? encodeUtf8(data) : data);
    } catch (error) {
      if (!isOsError(error) || error.code === 'EINTR') throw error;
      throw new HttpFault({ kind: 'failed', doing: 'Send', error });
    }
  }

  /** Whether the other side has ended a connection that rests. */
  *isStale(): Sys<boolean> {
    if (this.#rest.length > 0) return true;
    const [ready] = yield* sys.poll([{ fd: this.fd, events: 'in' }], 0);
    return ready!.in || ready!.hup;
  }

  *close(): Sys<void> {
    yield* sys.close(this.fd);
  }
}
