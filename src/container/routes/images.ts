/** /images and /commit. */
import { commitContainer } from '../commit.ts';
import { tell } from '../containerEvents.ts';
import type { Engine } from '../engine.ts';
import { newReference, withDefaultTag } from '../images/references.ts';
import { nameImage } from '../images/store.ts';
import { type ImageFilters, imageHistory, inspectImage, listImages, unknownFilter } from '../images/views.ts';
import { EngineError } from '../model.ts';
import { removeImage } from '../removal.ts';
import { pruneImages } from '../upkeep.ts';
import { ok, type Route } from './handler.ts';

function imageOf(engine: Engine, name: string) {
  const image = engine.findImage(name);
  if (image === null) throw new EngineError(404, `No such image: ${withDefaultTag(name)}`);
  return image;
}

/** As both forms of the API give them: lists of values, or maps from them. */
function filtersOf(text: string | undefined): ImageFilters {
  let given: Readonly<Record<string, readonly string[] | Readonly<Record<string, boolean>>>>;
  try {
    given = JSON.parse(text || '{}') as typeof given;
  } catch {
    throw new EngineError(400, 'invalid filter');
  }
  const filters = Object.fromEntries(
    Object.entries(given).map(([name, values]) => [
      name,
      Array.isArray(values) ? values : Object.keys(values),
    ]),
  ) as ImageFilters;
  const unknown = unknownFilter(filters);
  if (unknown !== null) throw new EngineError(400, `invalid filter '${unknown}'`);
  return filters;
}

export const imageRoutes: readonly Route[] = [
  [
    'POST',
    /^\/commit$/,
    function* (engine, { query, queryValues }) {
      const repository = query.get('repo') ?? '';
      const from = engine.findContainer(query.get('container') ?? '');
      const reference = repository === '' ? null : newReference(repository, query.get('tag'));
      const Id = yield* commitContainer(engine, from, {
        reference,
        comment: query.get('comment') ?? '',
        author: query.get('author') ?? '',
        changes: queryValues('changes'),
      });
      if (reference !== null) yield* engine.events.emit('image', 'tag', Id, { name: reference });
      yield* tell(engine, from, 'commit', {
        comment: query.get('comment') ?? '',
        imageID: Id,
        imageRef: query.get('repo') ?? '',
      });
      return { status: 201, body: { Id } };
    },
  ],
  [
    'POST',
    /^\/images\/prune$/,
    function* (engine, { query }) {
      return ok(yield* pruneImages(engine, query.get('filters')));
    },
  ],
  [
    'GET',
    /^\/images\/json$/,
    function* (engine, { query }) {
      return ok(yield* listImages(engine, filtersOf(query.get('filters'))));
    },
  ],
  [
    'GET',
    /^\/images\/(.+)\/json$/,
    function* (engine, _, [name]) {
      return ok(yield* inspectImage(imageOf(engine, name!)));
    },
  ],
  [
    'GET',
    /^\/images\/(.+)\/history$/,
    function* (engine, _, [name]) {
      return ok(yield* imageHistory(imageOf(engine, name!)));
    },
  ],
  [
    'POST',
    /^\/images\/(.+)\/tag$/,
    function* (engine, { query }, [name]) {
      const image = imageOf(engine, name!);
      const reference = newReference(query.get('repo') ?? '', query.get('tag'));
      yield* nameImage(engine.images, image, [reference]);
      yield* engine.events.emit('image', 'tag', image.id, { name: reference });
      return { status: 201, body: null };
    },
  ],
  [
    'DELETE',
    /^\/images\/(.+)$/,
    (engine, { query }, [name]) => removeImage(engine, name!, query.get('force') === '1'),
  ],
];
