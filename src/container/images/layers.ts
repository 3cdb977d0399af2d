/**
 * Layers in the engine's store, as Docker's overlay2 driver lays them: files below overlay2/ID/diff, facts in the layer database by chain id.
 * Archives are not kept; a layer's comes from its files and from what is left of the archive without them (tar-split.json.gz).
 */
import { encodeUtf8 } from '../../base/index.ts';
import { readFile, type Sys, sys } from '../../linux/index.ts';
import {
  chainIds,
  joinTar,
  makeLayer,
  OPAQUE_XATTR,
  readSplit,
  readTar,
  sha256Of,
  splitTar,
  type TarEntry,
  TarError,
} from '../../oci/index.ts';
import { unpackTree } from '../archive.ts';
import { cacheIdOf } from '../engineFiles.ts';
import { list, makeDirs, readText, removeTree, statOrNull, writeBytes, writeText } from '../files.ts';
import { DOCKER_ROOT, EngineError, overlayPath, type StoredImage } from '../model.ts';
import { treeOf, upperEntries } from './upper.ts';

export const METADATA = `${DOCKER_ROOT}/image/overlay2`;
const LAYERS = `${METADATA}/layerdb`;
/** Layers that are not complete yet. */
const UNFINISHED = `${LAYERS}/tmp`;

export const layerFolder = (chainId: string): string => `${LAYERS}/${chainId.replace(':', '/')}`;

export interface StoredLayer {
  readonly diffId: string;
  readonly chainId: string;
  /** Its directory below overlay2. */
  readonly cacheId: string;
}

export function layersOf({ config, cacheIds }: StoredImage): StoredLayer[] {
  const { diff_ids } = config.rootfs;
  return chainIds(diff_ids).map((chainId, i) => ({ diffId: diff_ids[i]!, chainId, cacheId: cacheIds[i]! }));
}

/** Bytes of the files that a layer has. */
export const contentSize = (entries: readonly TarEntry[]): number =>
  entries.reduce((sum, { content }) => sum + content.length, 0);

/** The directory of a layer that is there; null when it is not. */
export function* findLayer(chainId: string): Sys<string | null> {
  return yield* readText(`${layerFolder(chainId)}/cache-id`);
}

/** A layer is there with its last step, or not at all: what was left unfinished goes. */
export function* removeUnfinished(): Sys<void> {
  for (const name of yield* list(UNFINISHED)) {
    const cacheId = yield* readText(`${UNFINISHED}/${name}/cache-id`);
    if (cacheId !== null) yield* removeTree(overlayPath(cacheId));
    yield* removeTree(`${UNFINISHED}/${name}`);
  }
}

/** Puts an archive's files into a layer over `below`. Throws EngineError for an archive that leads out of it. */
export function* addLayer(tar: Uint8Array, diffId: string, below: string | null): Sys<StoredLayer> {
  const chainId = chainIds([...(below === null ? [] : [below]), diffId]).at(-1)!;
  const known = yield* findLayer(chainId);
  if (known !== null) return { diffId, chainId, cacheId: known };
  const cacheId = cacheIdOf(chainId);
  const folder = `${UNFINISHED}/write-set-${chainId.slice(7, 23)}`;
  const entries = readTar(tar).filter(({ name }) => name !== '');
  requireInside(entries);
  yield* removeTree(folder);
  yield* removeTree(overlayPath(cacheId));
  yield* makeDirs(folder);
  try {
    yield* writeText(`${folder}/cache-id`, cacheId);
    yield* unpackLayer(entries, `${overlayPath(cacheId)}/diff`);
    yield* writeText(`${folder}/diff`, diffId);
    yield* writeText(`${folder}/size`, `${contentSize(entries)}`);
    if (below !== null) yield* writeText(`${folder}/parent`, below);
    yield* writeBytes(`${folder}/tar-split.json.gz`, splitTar(tar));
    const target = layerFolder(chainId);
    yield* makeDirs(target.slice(0, target.lastIndexOf('/')));
    yield* sys.rename(folder, target);
  } catch (error) {
    yield* removeTree(overlayPath(cacheId));
    yield* removeTree(folder);
    throw error;
  }
  return { diffId, chainId, cacheId };
}

/** Names that would be elsewhere than in the layer: through `..`, or through a symbolic link of its own. */
function requireInside(entries: readonly TarEntry[]): void {
  const links = new Set(entries.filter(({ type }) => type === 'symlink').map(({ name }) => name));
  const leaves = (name: string): boolean => {
    const parts = name.replace(/^(\.?\/)+/, '').split('/');
    if (parts.includes('..')) return true;
    return parts.some((_, i) => i > 0 && links.has(parts.slice(0, i).join('/')));
  };
  for (const { name, type, target } of entries)
    if (leaves(name) || (type === 'link' && leaves(target)))
      throw new EngineError(500, `failed to register layer: ${name} leads out of the layer`);
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** Whiteouts of an archive become those of an overlay. */
function* unpackLayer(entries: readonly TarEntry[], diff: string): Sys<void> {
  const plain: TarEntry[] = [];
  const opaque: string[] = [];
  for (const entry of entries) {
    const at = entry.name.lastIndexOf('/') + 1;
    const base = entry.name.slice(at);
    if (base === OPAQUE) opaque.push(entry.name.slice(0, Math.max(0, at - 1)));
    else if (base.startsWith(`${WHITEOUT}${WHITEOUT}`)) continue;
    else if (base.startsWith(WHITEOUT))
      plain.push({
        ...{ ...entry, type: 'chr', mode: 0, major: 0, minor: 0, content: new Uint8Array(0) },
        name: entry.name.slice(0, at) + base.slice(WHITEOUT.length),
      });
    else
      plain.push({
        ...entry,
        target: entry.type === 'link' ? entry.target.replace(/^(\.?\/)+/, '') : entry.target,
      });
  }
  yield* makeDirs(diff);
  yield* unpackTree(plain, diff, true);
  for (const name of opaque) {
    yield* makeDirs(`${diff}/${name}`);
    yield* sys.setxattr(`${diff}/${name}`, OPAQUE_XATTR, encodeUtf8('y'));
  }
}

/** The archive that a layer came from, or is by its files. Throws EngineError when they are not as they were. */
export function* layerTar({ diffId, chainId, cacheId }: StoredLayer): Sys<Uint8Array> {
  const diff = `${overlayPath(cacheId)}/diff`;
  const split = `${layerFolder(chainId)}/tar-split.json.gz`;
  const tar =
    (yield* statOrNull(split)) === null
      ? makeLayer(treeOf(yield* upperEntries(diff))).tar
      : yield* joined(yield* readFile(split), diff);
  if (sha256Of(tar) !== diffId)
    throw new EngineError(500, `layer ${diffId} is damaged: its files give the digest ${sha256Of(tar)}`);
  return tar;
}

function* joined(split: Uint8Array, diff: string): Sys<Uint8Array> {
  try {
    const parts = readSplit(split);
    const contents: Uint8Array[] = [];
    for (const part of parts)
      if ('name' in part) {
        const path = `${diff}/${part.name}`;
        contents.push((yield* statOrNull(path)) === null ? new Uint8Array(0) : yield* readFile(path));
      }
    return joinTar(parts, contents);
  } catch (error) {
    if (error instanceof TarError) throw new EngineError(500, error.message);
    throw error;
  }
}
