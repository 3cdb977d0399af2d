/** Method and path → what the daemon does: Docker Engine API v1.47. One file a resource. */
import type { Sys } from '../../linux/index.ts';
import type { Engine } from '../engine.ts';
import type { Exchange, Request, Response } from '../http.ts';
import { EngineError } from '../model.ts';
import { buildRoutes } from './build.ts';
import { containerActions, containerRoutes } from './containers.ts';
import { execActions, execRoutes } from './exec.ts';
import type { ContainerActions, Route } from './handler.ts';
import { imageRoutes } from './images.ts';
import { systemRoutes } from './system.ts';
import { volumeRoutes } from './volumes.ts';

const routes: readonly Route[] = [
  ...systemRoutes,
  ...buildRoutes,
  ...containerRoutes,
  ...execRoutes,
  ...imageRoutes,
  ...volumeRoutes,
];

const actions: ContainerActions = { ...containerActions, ...execActions };

export function* route(engine: Engine, request: Request, client: Exchange): Sys<Response | null> {
  const { method, path } = request;
  for (const [wanted, pattern, handler] of routes) {
    const match = wanted === method ? pattern.exec(path) : null;
    if (match !== null)
      return yield* handler(engine, request, match.slice(1).map(decodeURIComponent), client);
  }
  const [, name, action] = /^\/containers\/([^/]+)\/(\w+)$/.exec(path) ?? [];
  const handler = actions[`${method} ${action}`];
  if (name !== undefined && action === 'kill') {
    try {
      return yield* handler!(engine, engine.findContainer(decodeURIComponent(name)), request, client);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new EngineError(error.status, `cannot kill container: ${name}: ${error.message}`);
    }
  }
  if (name !== undefined && handler !== undefined)
    return yield* handler(engine, engine.findContainer(decodeURIComponent(name)), request, client);
  throw new EngineError(404, 'page not found');
}
