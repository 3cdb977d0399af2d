/**
 * The build cache as the daemon keeps it: which step of which input made which layer. BuildKit keeps the like in /var/lib/docker/buildkit;
 * the layers themselves lie with those of images below overlay2. The builder that fills it (build/) is code that comes later.
 */
import { type Sys, sys } from '../linux/index.ts';
import { makeDirs, readText, removeTree, statOrNull, treeSize, writeText } from './files.ts';
import { DOCKER_ROOT, overlayPath, type StoredImage } from './model.ts';

const BUILDKIT = `${DOCKER_ROOT}/buildkit`;
const RECORDS = `${BUILDKIT}/records.json`;
const LAYERS = `${DOCKER_ROOT}/image/overlay2/layerdb`;

/** Directories of `RUN --mount=type=cache`, by their id. */
export const cacheMountPath = (hash: string) => `${BUILDKIT}/cache-mounts/${hash}`;

/** A layer as it lies on the host. */
export interface BuiltLayer {
  readonly diffId: string;
  readonly chainId: string;
  /** Its directory below overlay2. */
  readonly cacheId: string;
  /** Bytes of its files. */
  readonly size: number;
}

interface Used {
  /** Digest of all that the step depends on, `sha256:…`. */
  readonly key: string;
  /** What `docker system df -v` says of it. */
  readonly description: string;
  /** RFC 3339. */
  readonly created: string;
  lastUsed: string;
  count: number;
}

/** What a step made; or a directory that steps share. */
export type CacheRecord =
  | (Used & { readonly type: 'regular'; readonly layer: BuiltLayer })
  | (Used & { readonly type: 'exec.cachemount'; readonly path: string });

/** As GET /system/df shows a record. */
export interface CacheUsage {
  readonly ID: string;
  readonly Type: CacheRecord['type'];
  readonly Description: string;
  readonly InUse: boolean;
  /** An image has the layer too. */
  readonly Shared: boolean;
  readonly Size: number;
  readonly CreatedAt: string;
  readonly LastUsedAt: string;
  readonly UsageCount: number;
}

/** The name that a record goes by: 25 characters, as BuildKit's identifiers have. */
const idOf = ({ key }: CacheRecord): string =>
  BigInt(`0x${key.slice(7)}`)
    .toString(36)
    .padStart(25, '0')
    .slice(-25);

const folderOf = (chainId: string) => `${LAYERS}/${chainId.replace(':', '/')}`;

export class BuildCache {
  readonly #records = new Map<string, CacheRecord>();
  /** Directories of cache mounts that one step has for itself. */
  readonly #locked = new Set<string>();

  *load(): Sys<void> {
    const text = yield* readText(RECORDS);
    if (text === null) return;
    for (const record of JSON.parse(text) as CacheRecord[]) this.#records.set(record.key, record);
  }

  *save(): Sys<void> {
    yield* makeDirs(BUILDKIT, 0o711);
    yield* writeText(RECORDS, JSON.stringify([...this.#records.values()]));
  }

  find(key: string): CacheRecord | null {
    return this.#records.get(key) ?? null;
  }

  put(record: CacheRecord): void {
    this.#records.set(record.key, record);
  }

  /** Takes all of the directories, or none when one of them is taken. */
  lock(paths: readonly string[]): boolean {
    if (paths.some((path) => this.#locked.has(path))) return false;
    for (const path of paths) this.#locked.add(path);
    return true;
  }

  unlock(paths: readonly string[]): void {
    for (const path of paths) this.#locked.delete(path);
  }

  /** Names of the directories that must stay when no image has them. */
  layersInUse(): string[] {
    return [...this.#records.values()].flatMap((record) =>
      record.type === 'regular' ? [record.layer.cacheId] : [],
    );
  }

  /** The least recently used of `candidates` without which the cache takes no more than `keep` bytes. */
  *#beyond(keep: number, candidates: readonly CacheRecord[]): Sys<CacheRecord[]> {
    const sizeOf = function* (record: CacheRecord): Sys<number> {
      return record.type === 'regular' ? record.layer.size : yield* treeSize(record.path);
    };
    let left = 0;
    for (const record of this.#records.values()) left += yield* sizeOf(record);
    const gone: CacheRecord[] = [];
    for (const record of [...candidates].sort((a, b) => (a.lastUsed < b.lastUsed ? -1 : 1))) {
      if (left <= keep) break;
      left -= yield* sizeOf(record);
      gone.push(record);
    }
    return gone;
  }

  *usage(images: ReadonlyMap<string, StoredImage>): Sys<CacheUsage[]> {
    const shared = new Set([...images.values()].flatMap(({ cacheIds }) => cacheIds));
    const list: CacheUsage[] = [];
    for (const record of this.#records.values())
      list.push({
        ID: idOf(record),
        Type: record.type,
        Description: record.description,
        InUse: false,
        Shared: record.type === 'regular' && shared.has(record.layer.cacheId),
        Size: record.type === 'regular' ? record.layer.size : yield* treeSize(record.path),
        CreatedAt: record.created,
        LastUsedAt: record.lastUsed,
        UsageCount: record.count,
      });
    return list;
  }

  /** Forgets records, those first that were used longest ago, and takes away layers that nothing else has. */
  *prune(
    images: ReadonlyMap<string, StoredImage>,
    { all, until, keep }: Pruning,
  ): Sys<{ CachesDeleted: string[]; SpaceReclaimed: number }> {
    const shared = new Set([...images.values()].flatMap(({ cacheIds }) => cacheIds));
    const candidates = [...this.#records.values()].filter(
      (record) =>
        (all || record.type !== 'regular' || !shared.has(record.layer.cacheId)) &&
        (until === null || Date.parse(record.lastUsed) / 1000 < until),
    );
    const gone = keep === 0 ? candidates : yield* this.#beyond(keep, candidates);
    for (const { key } of gone) this.#records.delete(key);
    const kept = new Set([...shared, ...this.layersInUse()]);
    let SpaceReclaimed = 0;
    for (const record of gone) {
      if (record.type === 'exec.cachemount') {
        SpaceReclaimed += yield* treeSize(record.path);
        yield* removeTree(record.path);
        continue;
      }
      const { layer } = record;
      if (kept.has(layer.cacheId) || (yield* statOrNull(overlayPath(layer.cacheId))) === null) continue;
      SpaceReclaimed += layer.size;
      yield* removeTree(overlayPath(layer.cacheId));
      yield* removeTree(folderOf(layer.chainId));
    }
    yield* this.save();
    return { CachesDeleted: gone.map(idOf), SpaceReclaimed };
  }
}

/** What of the cache is to go. */
interface Pruning {
  /** What images have too. */
  readonly all: boolean;
  /** Only what was used before then, in seconds since 1970. */
  readonly until: number | null;
  /** Bytes that may remain. */
  readonly keep: number;
}

/** Makes the layer known to the layer database, which images read: with its last step, or not at all. */
export function* recordLayer(layer: BuiltLayer, below: string | null): Sys<void> {
  const { diffId, chainId, cacheId, size } = layer;
  const unfinished = `${LAYERS}/tmp/write-set-${chainId.slice(7, 23)}`;
  yield* removeTree(unfinished);
  yield* makeDirs(unfinished);
  const facts = {
    'cache-id': cacheId,
    diff: diffId,
    size: `${size}`,
    ...(below !== null && { parent: below }),
  };
  for (const [name, text] of Object.entries(facts)) yield* writeText(`${unfinished}/${name}`, text);
  const folder = folderOf(chainId);
  yield* makeDirs(folder.slice(0, folder.lastIndexOf('/')));
  yield* sys.rename(unfinished, folder);
}

/** The layers of an image, bottom first. */
export function* layersOf({ config, cacheIds }: StoredImage, chain: readonly string[]): Sys<BuiltLayer[]> {
  const layers: BuiltLayer[] = [];
  for (const [i, diffId] of config.rootfs.diff_ids.entries()) {
    const size = Number((yield* readText(`${folderOf(chain[i]!)}/size`)) ?? 0);
    layers.push({ diffId, chainId: chain[i]!, cacheId: cacheIds[i]!, size });
  }
  return layers;
}
