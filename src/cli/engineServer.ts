/** The socket of a simulated daemon as a real one: bytes both ways, as fast as the slower side takes them. */
import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { isOsError } from '../base/index.ts';
import type { LinuxHost, OutsideConnection } from '../linux/index.ts';
import { CommandError } from './commandError.ts';
import type { RealTime } from './realTime.ts';

/** Bytes of a socket's path, with its end: unix(7). */
const LONGEST_PATH = 108;

/**
 * Listens at `path`, for its owner alone. Each connection becomes one to `service`, a socket of `host`. Throws CommandError.
 */
export async function serveSocket(
  path: string,
  host: LinuxHost,
  service: string,
  time: RealTime,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) =>
    join(client, host, service, time),
  );
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CommandError(`${path}: cannot be listened at (${code}).`);
  } finally {
    process.umask(mask);
  }
  return server;
}

/** Sees that a socket can be made at `path`; one there that nobody listens at any more is removed. Throws CommandError. */
export async function makeRoom(path: string): Promise<void> {
  if (Buffer.byteLength(path) >= LONGEST_PATH)
    throw new CommandError(`${path}: the path of a socket has at most ${LONGEST_PATH - 1} bytes.`);
  if (!existsSync(path)) return;
  if (!lstatSync(path).isSocket())
    throw new CommandError(`${path}: there is something, and it is no socket.`);
  const state = await new Promise<string>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve('used');
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  });
  if (state === 'used') throw new CommandError(`${path}: somebody listens there already.`);
  if (state !== 'ECONNREFUSED' && state !== 'ENOENT')
    throw new CommandError(`${path}: there is a socket, and it cannot be reached (${state}).`);
  if (state === 'ECONNREFUSED') unlinkSync(path);
}

function join(client: Socket, host: LinuxHost, service: string, time: RealTime): void {
  const connection = new Joint(client);
  try {
    connection.open(host, service);
  } catch (error) {
    // As with a daemon that is not there, or that has too much to do.
    if (!isOsError(error)) throw error;
    client.destroy();
    return;
  }
  client.on('data', (bytes: Buffer) => connection.take(bytes));
  client.on('end', () => connection.end());
  client.on('drain', () => connection.resume());
  client.on('error', () => client.destroy());
  client.on('close', () => connection.close());
  for (const event of ['data', 'end', 'drain', 'close']) client.on(event, time.run);
  client.resume();
  time.run();
}

/** A real connection and a simulated one, as one. */
class Joint {
  readonly #client: Socket;
  #inside: OutsideConnection | null = null;
  /** What the host has not taken yet. */
  #waiting: Uint8Array | null = null;
  #ending = false;

  constructor(client: Socket) {
    this.#client = client;
  }

  /** Throws OsError. */
  open(host: LinuxHost, service: string): void {
    this.#inside = host.connect(service, {
      onData: (bytes) => {
        if (!this.#client.write(bytes)) this.#inside!.pause();
      },
      onEnd: () => void this.#client.end(),
      onRoom: () => this.take(this.#waiting ?? new Uint8Array(0)),
    });
  }

  take(bytes: Uint8Array): void {
    this.#waiting = bytes.subarray(this.#written(bytes));
    if (this.#waiting.length > 0) {
      this.#client.pause();
      return;
    }
    this.#waiting = null;
    if (this.#ending) this.#inside!.end();
    else this.#client.resume();
  }

  /** A host that reads no more has taken everything: what comes is for nobody. */
  #written(bytes: Uint8Array): number {
    try {
      return this.#inside!.write(bytes);
    } catch (error) {
      if (!isOsError(error, 'EPIPE')) throw error;
      return bytes.length;
    }
  }

  end(): void {
    this.#ending = true;
    if (this.#waiting === null) this.#inside!.end();
  }

  resume(): void {
    this.#inside!.resume();
  }

  close(): void {
    this.#inside!.close();
  }
}
