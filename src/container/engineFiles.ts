/** /var/lib/docker of a host whose images were pulled before: the files that the daemon reads at its start. */
import { canonicalJson, encodeUtf8, sha256Hex } from '../base/index.ts';
import type { FileTree } from '../linux/index.ts';
import { chainIds, type Image, layerTree, splitTar } from '../oci/index.ts';
import { repositoryOf, storedName } from './images/references.ts';
import { DOCKER_ROOT, overlayPath } from './model.ts';

/** Bytes of a layer's files. */
function sizeOf(tree: FileTree): number {
  return Object.values(tree).reduce<number>((sum, spec) => {
    const content = typeof spec === 'string' ? spec : (spec.content ?? '');
    return sum + (typeof content === 'string' ? encodeUtf8(content) : content).length;
  }, 0);
}

const hex = (digest: string) => digest.replace('sha256:', '');
/** What is made of a layer's archive: the same in every world. */
interface LayerFiles {
  readonly tree: FileTree;
  readonly size: number;
  readonly split: Uint8Array;
}

const layers = new Map<string, LayerFiles>();

/** By cache ids, which say what a layer holds, too. */
function layerFiles(cacheId: string, { tar }: Image['layers'][number]): LayerFiles {
  const known = layers.get(cacheId);
  if (known !== undefined) return known;
  const tree = layerTree(tar);
  const placed = Object.entries(tree).map(([path, spec]) => [`${overlayPath(cacheId)}/diff${path}`, spec]);
  const made = { tree: Object.fromEntries(placed) as FileTree, size: sizeOf(tree), split: splitTar(tar) };
  layers.set(cacheId, made);
  return made;
}

/** The directory of a layer: named after its chain id, so that images share it. */
export const cacheIdOf = (chainId: string): string => sha256Hex(`cache ${chainId}`);

/** The files of `images`: each layer's below overlay2/<cache id>/diff, configurations, and the table of references. */
export function engineFiles(images: readonly Image[]): FileTree {
  const files: Record<string, FileTree[string]> = {
    [DOCKER_ROOT]: { type: 'dir', mode: 0o710 },
    [`${DOCKER_ROOT}/overlay2`]: { type: 'dir', mode: 0o710 },
    [`${DOCKER_ROOT}/containers`]: { type: 'dir', mode: 0o710 },
    [`${DOCKER_ROOT}/volumes`]: { type: 'dir', mode: 0o701 },
  };
  const metadata = `${DOCKER_ROOT}/image/overlay2`;
  const names: Record<string, Record<string, string>> = {};
  for (const image of images) {
    const reference = storedName(image.reference) ?? image.reference;
    const repository = repositoryOf(reference);
    names[repository] = { ...names[repository], [reference]: image.id };
    files[`${metadata}/imagedb/content/sha256/${hex(image.id)}`] = canonicalJson(image.config);
    for (const [index, chainId] of chainIds(image.config.rootfs.diff_ids).entries()) {
      const cacheId = cacheIdOf(chainId);
      const folder = `${metadata}/layerdb/sha256/${hex(chainId)}`;
      if (files[`${folder}/cache-id`] !== undefined) continue;
      const layer = image.layers[index]!;
      files[`${folder}/cache-id`] = cacheId;
      files[`${folder}/diff`] = layer.diffId;
      files[`${overlayPath(cacheId)}/diff`] = { type: 'dir' };
      const { tree, size, split } = layerFiles(cacheId, layer);
      files[`${folder}/tar-split.json.gz`] = { content: split };
      files[`${folder}/size`] = `${size}`;
      Object.assign(files, tree);
    }
  }
  files[`${metadata}/repositories.json`] = canonicalJson({ Repositories: names });
  return files;
}
