/** What an action asks of a container's state, in the daemon's words. */
import { type Container, EngineError } from './model.ts';

export function requireRunning(container: Container): void {
  if (!container.State.Running) throw new EngineError(409, `container ${container.ID} is not running`);
}

export function requireNotRestarting({ State, ID }: Container): void {
  if (State.Restarting)
    throw new EngineError(409, `Container ${ID} is restarting, wait until the container is running`);
}

/** For a command in it. */
export function requireExecutable(container: Container): void {
  requireRunning(container);
  if (container.State.Paused)
    throw new EngineError(409, `Container ${container.ID} is paused, unpause the container before exec`);
  requireNotRestarting(container);
}

/** False when it is running already. */
export function requireStartable({ State }: Container): boolean {
  if (State.Paused) throw new EngineError(409, 'cannot start a paused container, try unpause instead');
  if (State.Running) return false;
  if (State.RemovalInProgress || State.Dead)
    throw new EngineError(409, 'container is marked for removal and cannot be started');
  return true;
}
