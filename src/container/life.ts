/** Stopping, killing, pausing, waiting for and removing containers. moby's daemon/{stop,kill,pause,restart,delete}.go. */
import { isOsError, SECOND } from '../base/index.ts';
import { parseSignal, type SignalName, type Sys, signalNumber, sys } from '../linux/index.ts';
import { tell } from './containerEvents.ts';
import type { Engine } from './engine.ts';
import { startMonitor } from './health.ts';
import { type Container, EngineError, RUNTIME_ROOT, statusOf } from './model.ts';
import { requireNotRestarting, requireRunning } from './requirements.ts';
import { freezeContainer } from './runtime/lifecycle.ts';
import { RuntimeError } from './runtime/spec.ts';
import { startByUser } from './starting.ts';

const DEFAULT_GRACE = 10;

/** Throws EngineError for what is no signal. */
export function signalOf(name: string): SignalName {
  const signal = parseSignal(name);
  if (signal === null) throw new EngineError(400, `invalid signal: ${name}`);
  return signal;
}

const stopSignalOf = ({ Config }: Container): SignalName =>
  parseSignal(Config.StopSignal ?? 'TERM') ?? 'TERM';

/** Sends a signal to the first process; one that is meant to end it ends the restart policy, and thaws it. */
export function* killWithSignal(engine: Engine, container: Container, signal: SignalName): Sys<void> {
  requireRunning(container);
  const { State } = container;
  const own = container.Config.StopSignal !== undefined && signal !== 'KILL';
  const ends = !own || signal === stopSignalOf(container);
  if (ends) engine.cancelled.add(container.ID);
  if (!engine.stopping) {
    container.HasBeenManuallyStopped = true;
    yield* engine.save(container);
  }
  if (State.Restarting) return yield* engine.changed(container);
  try {
    yield* sys.kill(State.Pid, signal);
  } catch (error) {
    if (!isOsError(error, 'ESRCH')) throw error;
  }
  const thawed = ends && State.Paused && (yield* thaw(container));
  yield* tell(engine, container, 'kill', { signal: `${signalNumber(signal)}` });
  if (thawed) yield* tell(engine, container, 'unpause');
}

/** Lets a paused container take its signal; false when that has ended it before, or it goes on already. */
function* thaw({ ID, State }: Container): Sys<boolean> {
  State.Paused = false;
  try {
    yield* freezeContainer(RUNTIME_ROOT, ID, false);
    return true;
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return false;
  }
}

const notRunning = (container: Container) => () => !container.State.Running;

/** SIGKILL, and waits for the end. */
export function* kill(engine: Engine, container: Container): Sys<void> {
  yield* killWithSignal(engine, container, 'KILL');
  yield* engine.conditionOf(container).until(notRunning(container));
}

/** The stop signal, and after the grace time SIGKILL; false when it was stopped before. */
export function* stop(
  engine: Engine,
  container: Container,
  given: { readonly signal?: string | undefined; readonly seconds?: number | undefined } = {},
): Sys<boolean> {
  if (!container.State.Running) return false;
  const signal =
    given.signal === undefined || given.signal === '' ? stopSignalOf(container) : signalOf(given.signal);
  const seconds = given.seconds ?? container.Config.StopTimeout ?? DEFAULT_GRACE;
  yield* killWithSignal(engine, container, signal);
  const condition = engine.conditionOf(container);
  const ended = yield* condition.until(notRunning(container), seconds < 0 ? null : seconds * SECOND);
  if (!ended && container.State.Running) yield* kill(engine, container);
  yield* tell(engine, container, 'stop');
  return true;
}

export function* restart(engine: Engine, container: Container, given: Parameters<typeof stop>[2]): Sys<void> {
  engine.restarting.add(container.ID);
  try {
    yield* stop(engine, container, given);
    yield* startByUser(engine, container);
  } finally {
    engine.restarting.delete(container.ID);
  }
  yield* tell(engine, container, 'restart');
}

export function* pause(engine: Engine, container: Container): Sys<void> {
  requireRunning(container);
  const { State, ID } = container;
  if (State.Paused) throw new EngineError(409, `Container ${ID} is already paused`);
  requireNotRestarting(container);
  yield* freeze(container, true);
  State.Paused = true;
  yield* tell(engine, container, 'pause');
  yield* engine.save(container);
  yield* engine.changed(container);
}

export function* unpause(engine: Engine, container: Container): Sys<void> {
  const { State, ID } = container;
  if (!State.Paused) throw new EngineError(409, `Container ${ID} is not paused`);
  yield* freeze(container, false);
  State.Paused = false;
  yield* startMonitor(engine, container, true);
  yield* tell(engine, container, 'unpause');
  yield* engine.save(container);
  yield* engine.changed(container);
}

function* freeze(container: Container, frozen: boolean): Sys<void> {
  try {
    yield* freezeContainer(RUNTIME_ROOT, container.ID, frozen);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    throw new EngineError(
      500,
      `cannot ${frozen ? 'pause' : 'unpause'} container ${container.ID}: ${error.message}`,
    );
  }
}

export type WaitCondition = 'not-running' | 'next-exit' | 'removed';

/** Waits for what `condition` says; the last exit status, null when `client` has gone before. */
export function* awaitExit(
  engine: Engine,
  container: Container,
  condition: WaitCondition,
  client: number | null = null,
): Sys<number | null> {
  const { ID, State } = container;
  const exits = engine.exits.get(ID) ?? 0;
  const done = () => {
    if (!engine.containers.has(ID)) return true;
    if (condition === 'not-running') return !State.Running;
    return condition === 'next-exit' && (engine.exits.get(ID) ?? 0) > exits;
  };
  return (yield* engine.conditionOf(container).until(done, null, client === null ? [] : [client]))
    ? State.ExitCode
    : null;
}

export function* remove(engine: Engine, container: Container, force: boolean, volumes: boolean): Sys<void> {
  const { State, Name } = container;
  if (State.RemovalInProgress)
    throw new EngineError(409, `removal of container ${container.ID} is already in progress`);
  if (State.Running && !force) {
    const what = statusOf(State);
    const hint =
      what === 'paused'
        ? ' and must be unpaused first'
        : ': stop the container before removing or force remove';
    throw new EngineError(409, `cannot remove container "${Name}": container is ${what}${hint}`);
  }
  State.RemovalInProgress = true;
  if (State.Running) yield* kill(engine, container);
  if (engine.containers.has(container.ID)) yield* engine.remove(container, volumes);
}
