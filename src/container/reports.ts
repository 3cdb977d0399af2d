/** What shims tell the daemon, one line a connection, and what it answers: the part of containerd's events that is needed here. */
import { decodeUtf8, isOsError } from '../base/index.ts';
import { type Fd, type Sys, sys, writeAll } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import { CONTAINERD_SOCKET } from './model.ts';
import { namespacePath } from './networking.ts';

/**
 * `mount first`, `mount again` (by the restart policy) and `unmount` ask for the layers; `started PID MESSAGE` has no message when the program runs; `exited CODE` is answered `again`
 * when the restart policy wants it.
 */
type Report = 'mount' | 'unmount' | 'started' | 'exited';

/** The answer: `ok` (of `mount` with the file of the network namespace), `again` or `no`; `no` too when there is no daemon. */
export function* report(what: Report, id: string, rest = ''): Sys<string> {
  const fd = yield* sys.socket();
  try {
    yield* sys.connect(fd, CONTAINERD_SOCKET);
    yield* writeAll(fd, `${what} ${id} ${rest}\n`);
    return decodeUtf8(yield* sys.read(fd, 256)).trim();
  } catch (error) {
    if (!isOsError(error, 'ECONNREFUSED', 'ENOENT')) throw error;
    return 'no';
  } finally {
    yield* sys.close(fd);
  }
}

/** The daemon's side. */
export function* receiveReport(engine: Engine, client: Fd): Sys<void> {
  const line = decodeUtf8(yield* sys.read(client, 65_536)).replace(/\n$/, '');
  const [, what = '', id = '', rest = ''] = /^(\w+) (\w+) (.*)$/s.exec(line) ?? [];
  yield* writeAll(client, `${yield* answer(engine, what, id, rest)}\n`);
}

function* answer(engine: Engine, what: string, id: string, rest: string): Sys<string> {
  const container = engine.containers.get(id);
  if (container === undefined) return 'no';
  switch (what) {
    case 'mount':
      if (rest === 'again') {
        if (container.StopRequested) return 'no';
        yield* engine.networks.allocate(container);
      }
      yield* engine.mountLayers(container);
      return `ok ${namespacePath(container)}`;
    case 'unmount':
      yield* engine.unmountLayers(container);
      return 'ok';
    case 'started': {
      const [pid = ''] = rest.split(' ', 1);
      yield* engine.started(container, Number(pid), rest.slice(pid.length + 1));
      return 'ok';
    }
    case 'exited':
      return (yield* engine.exited(container, Number(rest))) ? 'again' : 'ok';
    default:
      return 'no';
  }
}
