/** `docker commit`: a container's upper directory as a new layer, and an image of it over the container's own. */
import { canonicalJson, decodeUtf8, encodeUtf8, isOsError } from '../base/index.ts';
import { type FileTree, type Sys, sys } from '../linux/index.ts';
import {
  chainIds,
  digestOf,
  type ImageConfig,
  type Layer,
  makeLayer,
  OPAQUE_XATTR,
  type TarEntry,
} from '../oci/index.ts';
import { packTree, unpackTree } from './archive.ts';
import type { Engine } from './engine.ts';
import { cacheIdOf } from './engineFiles.ts';
import { makeDirs, statOrNull, timestamp, writeText } from './files.ts';
import { type Container, DOCKER_ROOT, EngineError, overlayPath, type StoredImage } from './model.ts';

function* isOpaque(path: string): Sys<boolean> {
  try {
    return decodeUtf8(yield* sys.getxattr(path, OPAQUE_XATTR)) === 'y';
  } catch (error) {
    if (isOsError(error)) return false;
    throw error;
  }
}

/** What lies in the directory, opaque directories marked as overlayfs marks them. */
export function* upperEntries(upper: string): Sys<TarEntry[]> {
  const entries: TarEntry[] = [];
  for (const entry of (yield* packTree(upper, '')).slice(1)) {
    const opaque = entry.type === 'dir' && (yield* isOpaque(`${upper}/${entry.name}`));
    entries.push(opaque ? { ...entry, xattrs: { [OPAQUE_XATTR]: 'y' } } : entry);
  }
  return entries;
}

export function treeOf(entries: readonly TarEntry[]): FileTree {
  return Object.fromEntries(
    entries.map(({ name, type, mode, uid, gid, mtime, content, target, major, minor, xattrs }) => [
      `/${name}`,
      {
        ...{ type: type === 'link' ? 'file' : type, mode, uid, gid, content, xattrs },
        ...{ mtime: { sec: mtime, nsec: 0 }, rdev: { major, minor } },
        ...(type === 'symlink' && { target }),
      },
    ]),
  );
}

interface CommitRequest {
  readonly reference: string | null;
  readonly comment: string;
  readonly author: string;
}

/** The new image's id. */
export function* commitContainer(engine: Engine, container: Container, request: CommitRequest): Sys<string> {
  const base = engine.images.get(container.Image);
  if (base === undefined) throw new EngineError(404, `No such image: ${container.Image}`);
  const entries = yield* upperEntries(`${overlayPath(container.MountId)}/diff`);
  const layer = makeLayer(treeOf(entries));
  const created = yield* timestamp();
  const { Env, Cmd, Entrypoint, User, WorkingDir, Labels } = container.Config;
  const config: ImageConfig = {
    ...base.config,
    created,
    config: { ...base.config.config, Env, Cmd, Entrypoint, User, WorkingDir, Labels },
    rootfs: { type: 'layers', diff_ids: [...base.config.rootfs.diff_ids, layer.diffId] },
    history: [
      ...base.config.history,
      {
        created,
        created_by: [container.Path, ...container.Args].join(' '),
        ...(request.comment !== '' && { comment: request.comment }),
        ...(request.author !== '' && { author: request.author }),
      },
    ],
  };
  const cacheId = yield* storeLayer(config, layer, entries);
  const image: StoredImage = {
    id: digestOf(config),
    config,
    cacheIds: [...base.cacheIds, cacheId],
    references: [],
  };
  const content = `${DOCKER_ROOT}/image/overlay2/imagedb/content/sha256/${image.id.slice(7)}`;
  yield* writeText(content, canonicalJson(config));
  for (const other of engine.images.values())
    other.references = other.references.filter((known) => known !== request.reference);
  if (request.reference !== null) image.references.push(request.reference);
  engine.images.set(image.id, image);
  yield* engine.saveReferences();
  return image.id;
}

/** Puts the layer into the layer database; the directory's name. */
function* storeLayer(config: ImageConfig, layer: Layer, entries: readonly TarEntry[]): Sys<string> {
  const chainId = chainIds(config.rootfs.diff_ids).at(-1)!;
  const cacheId = cacheIdOf(chainId);
  const folder = `${DOCKER_ROOT}/image/overlay2/layerdb/${chainId.replace(':', '/')}`;
  if ((yield* statOrNull(folder)) !== null) return cacheId;
  yield* makeDirs(folder);
  const facts = { 'cache-id': cacheId, diff: layer.diffId, size: `${layer.tar.length}` };
  for (const [name, text] of Object.entries(facts)) yield* writeText(`${folder}/${name}`, text);
  const diff = `${overlayPath(cacheId)}/diff`;
  yield* makeDirs(diff);
  yield* unpackTree(entries, diff, true);
  for (const { name } of entries.filter((entry) => OPAQUE_XATTR in entry.xattrs))
    yield* sys.setxattr(`${diff}/${name}`, OPAQUE_XATTR, encodeUtf8('y'));
  return cacheId;
}
