/**
 * Podman's own API (libpod, version 4) for `podman --remote`: what the daemon has and does, in podman's words. Each request becomes one of
 * Docker's API where that has the same; what podman alone has, pods and secrets say, is refused by name. Importing this file provides it.
 */
import { isOsError } from '../../base/index.ts';
import { type Sys, writeAll } from '../../linux/index.ts';
import type { Request, Response } from '../http.ts';
import { EngineError } from '../model.ts';
import { provideLibpod } from '../routes/libpodDoor.ts';
import type { Call, LibpodRoute } from './call.ts';
import { containerRoutes } from './containers.ts';
import { imageRoutes } from './images.ts';
import { networkRoutes } from './networks.ts';
import { LIBPOD_VERSION, systemRoutes } from './system.ts';
import { volumeRoutes } from './volumes.ts';

const routes: readonly LibpodRoute[] = [
  ...systemRoutes,
  ...containerRoutes,
  ...imageRoutes,
  ...networkRoutes,
  ...volumeRoutes,
];

function* handle(call: Omit<Call, 'args'>): Sys<Response | null> {
  const { method, path } = call.request;
  for (const [wanted, pattern, handler] of routes) {
    const match = wanted === method ? pattern.exec(path.slice('/libpod'.length)) : null;
    if (match === null) continue;
    return yield* handler({ ...call, args: match.slice(1).map((part) => decodeURIComponent(part)) });
  }
  throw new EngineError(404, `${method} ${path} is not simulated on this host`);
}

/** What Docker says → what podman says, and its error that clients look for at the end. */
const wordings: readonly (readonly [RegExp, (found: readonly string[]) => string, string])[] = [
  [
    /^No such container: (.*)/,
    ([, name]) => `no container with name or ID "${name}" found`,
    'no such container',
  ],
  [/^No such image: (.*)/, ([, name]) => `${name}`, 'image not known'],
  [/^get (.*): no such volume/, ([, name]) => `no volume with name "${name}" found`, 'no such volume'],
  [
    /^network (.*) not found/,
    ([, name]) => `unable to find network with name or ID ${name}`,
    'network not found',
  ],
  [/^No such exec instance: (.*)/, ([, id]) => `no exec session with ID ${id} found`, 'no such exec session'],
  [
    /^cannot remove container "\/(.*)": container is (\w+)/,
    ([, name, state]) =>
      `cannot remove container ${name} as it is ${state} - running or paused containers cannot be removed without force`,
    'container state improper',
  ],
  [/is not running|is not paused|is already paused/, ([all]) => all!, 'container state improper'],
];

function wording(message: string): { readonly message: string; readonly cause: string } {
  for (const [pattern, words, cause] of wordings) {
    const found = pattern.exec(message);
    if (found !== null) return { message: `${found.length > 1 ? words(found) : message}: ${cause}`, cause };
  }
  return { message, cause: message };
}

const isRefusal = (error: unknown): error is Error => error instanceof EngineError || isOsError(error);

function withHeader(response: Response | null): Response | null {
  const headers = { ...response?.headers, 'libpod-api-version': LIBPOD_VERSION };
  return response === null ? null : { ...response, headers };
}

provideLibpod(function* (engine, request: Request, client) {
  try {
    return withHeader(yield* handle({ engine, request, client }));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const status = error instanceof EngineError ? error.status : 500;
    if (status >= 500)
      yield* writeAll(2, `level=error msg="${request.method} ${request.path}: ${error.message}"\n`);
    if (client.begun) return null;
    return withHeader({ status, body: { ...wording(error.message), response: status } });
  }
});
