/**
 * What all sockets have in common. Nothing here waits: what cannot be done yet gives null, and `onChange` is called whenever
 * it may be possible; whoever owns the socket wakes its sleepers then and tries again.
 */
import type { Errno } from '../../base/index.ts';
import { OsError } from '../../base/index.ts';
import type { Ipv4 } from '../address/ipv4.ts';
import type { NetworkDevice } from '../link/device.ts';

/** The receive buffer in bytes (net.core.rmem_default); each datagram is counted with the kernel's overhead. */
export const RECEIVE_BUFFER = 212_992;
export const RECEIVE_OVERHEAD = 768;

export interface SocketAddress {
  readonly address: Ipv4;
  readonly port: number;
}

/** poll(2)'s bits. A reader is to be woken by `error` as well: select(2) counts it as readable and writable. */
export interface SocketReadiness {
  readonly in: boolean;
  readonly out: boolean;
  readonly hup: boolean;
  readonly error: boolean;
}

export abstract class NetworkSocket {
  /** Set by the owner: something that `poll` or a waiting call depends on may have changed. */
  onChange: () => void = () => {};
  /** SO_BINDTODEVICE. */
  device: NetworkDevice | null = null;
  /** IP_TTL; null is the namespace's default. */
  ttl: number | null = null;
  /** IP_TOS. */
  tos = 0;
  /** SO_MARK. */
  mark = 0;
  /** SO_BROADCAST. */
  broadcast = false;
  /** SO_ERROR: an error that came in the meantime. */
  #error: Errno | null = null;

  abstract poll(): SocketReadiness;

  /** The last descriptor went. */
  abstract close(): void;

  get error(): Errno | null {
    return this.#error;
  }

  /** An error for the next call. */
  fail(error: Errno): void {
    this.#error = error;
    this.onChange();
  }

  /** Reads SO_ERROR, which clears it. */
  takeError(): Errno | null {
    const error = this.#error;
    this.#error = null;
    return error;
  }

  /** Throws the error that came in the meantime, once. */
  protected throwError(): void {
    const error = this.takeError();
    if (error !== null) throw new OsError(error);
  }
}
