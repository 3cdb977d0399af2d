/** /build: images from Dockerfiles, and the build cache. */
import { builder } from '../builder.ts';
import { parseFilters } from '../filters.ts';
import { isTrue } from '../http.ts';
import { EngineError } from '../model.ts';
import { untilOf } from '../upkeep.ts';
import { ok, type Route } from './handler.ts';

/** Of records, by which BuildKit's prune may choose. */
const FIELDS = ['id', 'parent', 'type', 'description', 'inuse', 'shared', 'private'];

export const buildRoutes: readonly Route[] = [
  ['POST', /^\/build$/, (engine, request, _, client) => builder().build(engine, request, client)],
  [
    'POST',
    /^\/build\/prune$/,
    function* (engine, { query }) {
      // Records have no labels: dockerd lets such filters, which `system prune` sends to all, choose nothing here.
      const filters = parseFilters(query.get('filters'), [
        'until',
        'unused-for',
        'label',
        'label!',
        ...FIELDS,
      ]);
      const field = FIELDS.find((name) => filters.has(name));
      if (field !== undefined)
        throw new EngineError(501, `the filter ${field} of the build cache is not simulated on this host`);
      const report = yield* engine.buildCache.prune(engine.images, {
        all: isTrue(query.get('all')),
        until: yield* untilOf((filters.get('until') ?? filters.get('unused-for'))?.[0]),
        keep: Number(query.get('reserved-space') ?? query.get('keep-storage') ?? 0),
      });
      yield* engine.events.emit('builder', 'prune', '', { reclaimed: `${report.SpaceReclaimed}` });
      return ok(report);
    },
  ],
];
