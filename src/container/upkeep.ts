/** The engine's store of images, containers and volumes as a whole: what is unused, and what takes space. */
import type { Sys } from '../linux/index.ts';
import { chainIds } from '../oci/index.ts';
import type { Engine } from './engine.ts';
import { readText, removeTree, treeSize } from './files.ts';
import { tagsOf } from './images/references.ts';
import { DOCKER_ROOT, overlayPath, statusOf, volumePath } from './model.ts';
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
  const before = yield* layersSize(engine, () => true);
  for (const image of [...engine.images.values()]) {
    const used = [...engine.containers.values()].some((container) => container.Image === image.id);
    if (used || (!all && tagsOf(image).length > 0)) continue;
    ImagesDeleted.push(...image.references.map((reference) => ({ Untagged: reference })));
    image.references = [];
    ImagesDeleted.push(...(yield* deleteImage(engine, image)));
  }
  yield* engine.saveReferences();
  return { ImagesDeleted, SpaceReclaimed: before - (yield* layersSize(engine, () => true)) };
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

/** Bytes of the layers of images that `wanted` takes, each layer once. */
function* layersSize(engine: Engine, wanted: (imageId: string) => boolean): Sys<number> {
  const layers = new Set(
    [...engine.images.values()]
      .filter((image) => wanted(image.id))
      .flatMap((image) => chainIds(image.config.rootfs.diff_ids)),
  );
  let total = 0;
  for (const id of layers) {
    const path = `${DOCKER_ROOT}/image/overlay2/layerdb/${id.replace(':', '/')}/size`;
    total += Number((yield* readText(path)) ?? 0);
  }
  return total;
}

export function* diskUsage(engine: Engine): Sys<unknown> {
  const containers = [...engine.containers.values()];
  const usersOf = (id: string) => containers.filter((container) => container.Image === id).length;
  const Images: unknown[] = [];
  for (const { id } of engine.images.values())
    Images.push({
      Id: id,
      Size: yield* layersSize(engine, (other) => other === id),
      Containers: usersOf(id),
    });
  const Containers: unknown[] = [];
  for (const { ID, State, MountId } of containers)
    Containers.push({ Id: ID, State: statusOf(State), SizeRw: yield* treeSize(upperOf(MountId)) });
  const Volumes: unknown[] = [];
  for (const Name of yield* volumeNames())
    Volumes.push({ Name, Size: yield* treeSize(volumePath(Name)), RefCount: engine.usersOf(Name).length });
  const LayersSize = yield* layersSize(engine, () => true);
  const used = yield* layersSize(engine, (id) => usersOf(id) > 0);
  const BuildCache = yield* engine.buildCache.usage(engine.images);
  return { LayersSize, UnusedLayersSize: LayersSize - used, Images, Containers, Volumes, BuildCache };
}
