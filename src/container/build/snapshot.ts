/** A step's files: the layers so far with a directory on top, and what lies in that afterwards as a new layer. */
import { type Path, type Sys, sys } from '../../linux/index.ts';
import { chainIds, makeLayer, type TarEntry } from '../../oci/index.ts';
import type { BuiltLayer } from '../buildCache.ts';
import { recordLayer } from '../buildCache.ts';
import { cacheIdOf } from '../engineFiles.ts';
import { makeDirs, randomHex, removeTree } from '../files.ts';
import { contentSize, findLayer } from '../images/layers.ts';
import { treeOf, upperEntries } from '../images/upper.ts';
import { overlayPath } from '../model.ts';

export const diffPath = (cacheId: string) => `${overlayPath(cacheId)}/diff`;

/** Directories of `layers` as overlayfs wants them: the top first. */
export const lowersOf = (layers: readonly BuiltLayer[]): string[] =>
  layers.map(({ cacheId }) => diffPath(cacheId)).reverse();

/** Mounts `layers` with a directory to write in on top, and gives that directory when `body` is done. */
export function* inSnapshot(layers: readonly BuiltLayer[], body: (root: Path) => Sys<void>): Sys<Path> {
  const work = overlayPath(`build-${yield* randomHex(16)}`);
  for (const dir of ['diff', 'work', 'merged']) yield* makeDirs(`${work}/${dir}`);
  const lowers = lowersOf(layers);
  // An overlay needs something below it.
  const root = lowers.length > 0 ? `${work}/merged` : `${work}/diff`;
  const options = `lowerdir=${lowers.join(':')},upperdir=${work}/diff,workdir=${work}/work`;
  if (lowers.length > 0) yield* sys.mount('overlay', root, 'overlay', 0, options);
  try {
    yield* body(root);
  } catch (error) {
    if (lowers.length > 0) yield* sys.umount(root);
    yield* removeTree(work);
    throw error;
  }
  if (lowers.length > 0) yield* sys.umount(root);
  return work;
}

/** Mounts `layers` for reading while `body` runs. */
export function* reading<T>(layers: readonly BuiltLayer[], body: (root: Path) => Sys<T>): Sys<T> {
  const out: T[] = [];
  const work = yield* inSnapshot(layers, function* (root) {
    out.push(yield* body(root));
  });
  yield* removeTree(work);
  return out[0]!;
}

/** No file is from after the build's instant: the same input gives the same bytes whenever it is built. */
function* settleTimes(dir: Path, entries: readonly TarEntry[], epoch: number): Sys<TarEntry[]> {
  const time = { sec: epoch, nsec: 0 };
  const settled: TarEntry[] = [];
  for (const entry of entries) {
    if (entry.mtime > epoch) yield* sys.utimensat(`${dir}/${entry.name}`, time, time, false);
    settled.push(entry.mtime > epoch ? { ...entry, mtime: epoch } : entry);
  }
  return settled;
}

/** The directory `work/diff` as a layer on top of `layers`: it becomes the layer's own. */
export function* makeBuiltLayer(layers: readonly BuiltLayer[], work: Path, epoch: number): Sys<BuiltLayer> {
  const diff = `${work}/diff`;
  const entries = yield* settleTimes(diff, yield* upperEntries(diff), epoch);
  const { diffId } = makeLayer(treeOf(entries));
  const chainId = chainIds([...layers.map((layer) => layer.diffId), diffId]).at(-1)!;
  const known = yield* findLayer(chainId);
  const layer = { diffId, chainId, cacheId: known ?? cacheIdOf(chainId), size: contentSize(entries) };
  if (known !== null) return layer;
  yield* removeTree(overlayPath(layer.cacheId));
  yield* makeDirs(overlayPath(layer.cacheId));
  yield* sys.rename(diff, diffPath(layer.cacheId));
  yield* recordLayer(layer, layers.at(-1)?.chainId ?? null);
  return layer;
}
