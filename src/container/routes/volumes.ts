/** /volumes. */
import { isTrue } from '../http/message.ts';
import { pruneVolumes } from '../upkeep.ts';
import { createVolume, listVolumes, removeVolume, type VolumeRequest, volumeView } from '../volumes.ts';
import { ok, type Route } from './handler.ts';

export const volumeRoutes: readonly Route[] = [
  [
    'POST',
    /^\/volumes\/prune$/,
    function* (engine, { query }) {
      return ok(yield* pruneVolumes(engine, query.get('filters')));
    },
  ],
  [
    'GET',
    /^\/volumes$/,
    function* (engine, { query }) {
      return ok({ Volumes: yield* listVolumes(engine, query.get('filters')), Warnings: null });
    },
  ],
  [
    'POST',
    /^\/volumes\/create$/,
    function* (engine, { body }) {
      return { status: 201, body: yield* volumeView(yield* createVolume(engine, body as VolumeRequest)) };
    },
  ],
  [
    'GET',
    /^\/volumes\/([^/]+)$/,
    function* (_, __, [name]) {
      return ok(yield* volumeView(name!));
    },
  ],
  [
    'DELETE',
    /^\/volumes\/([^/]+)$/,
    (engine, { query }, [name]) => removeVolume(engine, name!, isTrue(query.get('force'))),
  ],
];
