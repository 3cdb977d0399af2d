/** Containers over the daemon's own beginning and end: what earlier daemons have left, and stopping all. moby's Daemon.restore and Shutdown. */
import { isOsError, SECOND } from '../base/index.ts';
import { type Pid, type Sys, sys } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import { list, nanosBetween, readText, removeTree, timestamp } from './files.ts';
import { stop } from './life.ts';
import { type Container, DOCKER_ROOT, EngineError, never, RUNTIME_ROOT } from './model.ts';
import { isWanted } from './restarts.ts';
import { answerOfShim } from './shimClient.ts';
import { cleanUp, startContainer } from './starting.ts';

/** The exit status of a container of whose end nobody has heard. */
const UNKNOWN = 255;
const GRACE = 10 * SECOND;

/** Reads what is below /var/lib/docker/containers. What still runs is stopped: there is no live restore. */
export function* restoreContainers(engine: Engine): Sys<void> {
  const found: Container[] = [];
  for (const id of yield* list(`${DOCKER_ROOT}/containers`)) {
    const text = yield* readText(`${DOCKER_ROOT}/containers/${id}/config.v2.json`);
    if (text !== null) found.push(JSON.parse(text) as Container);
  }
  found.sort((a, b) => nanosBetween(b.Created, a.Created));
  const pids: Pid[] = [];
  for (const container of found) {
    engine.containers.add(container);
    if (!container.State.Running) continue;
    pids.push(
      yield* sys.fork(function* () {
        yield* finish(engine, container);
        return 0;
      }),
    );
  }
  for (const pid of pids) yield* sys.wait4(pid);
}

function* finish(engine: Engine, container: Container): Sys<void> {
  const { State } = container;
  const answer = State.Restarting ? null : yield* endedShim(container);
  const [, code = `${State.Restarting ? State.ExitCode : UNKNOWN}`, oom] =
    /^exited (\d+)( oom)?$/.exec(answer ?? '') ?? [];
  Object.assign(State, {
    ...{ Running: false, Paused: false, Restarting: false, Pid: 0 },
    ...{ ExitCode: Number(code), OOMKilled: oom !== undefined, FinishedAt: yield* timestamp() },
  });
  yield* removeTree(`${RUNTIME_ROOT}/${container.ID}`);
  yield* cleanUp(engine, container);
  yield* engine.save(container);
}

/** What the shim says when its container has ended, after the stop signal or SIGKILL; null when there is no shim. */
function* endedShim(container: Container): Sys<string | null> {
  let answer = yield* answerOfShim(container, 'state');
  for (let waited = 0; answer?.startsWith('running') === true; waited += SECOND / 10) {
    yield* send(Number(answer.slice('running '.length)), waited < GRACE ? 'TERM' : 'KILL');
    yield* sys.nanosleep(SECOND / 10);
    answer = yield* answerOfShim(container, 'state');
  }
  return answer;
}

function* send(pid: Pid, signal: 'TERM' | 'KILL'): Sys<void> {
  try {
    yield* sys.kill(pid, signal);
  } catch (error) {
    if (!isOsError(error, 'ESRCH')) throw error;
  }
}

/** Starts those whose restart policy wants it, and removes what --rm has left. */
export function* startWanted(engine: Engine): Sys<void> {
  for (const container of [...engine.containers.values()]) {
    if (container.State.StartedAt === never) continue;
    if (isWanted(container, container.State.ExitCode)) {
      try {
        yield* startContainer(engine, container);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
      }
    } else if (container.HostConfig.AutoRemove) yield* engine.remove(container, true);
  }
}

/** Stops all containers; the daemon's main process ends then. */
export function* shutDown(engine: Engine): Sys<void> {
  const pids: Pid[] = [];
  for (const container of engine.containers.values()) {
    if (!container.State.Running) continue;
    pids.push(
      yield* sys.fork(function* () {
        yield* stop(engine, container);
        return 0;
      }),
    );
  }
  for (const pid of pids) yield* sys.wait4(pid);
  engine.stopped = true;
  yield* engine.background(function* () {});
}
