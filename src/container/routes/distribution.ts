/**
 * Images that come and go: POST /images/create, /images/NAME/push, /images/load, GET /images/get, and POST /auth. What is done then comes
 * later than the daemon's own code: importing distribution/index.ts provides it.
 */
import type { Route } from './handler.ts';

type Handler = Route[2];
type Name = 'create' | 'push' | 'load' | 'save' | 'auth';

let provided: Readonly<Record<Name, Handler>> | null = null;

export function provideDistribution(handlers: Readonly<Record<Name, Handler>>): void {
  provided = handlers;
}

/** Without its code the world is not to be used any more: what happens in it must not depend on when code arrives. */
const later =
  (name: Name): Handler =>
  (...given) => {
    if (provided === null)
      throw new Error(
        'the code for pull and push is not loaded: import src/container/distribution/index.ts first',
      );
    return provided[name](...given);
  };

export const distributionRoutes: readonly Route[] = [
  ['POST', /^\/images\/create$/, later('create')],
  ['POST', /^\/images\/(.+)\/push$/, later('push')],
  ['POST', /^\/images\/load$/, later('load')],
  ['GET', /^\/images\/get$/, later('save')],
  ['GET', /^\/images\/(.+)\/get$/, later('save')],
  ['POST', /^\/auth$/, later('auth')],
];
