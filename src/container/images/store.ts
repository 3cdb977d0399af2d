/** The engine's images: configurations by their id, and the table of their names, in memory and in the files that say the same. */
import { readFile, type Sys } from '../../linux/index.ts';
import { chainIds, ManifestError, parseImageConfig, sha256Of } from '../../oci/index.ts';
import { list, makeDirs, readText, writeBytes, writeText } from '../files.ts';
import { EngineError, type StoredImage } from '../model.ts';
import { findLayer, METADATA, removeUnfinished } from './layers.ts';
import { repositoryOf } from './references.ts';

type Images = Map<string, StoredImage>;

const CONTENT = `${METADATA}/imagedb/content/sha256`;
const TABLE = `${METADATA}/repositories.json`;

/** As Docker writes it: repository → name → image. */
interface Table {
  readonly Repositories: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Reads what is there. An image that lacks a layer is none. */
export function* loadImages(images: Images): Sys<void> {
  yield* removeUnfinished();
  for (const hex of yield* list(CONTENT)) {
    const image = yield* storedImage(yield* readFile(`${CONTENT}/${hex}`));
    if (image !== null) images.set(image.id, image);
  }
  const { Repositories } = JSON.parse((yield* readText(TABLE)) ?? '{"Repositories":{}}') as Table;
  for (const names of Object.values(Repositories))
    for (const [reference, id] of Object.entries(names)) images.get(id)?.references.push(reference);
}

function* storedImage(bytes: Uint8Array): Sys<StoredImage | null> {
  const config = parseImageConfig(bytes);
  const cacheIds: string[] = [];
  for (const chainId of chainIds(config.rootfs.diff_ids)) {
    const cacheId = yield* findLayer(chainId);
    if (cacheId === null) return null;
    cacheIds.push(cacheId);
  }
  return { id: sha256Of(bytes), config, cacheIds, references: [] };
}

export function* saveReferences(images: Images): Sys<void> {
  const all: Record<string, Record<string, string>> = {};
  for (const { id, references } of images.values())
    for (const reference of references) {
      const repository = repositoryOf(reference);
      all[repository] = { ...all[repository], [reference]: id };
    }
  const table: Table = { Repositories: all };
  yield* writeText(TABLE, JSON.stringify(table));
}

/** Makes an image known whose layers are there. Throws EngineError for a configuration that cannot be read. */
export function* addImage(images: Images, config: Uint8Array): Sys<StoredImage> {
  const known = images.get(sha256Of(config));
  if (known !== undefined) return known;
  let image: StoredImage | null;
  try {
    image = yield* storedImage(config);
  } catch (error) {
    if (error instanceof ManifestError) throw new EngineError(400, error.message);
    throw error;
  }
  if (image === null) throw new EngineError(500, 'a layer of the image is missing');
  yield* makeDirs(CONTENT);
  yield* writeBytes(`${CONTENT}/${image.id.slice(7)}`, config);
  images.set(image.id, image);
  return image;
}

/** The configuration as it was given: its digest is the image's id. */
export function* configBytes({ id }: StoredImage): Sys<Uint8Array> {
  return yield* readFile(`${CONTENT}/${id.slice(7)}`);
}

/** The name is that image's and no other's. */
export function* nameImage(images: Images, image: StoredImage, references: readonly string[]): Sys<void> {
  for (const other of images.values())
    other.references = other.references.filter((known) => !references.includes(known));
  image.references.push(...references);
  yield* saveReferences(images);
}
