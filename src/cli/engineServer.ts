/** The socket of a simulated daemon as a real one. */
import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { isOsError } from '../base/index.ts';
import type { LinuxHost } from '../linux/index.ts';
import { CommandError } from './commandError.ts';
import { Joint } from './joint.ts';
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
  const joint = new Joint(time, () => client);
  try {
    joint.open(host, service);
  } catch (error) {
    // As with a daemon that is not there, or that has too much to do.
    if (!isOsError(error)) throw error;
    client.destroy();
    return;
  }
  joint.client.resume();
  time.run();
}
