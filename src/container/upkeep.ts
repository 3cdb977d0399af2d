/** The engine's store of images, containers and volumes as a whole: what is unused, and what takes space. */
import { type Sys, sys } from '../linux/index.ts';
import { chainIds } from '../oci/index.ts';
import type { Engine } from './engine.ts';
import { readText, treeSize } from './files.ts';
import { hasLabels, parseFilters } from './filters.ts';
import { layerFolder } from './images/layers.ts';
import { tagsOf } from './images/references.ts';
import { listImages } from './images/views.ts';
import { listContainers } from './listing.ts';
import { EngineError, overlayPath, volumePath } from './model.ts';
import { deleteImage } from './removal.ts';
import { dropVolume, unusedVolumes, volumeNames, volumeView } from './volumes.ts';

const upperOf = (mountId: string) => `${overlayPath(mountId)}/diff`;

const PRUNE_KEYS = ['label', 'label!', 'until'];

/** Seconds since 1970 that `until` (such a number, or a duration before now) stands for; null when it is not asked for. */
export function* untilOf(text: string | undefined): Sys<number | null> {
  if (text === undefined) return null;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|m|s)/g)];
  if (parts.map(([all]) => all).join('') !== text)
    throw new EngineError(400, `failed to parse value for filter 'until': ${text}`);
  const units: Record<string, number> = { h: 3600, m: 60, s: 1 };
  const before = parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
  return (yield* sys.clock_gettime('realtime')).sec - before;
}

export function* pruneContainers(engine: Engine, given: string | undefined): Sys<unknown> {
  const filters = parseFilters(given, PRUNE_KEYS);
  const until = yield* untilOf(filters.get('until')?.[0]);
  const without = filters.get('label!');
  const ContainersDeleted: string[] = [];
  let SpaceReclaimed = 0;
  for (const container of [...engine.containers.values()].reverse()) {
    const { Labels } = container.Config;
    if (container.State.Running || !hasLabels(Labels, filters.get('label'))) continue;
    if (without?.some((label) => hasLabels(Labels, [label]))) continue;
    if (until !== null && Date.parse(container.Created) / 1000 >= until) continue;
    SpaceReclaimed += yield* treeSize(upperOf(container.MountId));
    yield* engine.remove(container, false);
    ContainersDeleted.push(container.ID);
  }
  yield* engine.events.emit('container', 'prune', '', { reclaimed: `${SpaceReclaimed}` });
  return { ContainersDeleted, SpaceReclaimed };
}

/** Without the filter `dangling=false` only those that have no name. */
export function* pruneImages(engine: Engine, given: string | undefined): Sys<unknown> {
  const filters = parseFilters(given, [...PRUNE_KEYS, 'dangling']);
  const all = ['false', '0'].includes(filters.get('dangling')?.[0] ?? 'true');
  const until = yield* untilOf(filters.get('until')?.[0]);
  const ImagesDeleted: Record<string, string>[] = [];
  const before = yield* layersSize(engine);
  for (const image of [...engine.images.values()]) {
    const used = [...engine.containers.values()].some((container) => container.Image === image.id);
    if (used || (!all && tagsOf(image).length > 0)) continue;
    const { config, created } = image.config;
    const labels = config.Labels ?? {};
    if (!hasLabels(labels, filters.get('label'))) continue;
    if (filters.get('label!')?.some((label) => hasLabels(labels, [label]))) continue;
    if (until !== null && Date.parse(created ?? '1970-01-01T00:00:00Z') / 1000 >= until) continue;
    ImagesDeleted.push(...image.references.map((reference) => ({ Untagged: reference })));
    image.references = [];
    ImagesDeleted.push(...(yield* deleteImage(engine, image)));
  }
  yield* engine.saveReferences();
  const SpaceReclaimed = before - (yield* layersSize(engine));
  yield* engine.events.emit('image', 'prune', '', { reclaimed: `${SpaceReclaimed}` });
  return { ImagesDeleted, SpaceReclaimed };
}

export function* pruneVolumes(engine: Engine, filters: string | undefined): Sys<unknown> {
  const VolumesDeleted: string[] = [];
  let SpaceReclaimed = 0;
  for (const name of yield* unusedVolumes(engine, filters)) {
    SpaceReclaimed += yield* treeSize(volumePath(name));
    yield* dropVolume(engine, name);
    VolumesDeleted.push(name);
  }
  yield* engine.events.emit('volume', 'prune', '', { reclaimed: `${SpaceReclaimed}` });
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
