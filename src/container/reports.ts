/** What shims tell the daemon, one line a connection: the part of containerd's events that is needed here. */
import { decodeUtf8, isOsError } from '../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import { containerExited } from './exiting.ts';
import { CONTAINERD_SOCKET } from './model.ts';

/**
 * Tells the daemon `exited CODE [oom]` of the container `id`; false when there is no daemon. The daemon acts on it when the connection
 * is closed, which is after `leave`: the shim's address is free for the next one then.
 */
export function* report(what: string, id: string, leave: () => Sys<void>): Sys<boolean> {
  const fd = yield* sys.socket();
  try {
    yield* sys.connect(fd, CONTAINERD_SOCKET);
    yield* writeAll(fd, `${id} ${what}\n`);
    yield* sys.read(fd, 64);
    yield* leave();
    return true;
  } catch (error) {
    if (!isOsError(error, 'ECONNREFUSED', 'ENOENT')) throw error;
    return false;
  } finally {
    yield* sys.close(fd);
  }
}

/** The daemon's side; also for what the daemon asks itself: `job NUMBER`. */
export function* receiveReport(engine: Engine, client: Fd): Sys<void> {
  const line = decodeUtf8(yield* sys.read(client, 65_536)).trim();
  const job = engine.jobs.get(Number(/^job (\d+)$/.exec(line)?.[1]));
  if (job !== undefined) {
    engine.jobs.delete(Number(line.slice(4)));
    yield* sys.close(client);
    return yield* job();
  }
  yield* writeAll(client, 'ok\n');
  yield* sys.read(client, 1);
  const [, id = '', code = '0', oom] = /^(\w+) exited (\d+)( oom)?$/.exec(line) ?? [];
  const container = engine.containers.get(id);
  if (container !== undefined) yield* containerExited(engine, container, Number(code), oom !== undefined);
}
