/** /build: images from Dockerfiles, and the build cache. */
import { builder } from '../builder.ts';
import { isTrue } from '../http.ts';
import { ok, type Route } from './handler.ts';

export const buildRoutes: readonly Route[] = [
  ['POST', /^\/build$/, (engine, request, _, client) => builder().build(engine, request, client)],
  [
    'POST',
    /^\/build\/prune$/,
    function* (engine, { query }) {
      const report = yield* engine.buildCache.prune(engine.images, isTrue(query.get('all')));
      yield* engine.events.emit('builder', 'prune', '', { reclaimed: `${report.SpaceReclaimed}` });
      return ok(report);
    },
  ],
];
