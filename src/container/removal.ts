/** Removing images and volumes: what is in use stays. */
import type { Sys } from '../linux/index.ts';
import { chainIds } from '../oci/index.ts';
import type { Engine } from './engine.ts';
import { removeTree } from './files.ts';
import type { Response } from './http.ts';
import { isTagged, repositoryOf, storedName, tagsOf, withDefaultTag } from './images/references.ts';
import { DOCKER_ROOT, EngineError, overlayPath, type StoredImage } from './model.ts';

/** Why an image cannot be removed by `name`; null when it can. `tag` is the reference that `name` is, if it is one. */
function conflict(
  engine: Engine,
  image: StoredImage,
  name: string,
  tag: string | null,
  force: boolean,
): string | null {
  const users = [...engine.containers.values()].filter((found) => found.Image === image.id);
  const short = image.id.slice(7, 19);
  if (tag !== null) {
    if (tagsOf(image).length > 1 || force || users.length === 0) return null;
    return `unable to remove repository reference "${name}" (must force) - container ${users[0]!.ID.slice(0, 12)} is using its referenced image ${short}`;
  }
  const running = users.find((user) => user.State.Running);
  if (running !== undefined)
    return `unable to delete ${short} (cannot be forced) - image is being used by running container ${running.ID.slice(0, 12)}`;
  if (force) return null;
  const repositories = new Set(image.references.map(repositoryOf));
  if (repositories.size > 1)
    return `unable to delete ${short} (must be forced) - image is referenced in multiple repositories`;
  return users.length === 0
    ? null
    : `unable to delete ${short} (must be forced) - image is being used by stopped container ${users[0]!.ID.slice(0, 12)}`;
}

export function* removeImage(engine: Engine, name: string, force: boolean): Sys<Response> {
  const image = engine.findImage(name);
  if (image === null) throw new EngineError(404, `No such image: ${withDefaultTag(name)}`);
  const stored = storedName(name);
  const tag = image.references.find((reference) => reference === stored) ?? null;
  const why = conflict(engine, image, name, tag, force);
  if (why !== null) throw new EngineError(409, `conflict: ${why}`);
  const gone = tag === null ? [...image.references] : referencesWith(image, tag);
  const report: Record<string, string>[] = gone.map((reference) => ({ Untagged: reference }));
  image.references = image.references.filter((reference) => !gone.includes(reference));
  for (const name of gone) yield* engine.events.emit('image', 'untag', image.id, { name });
  const used = [...engine.containers.values()].some((found) => found.Image === image.id);
  if (image.references.length === 0 && !used) report.push(...(yield* deleteImage(engine, image)));
  yield* engine.saveReferences();
  return { status: 200, body: report };
}

/** With the last tag of a repository go the digests by which that knew the image. */
function referencesWith(image: StoredImage, tag: string): string[] {
  const repository = repositoryOf(tag);
  const ofRepository = image.references.filter((reference) => repositoryOf(reference) === repository);
  const isLast = ofRepository.filter(isTagged).length === 1 && isTagged(tag);
  return isLast ? [tag, ...ofRepository.filter((reference) => !isTagged(reference))] : [tag];
}

/** Takes the image's configuration away, and the layers that no other image has. */
export function* deleteImage(engine: Engine, image: StoredImage): Sys<Record<string, string>[]> {
  const report = [{ Deleted: image.id }];
  yield* engine.events.emit('image', 'delete', image.id, { name: image.id });
  engine.images.delete(image.id);
  const metadata = `${DOCKER_ROOT}/image/overlay2`;
  yield* removeTree(`${metadata}/imagedb/content/sha256/${image.id.slice(7)}`);
  const kept = new Set([...engine.images.values()].flatMap((other) => other.cacheIds));
  for (const id of engine.buildCache.layersInUse()) kept.add(id);
  const chain = chainIds(image.config.rootfs.diff_ids);
  for (const [i, id] of [...image.cacheIds.entries()].reverse()) {
    if (kept.has(id)) continue;
    yield* removeTree(overlayPath(id));
    yield* removeTree(`${metadata}/layerdb/${chain[i]!.replace(':', '/')}`);
    report.push({ Deleted: chain[i]! });
  }
  return report;
}
