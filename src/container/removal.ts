/** Removing images and volumes: what is in use stays. */
import type { Sys } from '../linux/index.ts';
import type { Engine } from './engine.ts';
import { list, removeTree, statOrNull } from './files.ts';
import type { Response } from './http.ts';
import { DOCKER_ROOT, EngineError, overlayPath, volumePath } from './model.ts';

export function* volumeNames(): Sys<string[]> {
  return yield* list(`${DOCKER_ROOT}/volumes`);
}

export function* removeVolume(engine: Engine, name: string): Sys<Response> {
  if ((yield* statOrNull(volumePath(name))) === null)
    throw new EngineError(404, `get ${name}: no such volume`);
  const users = engine.usersOf(name);
  if (users.length > 0)
    throw new EngineError(
      409,
      `remove ${name}: volume is in use - [${users.map((user) => user.ID).join(', ')}]`,
    );
  yield* removeTree(volumePath(name));
  return { status: 204, body: null };
}

export function* removeImage(engine: Engine, name: string, force: boolean): Sys<Response> {
  const image = engine.findImage(name);
  if (image === null) throw new EngineError(404, `No such image: ${name}`);
  const byTag = image.references.find((reference) => reference === name || reference === `${name}:latest`);
  const user = [...engine.containers.values()].find((found) => found.Image === image.id);
  const last = image.references.length <= 1 || byTag === undefined;
  if (last && user !== undefined && !(force && byTag !== undefined)) {
    const state = user.State.Running ? 'running' : 'stopped';
    throw new EngineError(
      409,
      `conflict: unable to remove repository reference "${name}" (${force || user.State.Running ? 'cannot be forced' : 'must force'}) - container ${user.ID.slice(0, 12)} is using its referenced image ${image.id.slice(7, 19)} (${state})`,
    );
  }
  const report: Record<string, string>[] = [];
  for (const reference of byTag === undefined ? [...image.references] : [byTag])
    report.push({ Untagged: reference });
  image.references = image.references.filter((reference) => byTag !== undefined && reference !== byTag);
  if (image.references.length === 0 && user === undefined) {
    engine.images.delete(image.id);
    yield* removeTree(`${DOCKER_ROOT}/image/overlay2/imagedb/content/sha256/${image.id.slice(7)}`);
    const kept = new Set([...engine.images.values()].flatMap((other) => other.cacheIds));
    for (const id of image.cacheIds) if (!kept.has(id)) yield* removeTree(overlayPath(id));
    report.push({ Deleted: image.id });
  }
  yield* engine.saveReferences();
  return { status: 200, body: report };
}
