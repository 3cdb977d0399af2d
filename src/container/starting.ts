/** Starting a container: its layers, its bundle, its shim, and the program. moby's daemon/start.go. */
import { decodeUtf8 } from '../base/index.ts';
import { type Sys, sys } from '../linux/index.ts';
import { tell, tellVolumes } from './containerEvents.ts';
import type { Engine } from './engine.ts';
import { failureStatus } from './exitStatus.ts';
import { makeDirs, removeTree, timestamp, writeText } from './files.ts';
import { startMonitor } from './health.ts';
import { bundlePath, type Container, EngineError, shimAddress } from './model.ts';
import { specOf } from './ociSpec.ts';
import { answerOfShim, askLiveShim, dismissShim, type ShimTask, taskOf } from './shimClient.ts';

/** By the user: counts and delays of restarts begin anew. */
export function* startByUser(engine: Engine, container: Container): Sys<void> {
  engine.delays.delete(container.ID);
  engine.cancelled.delete(container.ID);
  container.RestartCount = 0;
  container.HasBeenManuallyStopped = false;
  yield* startContainer(engine, container);
}

/** Throws EngineError, with everything as it was but the error in the container's state; one of `--rm` is removed. */
export function* startContainer(engine: Engine, container: Container): Sys<void> {
  const { State } = container;
  engine.starting.add(container);
  try {
    yield* engine.networks.allocate(container);
    yield* engine.mountLayers(container);
    yield* tellVolumes(engine, container, 'mount');
    yield* writeBundle(engine, container);
    const pid = yield* createTask(container);
    yield* runTask(container);
    Object.assign(State, {
      ...{ Running: true, Restarting: false, Paused: false, OOMKilled: false, Dead: false },
      ...{ Pid: pid, ExitCode: 0, Error: '', StartedAt: yield* timestamp() },
    });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    yield* failed(engine, container, error);
    throw error;
  } finally {
    engine.starting.delete(container);
  }
  yield* engine.save(container);
  yield* startMonitor(engine, container);
  yield* tell(engine, container, 'start');
  yield* engine.changed(container);
}

function* failed(engine: Engine, container: Container, error: EngineError): Sys<void> {
  const { State } = container;
  const code = failureStatus(error.message);
  Object.assign(State, { Running: false, Restarting: false, Pid: 0, ExitCode: code, Error: error.message });
  yield* dismissShim(container);
  yield* cleanUp(engine, container);
  yield* engine.save(container);
  yield* engine.changed(container);
  if (container.HostConfig.AutoRemove) yield* engine.remove(container, true);
}

/** What a container has while it runs: network, mounts and bundle. */
export function* cleanUp(engine: Engine, container: Container): Sys<void> {
  yield* engine.networks.release(container);
  yield* engine.unmountLayers(container);
  yield* engine.unmountVolumes(container);
  yield* tellVolumes(engine, container, 'unmount');
  yield* removeTree(bundlePath(container.ID));
}

function* writeBundle(engine: Engine, container: Container): Sys<void> {
  const bundle = bundlePath(container.ID);
  yield* makeDirs(bundle, 0o711);
  yield* writeText(`${bundle}/config.json`, JSON.stringify(yield* specOf(engine, container)));
  yield* writeText(`${bundle}/address`, shimAddress(container.ID).slice(1));
}

/** The number of the container's process, which waits before its program's first instruction. */
function* createTask(container: Container): Sys<number> {
  const fd = yield* askLiveShim(container, `create ${JSON.stringify(withLog(container))}`);
  const answer = decodeUtf8(yield* sys.read(fd, 4096)).trim();
  yield* sys.close(fd);
  if (answer.startsWith('ok ')) return Number(answer.slice(3));
  const why = answer.replace(/^error /, '');
  throw new EngineError(
    400,
    `failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: ${why}: unknown`,
  );
}

/** Throws EngineError when its log cannot begin. */
function withLog(container: Container): ShimTask {
  try {
    return taskOf(container);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(
      500,
      `failed to create task for container: failed to initialize logging driver: ${error.message}`,
    );
  }
}

function* runTask(container: Container): Sys<void> {
  const answer = yield* answerOfShim(container, 'start');
  if (answer !== 'ok') throw new EngineError(500, `failed to start task: ${answer ?? 'its shim is gone'}`);
}
