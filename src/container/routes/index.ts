/** Method and path → what the daemon does: Docker Engine API v1.47. One file a resource. */
import type { Sys } from '../../linux/index.ts';
import type { Engine } from '../engine.ts';
import type { Exchange, Request, Response } from '../http.ts';
import { EngineError } from '../model.ts';
import { checkedBody } from './bodies.ts';
import { buildRoutes } from './build.ts';
import { containerActions, containerRoutes } from './containers.ts';
import { distributionRoutes } from './distribution.ts';
import { eventRoutes } from './events.ts';
import { execActions, execRoutes } from './exec.ts';
import type { ContainerActions, Route } from './handler.ts';
import { imageRoutes } from './images.ts';
import { networkRoutes } from './networks.ts';
import { statsActions } from './stats.ts';
import { systemRoutes } from './system.ts';
import { volumeRoutes } from './volumes.ts';

const routes: readonly Route[] = [
  ...systemRoutes,
  ...buildRoutes,
  ...containerRoutes,
  ...eventRoutes,
  ...execRoutes,
  ...distributionRoutes,
  ...imageRoutes,
  ...volumeRoutes,
  ...networkRoutes,
];

/** By the first word of a path, with which each pattern begins: a request is not compared with those of other resources. */
const byResource = new Map<string, Route[]>();
for (const one of routes) {
  const resource = /^\^\\\/(\w+)/.exec(one[1].source)![1]!;
  const own = byResource.get(resource);
  if (own === undefined) byResource.set(resource, [one]);
  else own.push(one);
}

/** `containers` of /containers/json. */
function resourceOf(path: string): string {
  const end = path.indexOf('/', 1);
  return path.slice(1, end < 0 ? path.length : end);
}

const decoded = (part: string): string => (part.includes('%') ? decodeURIComponent(part) : part);

const actions: ContainerActions = { ...containerActions, ...execActions, ...statsActions };

const NO_ROUTES: readonly Route[] = [];
const ACTION = /^\/containers\/([^/]+)\/(\w+)$/;

/** What stands before the reason when an action fails. */
const failures: Readonly<Record<string, (name: string) => string>> = {
  kill: (name) => `cannot kill container: ${name}`,
  stop: (name) => `cannot stop container: ${name}`,
  restart: (name) => `Cannot restart container ${name}`,
};

/** Throws EngineError for what has no handler; so does the handler. */
export function route(engine: Engine, asked: Request, client: Exchange): Sys<Response | null> {
  const { method, path } = asked;
  const request = { ...asked, body: checkedBody(asked) };
  for (const one of byResource.get(resourceOf(path)) ?? NO_ROUTES) {
    const match = one[0] === method ? one[1].exec(path) : null;
    if (match !== null) return one[2](engine, request, match.slice(1).map(decoded), client);
  }
  const match = ACTION.exec(path);
  const name = match?.[1];
  const action = match?.[2];
  const handler = actions[`${method} ${action}`];
  if (name === undefined || handler === undefined) throw new EngineError(404, 'page not found');
  const given = decoded(name);
  const act = () => handler(engine, engine.findContainer(given), request, client);
  const wording = failures[action!];
  return wording === undefined ? act() : told(act, client, action === 'kill', () => wording(given));
}

/** What `act` does. What it fails with is told after `wording`, if its answer has not begun; that there is no such container only with `whole`. */
function* told(
  act: () => Sys<Response | null>,
  client: Exchange,
  whole: boolean,
  wording: () => string,
): Sys<Response | null> {
  try {
    return yield* act();
  } catch (error) {
    if (!(error instanceof EngineError) || client.begun) throw error;
    if (!whole && error.status === 404) throw error;
    throw new EngineError(error.status, `${wording()}: ${error.message}`);
  }
}
