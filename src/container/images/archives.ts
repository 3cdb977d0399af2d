/** Images as files: `docker save`, `docker load`, `docker import`. */
import { canonicalJson, encodeUtf8 } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import {
  type ImageConfig,
  ImageError,
  ManifestError,
  readArchive,
  readTar,
  type SavedImage,
  sha256Of,
  TarError,
  unpackLayer,
  writeDockerArchive,
} from '../../oci/index.ts';
import { builder } from '../builder.ts';
import type { Progress } from '../distribution/progress.ts';
import type { Engine } from '../engine.ts';
import { randomHex, timestamp } from '../files.ts';
import { DOCKER_ROOT, EngineError, type StoredImage } from '../model.ts';
import { addLayer, findLayer, layersOf, layerTar, type StoredLayer } from './layers.ts';
import { newReference, storedName, withDefaultTag } from './references.ts';
import { addImage, configBytes, nameImage } from './store.ts';

/** The archive of images by name or id; each once, with the names that it was asked by. Throws EngineError. */
export function* saveImages(engine: Engine, names: readonly string[]): Sys<Uint8Array> {
  const wanted = new Map<StoredImage, string[]>();
  for (const name of names) {
    const image = engine.findImage(name);
    if (image === null) throw new EngineError(404, `No such image: ${withDefaultTag(name)}`);
    const stored = storedName(name);
    const known = image.references.find((reference) => reference === stored && !reference.includes('@'));
    wanted.set(image, [...(wanted.get(image) ?? []), ...(known === undefined ? [] : [known])]);
  }
  const saved: SavedImage[] = [];
  for (const [image, called] of wanted) {
    const tars: Uint8Array[] = [];
    for (const layer of layersOf(image)) tars.push(yield* layerTar(layer));
    saved.push({ config: yield* configBytes(image), parsed: image.config, tars, names: called });
    yield* engine.events.emit('image', 'save', image.id, { name: image.id });
  }
  return writeDockerArchive(saved);
}

/** Throws EngineError for an archive that has no images. */
export function* loadArchive(engine: Engine, archive: Uint8Array, progress: Progress): Sys<void> {
  let images: SavedImage[];
  try {
    images = readArchive(archive, { os: 'linux', architecture: 'amd64' });
  } catch (error) {
    if (error instanceof ImageError) throw yield* noImages(archive, error);
    throw error;
  }
  for (const { config, parsed, tars, names } of images) {
    let below: string | null = null;
    for (const [i, tar] of tars.entries()) {
      const diffId = parsed.rootfs.diff_ids[i]!;
      const layer: StoredLayer = yield* addLayer(tar, diffId, below);
      yield* progress.amount(diffId.slice(7, 19), 'Loading layer', tar.length, tar.length);
      below = layer.chainId;
    }
    const image = yield* addImage(engine.images, config);
    for (const name of names) {
      const other = [...engine.images.values()].find(
        (each) => each !== image && each.references.includes(name),
      );
      if (other !== undefined)
        yield* progress.print(
          `The image ${name} already exists, renaming the old one with ID ${other.id} to empty string\n`,
        );
      yield* nameImage(engine.images, image, [name]);
      yield* progress.print(`Loaded image: ${name}\n`);
    }
    if (names.length === 0) yield* progress.print(`Loaded image ID: ${image.id}\n`);
    yield* engine.events.emit('image', 'load', image.id, { name: image.id });
  }
}

/** What dockerd says of an archive without images: it looks for the files of older archives in what it has unpacked. */
function* noImages(archive: Uint8Array, error: ImageError): Sys<EngineError> {
  let names: string[];
  try {
    names = readTar(unpackLayer(archive)).map(({ name }) => name);
  } catch (wrong) {
    if (wrong instanceof TarError || wrong instanceof ManifestError) return notTar(wrong);
    throw wrong;
  }
  if (['manifest.json', 'oci-layout', 'index.json'].some((name) => names.includes(name)))
    return new EngineError(500, error.message);
  const [first] = [
    ...new Set(names.filter((name) => name.includes('/')).map((name) => name.split('/')[0]!)),
  ].sort();
  const file = first === undefined ? 'repositories' : `${first}/json`;
  const number = Number.parseInt(yield* randomHex(4), 16);
  return new EngineError(
    500,
    `open ${DOCKER_ROOT}/tmp/docker-import-${number}/${file}: no such file or directory`,
  );
}

/** As Go's archive/tar has it. */
function notTar(error: Error): EngineError {
  const cutOff = error instanceof TarError && error.cutOff;
  return new EngineError(500, cutOff ? 'unexpected EOF' : 'archive/tar: invalid tar header');
}

interface ImportOptions {
  /** '' for none. */
  readonly repository: string;
  readonly tag: string;
  readonly message: string;
  /** Instructions of a Dockerfile for the image's configuration. */
  readonly changes: readonly string[];
}

/** The id of a new image whose only layer is an archive of files. Throws EngineError. */
export function* importLayer(engine: Engine, archive: Uint8Array, options: ImportOptions): Sys<string> {
  const { repository, tag, message, changes } = options;
  const reference = repository === '' ? null : newReference(repository, tag);
  let tar: Uint8Array;
  try {
    tar = unpackLayer(archive);
    readTar(tar);
  } catch (error) {
    if (error instanceof TarError || error instanceof ManifestError) throw notTar(error);
    throw error;
  }
  const diffId = sha256Of(tar);
  const created = yield* timestamp();
  const config: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    created,
    config: changes.length > 0 ? builder().changed({}, changes) : {},
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created, created_by: '', comment: message || 'Imported from -' }],
  };
  if ((yield* findLayer(diffId)) === null) yield* addLayer(tar, diffId, null);
  const image = yield* addImage(engine.images, encodeUtf8(canonicalJson(config)));
  if (reference !== null) yield* nameImage(engine.images, image, [reference]);
  yield* engine.events.emit('image', 'import', image.id, { name: reference ?? image.id });
  return image.id;
}
