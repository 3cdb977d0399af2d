/** /volumes. */
import { createVolume } from '../create.ts';
import { makeDirs, randomHex, statOrNull } from '../files.ts';
import { volumeView } from '../inspect.ts';
import { DOCKER_ROOT, EngineError, volumePath } from '../model.ts';
import { removeVolume, volumeNames } from '../removal.ts';
import { pruneVolumes } from '../upkeep.ts';
import { ok, type Route } from './handler.ts';

export const volumeRoutes: readonly Route[] = [
  [
    'POST',
    /^\/volumes\/prune$/,
    function* (engine, { query }) {
      return ok(yield* pruneVolumes(engine, query.get('all') === '1'));
    },
  ],
  [
    'GET',
    /^\/volumes$/,
    function* () {
      const Volumes: unknown[] = [];
      for (const name of yield* volumeNames()) Volumes.push(yield* volumeView(name));
      return ok({ Volumes, Warnings: null });
    },
  ],
  [
    'POST',
    /^\/volumes\/create$/,
    function* (engine, { body }) {
      const name = (body as { Name?: string }).Name || (yield* randomHex(32));
      yield* makeDirs(`${DOCKER_ROOT}/volumes`);
      yield* createVolume(engine, name);
      return { status: 201, body: yield* volumeView(name) };
    },
  ],
  [
    'GET',
    /^\/volumes\/([^/]+)$/,
    function* (_, __, [name]) {
      if ((yield* statOrNull(volumePath(name!))) === null)
        throw new EngineError(404, `get ${name}: no such volume`);
      return ok(yield* volumeView(name!));
    },
  ],
  ['DELETE', /^\/volumes\/([^/]+)$/, (engine, _, [name]) => removeVolume(engine, name!)],
];
