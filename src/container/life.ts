/** A container's life as the daemon leads it: start, stop, kill, remove, wait. */
import { decodeUtf8, MILLISECOND, SECOND } from '../base/index.ts';
import { parseSignal, type Sys, sys } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import type { Response } from './http.ts';
import { type Container, EngineError } from './model.ts';
import { askLiveShim, askShim } from './shimClient.ts';

const done: Response = { status: 204, body: null };

export function* start(engine: Engine, container: Container): Sys<Response> {
  if (container.State.Running) return { status: 304, body: null };
  yield* engine.networks.allocate(container);
  const fd = yield* askLiveShim(container, 'start');
  const answer = decodeUtf8(yield* sys.read(fd, 4096)).trim();
  yield* sys.close(fd);
  if (answer === 'ok') return done;
  const why = answer.replace(/^error /, '');
  if (why.startsWith('unable to find user')) throw new EngineError(400, why);
  throw new EngineError(
    400,
    `failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${why}: unknown`,
  );
}

/** Waits for the end of a running container; its exit status. */
export function* awaitExit(container: Container): Sys<number> {
  if (container.State.Running || container.State.Status === 'restarting') {
    const fd = yield* askShim(container, 'wait');
    if (fd !== null) {
      yield* sys.read(fd, 64);
      yield* sys.close(fd);
    }
  }
  return container.State.ExitCode;
}

export function* signalContainer(container: Container, name: string): Sys<void> {
  const signal = parseSignal(name);
  if (signal === null) throw new EngineError(400, `Invalid signal: ${name}`);
  if (!container.State.Running) throw new EngineError(409, `container ${container.ID} is not running`);
  yield* sys.kill(container.State.Pid, signal);
}

/** SIGTERM, and after the grace time SIGKILL. */
export function* stop(engine: Engine, container: Container, grace: number): Sys<Response> {
  if (container.State.Status === 'restarting') {
    container.StopRequested = true;
    container.State.Status = 'exited';
  }
  if (!container.State.Running) return { status: 304, body: null };
  container.StopRequested = true;
  yield* signalContainer(container, 'TERM');
  for (let waited = 0; container.State.Running && waited < grace * SECOND; waited += 10 * MILLISECOND)
    yield* sys.nanosleep(10 * MILLISECOND);
  if (container.State.Running) yield* signalContainer(container, 'KILL');
  yield* awaitExit(container);
  if (engine.containers.has(container.ID)) yield* engine.save(container);
  return done;
}

export function* remove(
  engine: Engine,
  container: Container,
  force: boolean,
  volumes: boolean,
): Sys<Response> {
  const { State } = container;
  if (State.Running && !force) {
    throw new EngineError(
      409,
      `cannot remove container "${container.Name}": container is running: stop the container before removing or force remove`,
    );
  }
  container.StopRequested = true;
  if (State.Running) {
    yield* signalContainer(container, 'KILL');
    yield* awaitExit(container);
  }
  if (engine.containers.has(container.ID)) yield* engine.remove(container, volumes);
  return done;
}
