/** The engine's store of images, containers and volumes as a whole: what is unused, and what takes space. */
import type { Sys } from '../linux/index.ts';
import { chainIds } from '../oci/index.ts';
import type { Engine } from './engine.ts';
import { readText, removeTree, treeSize } from './files.ts';
import { layerFolder } from './images/layers.ts';
import { tagsOf } from './images/references.ts';
import { listImages } from './images/views.ts';
import { volumeView } from './inspect.ts';
import { listContainers } from './listing.ts';
import { overlayPath, volumePath } from './model.ts';
import { deleteImage, volumeNames } from './removal.ts';

const upperOf = (mountId: string) => `${overlayPath(mountId)}/diff`;

export function* pruneContainers(engine: Engine): Sys<unknown> {
  const ContainersDeleted: string[] = [];
  let SpaceReclaimed = 0;
  for (const container of [...engine.containers.values()].reverse()) {
    if (container.State.Running) continue;
    SpaceReclaimed += yield* treeSize(upperOf(container.MountId));
    yield* engine.remove(container, false);
    ContainersDeleted.push(container.ID);
  }
  return { ContainersDeleted, SpaceReclaimed };
}

export function* pruneImages(engine: Engine, all: boolean): Sys<unknown> {
  const ImagesDeleted: Record<string, string>[] = [];
  const before = yield* layersSize(engine);
  for (const image of [...engine.images.values()]) {
    const used = [...engine.containers.values()].some((container) => container.Image === image.id);
    if (used || (!all && tagsOf(image).length > 0)) continue;
    ImagesDeleted.push(...image.references.map((reference) => ({ Untagged: reference })));
    image.references = [];
    ImagesDeleted.push(...(yield* deleteImage(engine, image)));
  }
  yield* engine.saveReferences();
  return { ImagesDeleted, SpaceReclaimed: before - (yield* layersSize(engine)) };
}

export function* pruneVolumes(engine: Engine, all: boolean): Sys<unknown> {
  const VolumesDeleted: string[] = [];
  let SpaceReclaimed = 0;
  for (const name of yield* volumeNames()) {
    const anonymous = /^[0-9a-f]{64}$/.test(name);
    if (engine.usersOf(name).length > 0 || (!anonymous && !all)) continue;
    SpaceReclaimed += yield* treeSize(volumePath(name));
    yield* removeTree(volumePath(name));
    VolumesDeleted.push(name);
  }
  return { VolumesDeleted, SpaceReclaimed };
}

/** Bytes of layers by their chain ids. */
function* sizesOf(chain: Iterable<string>): Sys<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const id of chain) sizes.set(id, Number((yield* readText(`${layerFolder(id)}/size`)) ?? 0));
  return sizes;
}

const total = (sizes: Iterable<number>): number => [...sizes].reduce((sum, size) => sum + size, 0);

/** Bytes of all layers, each once. */
function* layersSize(engine: Engine): Sys<number> {
  const chain = [...engine.images.values()].flatMap(({ config }) => chainIds(config.rootfs.diff_ids));
  return total((yield* sizesOf(new Set(chain))).values());
}

/** GET /system/df. */
export function* diskUsage(engine: Engine): Sys<unknown> {
  const chains = new Map(
    [...engine.images.values()].map(({ id, config }) => [id, chainIds(config.rootfs.diff_ids)]),
  );
  const users = new Map<string, number>();
  for (const id of [...chains.values()].flatMap((chain) => [...new Set(chain)]))
    users.set(id, (users.get(id) ?? 0) + 1);
  const sizes = yield* sizesOf(users.keys());
  const Images: unknown[] = [];
  for (const image of (yield* listImages(engine, {})) as { Id: string }[]) {
    const shared = chains.get(image.Id)!.filter((id) => users.get(id)! > 1);
    Images.push({ ...image, SharedSize: total(shared.map((id) => sizes.get(id)!)) });
  }
  const Containers = yield* listContainers(engine, { all: true, limit: 0, size: true, filters: undefined });
  const Volumes: unknown[] = [];
  for (const Name of yield* volumeNames())
    Volumes.push({
      ...((yield* volumeView(Name)) as object),
      UsageData: { Size: yield* treeSize(volumePath(Name)), RefCount: engine.usersOf(Name).length },
    });
  const BuildCache = yield* engine.buildCache.usage(engine.images);
  return { LayersSize: total(sizes.values()), Images, Containers, Volumes, BuildCache };
}
