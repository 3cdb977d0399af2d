/** /build: images from Dockerfiles, and the build cache. */
import { builder } from '../builder.ts';
import { parseFilters } from '../filters.ts';
import { isTrue } from '../http.ts';
import { untilOf } from '../upkeep.ts';
import { ok, type Route } from './handler.ts';

export const buildRoutes: readonly Route[] = [
  ['POST', /^\/build$/, (engine, request, _, client) => builder().build(engine, request, client)],
  [
    'POST',
    /^\/build\/prune$/,
    function* (engine, { query }) {
      const filters = parseFilters(query.get('filters'), ['until']);
      const report = yield* engine.buildCache.prune(engine.images, {
        all: isTrue(query.get('all')),
        until: yield* untilOf(filters.get('until')?.[0]),
        keep: Number(query.get('reserved-space') ?? query.get('keep-storage') ?? 0),
      });
      yield* engine.events.emit('builder', 'prune', '', { reclaimed: `${report.SpaceReclaimed}` });
      return ok(report);
    },
  ],
];
