/** /images and /commit. */
import { commitContainer } from '../commit.ts';
import type { Engine } from '../engine.ts';
import { imageHistory, inspectImage, listImages } from '../inspect.ts';
import { EngineError } from '../model.ts';
import { newReference, withTag } from '../references.ts';
import { removeImage } from '../removal.ts';
import { pruneImages } from '../upkeep.ts';
import { ok, type Route } from './handler.ts';

function imageOf(engine: Engine, name: string) {
  const image = engine.findImage(name);
  if (image === null) throw new EngineError(404, `No such image: ${withTag(name)}`);
  return image;
}

export const imageRoutes: readonly Route[] = [
  [
    'POST',
    /^\/commit$/,
    function* (engine, { query }) {
      const repository = query.get('repo') ?? '';
      const Id = yield* commitContainer(engine, engine.findContainer(query.get('container') ?? ''), {
        reference: repository === '' ? null : newReference(repository, query.get('tag') || 'latest'),
        comment: query.get('comment') ?? '',
        author: query.get('author') ?? '',
      });
      return { status: 201, body: { Id } };
    },
  ],
  [
    'POST',
    /^\/images\/prune$/,
    function* (engine, { query }) {
      return ok(yield* pruneImages(engine, query.get('all') === '1'));
    },
  ],
  [
    'GET',
    /^\/images\/json$/,
    function* (engine) {
      return ok(yield* listImages(engine));
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
      const reference = newReference(query.get('repo') ?? '', query.get('tag') ?? 'latest');
      for (const other of engine.images.values())
        other.references = other.references.filter((known) => known !== reference);
      image.references.push(reference);
      yield* engine.saveReferences();
      return { status: 201, body: null };
    },
  ],
  [
    'DELETE',
    /^\/images\/(.+)$/,
    (engine, { query }, [name]) => removeImage(engine, name!, query.get('force') === '1'),
  ],
];
