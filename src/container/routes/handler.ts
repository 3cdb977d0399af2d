/** What a route of the daemon is: Docker Engine API v1.47. */
import type { Sys } from '../../linux/index.ts';
import type { Engine } from '../engine.ts';
import type { Exchange, Request, Response } from '../http.ts';
import type { Container } from '../model.ts';

/** Null: the handler has answered by itself. */
export type Handler = (
  engine: Engine,
  request: Request,
  args: readonly string[],
  client: Exchange,
) => Sys<Response | null>;

/** Method, path (its groups are the handler's `args`), handler; the first that fits is taken. */
export type Route = readonly [string, RegExp, Handler];

/** What is asked of one container: `METHOD action` of /containers/NAME/ACTION → handler. */
export type ContainerActions = Readonly<
  Record<
    string,
    (engine: Engine, found: Container, request: Request, client: Exchange) => Sys<Response | null>
  >
>;

export const ok = (body: unknown): Response => ({ status: 200, body });
export const done: Response = { status: 204, body: null };
