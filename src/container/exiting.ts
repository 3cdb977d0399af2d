/** The end of a container's program: its state, and what the restart policy wants. moby's daemon/monitor.go. */
import { SECOND } from '../base/index.ts';
import type { Sys } from '../linux/index.ts';
import { tell } from './containerEvents.ts';
import type { Engine } from './engine.ts';
import { nanosBetween, timestamp } from './files.ts';
import { type Container, EngineError } from './model.ts';
import { isWanted, nextDelay } from './restarts.ts';
import { cleanUp, startContainer } from './starting.ts';

/** Returns when the container is stopped for good or runs again: the caller is a process of the daemon's that has nothing else to do. */
export function* containerExited(
  engine: Engine,
  container: Container,
  code: number,
  oom: boolean,
): Sys<void> {
  const { State } = container;
  if (oom) {
    State.OOMKilled = true;
    yield* tell(engine, container, 'oom');
  }
  const FinishedAt = yield* timestamp();
  const ran = nanosBetween(State.StartedAt, FinishedAt);
  yield* cleanUp(engine, container);
  const again = isWanted(container, code) && !engine.cancelled.has(container.ID) && !engine.stopping;
  if (again) container.RestartCount++;
  Object.assign(State, {
    Running: again,
    Restarting: again,
    Paused: false,
    Pid: 0,
    ExitCode: code,
    FinishedAt,
  });
  yield* engine.save(container);
  const execDuration = `${Math.floor(ran / SECOND)}`;
  yield* tell(engine, container, 'die', { exitCode: `${code}`, execDuration });
  engine.exits.set(container.ID, (engine.exits.get(container.ID) ?? 0) + 1);
  yield* engine.changed(container);
  if (again) yield* restartLater(engine, container, ran);
  else yield* removeIfWanted(engine, container);
}

/** Also what `docker restart` stops is not removed. */
function* removeIfWanted(engine: Engine, container: Container): Sys<void> {
  if (container.HostConfig.AutoRemove && !engine.restarting.has(container.ID) && !engine.stopping)
    yield* engine.remove(container, true);
}

function* restartLater(engine: Engine, container: Container, ran: number): Sys<void> {
  const { State, ID } = container;
  const delay = nextDelay(engine.delays.get(ID), ran);
  engine.delays.set(ID, delay);
  const over = () => !State.Restarting || engine.cancelled.has(ID) || !engine.containers.has(ID);
  const cancelled = yield* engine.conditionOf(container).until(over, delay);
  if (!State.Restarting || !engine.containers.has(ID)) return;
  if (!cancelled) {
    try {
      return yield* startContainer(engine, container);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  }
  if (!engine.containers.has(ID)) return;
  Object.assign(State, { Running: false, Restarting: false });
  yield* engine.save(container);
  yield* engine.changed(container);
  yield* removeIfWanted(engine, container);
}
