/** `docker pull`: manifest, configuration, and those layers that are not there; what a failure leaves behind is nothing. */
import { concatBytes, decodeUtf8 } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import {
  chainIds,
  checkBlob,
  checkedTar,
  familiarName,
  familiarText,
  type ImageConfig,
  ImageError,
  type Manifest,
  ManifestError,
  manifestFor,
  nameOf,
  parseImageConfig,
  parseManifest,
  type ReadDescriptor,
  type Reference,
} from '../../oci/index.ts';
import type { Engine } from '../engine.ts';
import { removeTree } from '../files.ts';
import { addLayer, findLayer, layerFolder, type StoredLayer } from '../images/layers.ts';
import { addImage, nameImage } from '../images/store.ts';
import { EngineError, overlayPath, type StoredImage } from '../model.ts';
import { registryOf } from './endpoint.ts';
import { remember } from './metadata.ts';
import type { Progress } from './progress.ts';
import { type Credentials, type FetchedManifest, RegistryRefusal, Repository } from './repository.ts';

const PLATFORM = { os: 'linux', architecture: 'amd64' };
/** Layers that are on their way at once. */
const AT_ONCE = 3;

const shortId = (digest: string): string => digest.slice(7, 19);

/** `insecure`: the registry may be spoken to in plain. Throws EngineError in the words of Docker's. */
export function* pullImage(
  engine: Engine,
  reference: Reference,
  credentials: Credentials | null,
  progress: Progress,
  insecure = false,
): Sys<StoredImage> {
  return yield* withRepository(reference, credentials, insecure, function* (repository) {
    const { image, isNew } = yield* new Pull(engine, repository, reference, progress).run();
    yield* sayStatus(progress, isNew, reference);
    return image;
  });
}

/** `docker pull -a`: whatever the repository has a tag for. Throws EngineError. */
export function* pullAllTags(
  engine: Engine,
  reference: Reference,
  credentials: Credentials | null,
  progress: Progress,
): Sys<void> {
  yield* withRepository(reference, credentials, false, function* (repository) {
    let isNew = false;
    for (const tag of yield* repository.tags()) {
      const one = yield* new Pull(engine, repository, { ...reference, tag, digest: null }, progress).run();
      isNew ||= one.isNew;
    }
    yield* sayStatus(progress, isNew, { ...reference, tag: null, digest: null });
  });
}

/** What `work` gets of the repository, whose refusals are told in the engine's words. */
function* withRepository<T>(
  reference: Reference,
  credentials: Credentials | null,
  insecure: boolean,
  work: (repository: Repository) => Sys<T>,
): Sys<T> {
  const endpoint = yield* registryOf(reference.domain, insecure);
  const repository = new Repository(endpoint, reference.path, 'pull', credentials);
  try {
    yield* repository.ping();
    return yield* work(repository);
  } catch (error) {
    if (error instanceof RegistryRefusal) throw translated(error, reference);
    if (error instanceof ManifestError || error instanceof ImageError)
      throw new EngineError(500, error.message);
    throw error;
  } finally {
    yield* repository.close();
  }
}

function* sayStatus(progress: Progress, isNew: boolean, reference: Reference): Sys<void> {
  const shown = familiarText(reference);
  yield* progress.say(
    isNew ? `Status: Downloaded newer image for ${shown}` : `Status: Image is up to date for ${shown}`,
  );
}

function translated({ status, code, message }: RegistryRefusal, reference: Reference): EngineError {
  if (code === 'DENIED' || (code === 'UNAUTHORIZED' && reference.domain === 'docker.io'))
    return new EngineError(
      404,
      `pull access denied for ${familiarName(reference)}, repository does not exist or may require 'docker login': ${message}`,
    );
  if (code === 'MANIFEST_UNKNOWN')
    return new EngineError(404, `manifest for ${familiarText(reference)} not found: ${message}`);
  if (code === 'NAME_UNKNOWN')
    return new EngineError(404, `repository ${familiarName(reference)} not found: ${message}`);
  return new EngineError(status === 429 ? 500 : status, message);
}

class Pull {
  readonly #engine: Engine;
  readonly #repository: Repository;
  readonly #reference: Reference;
  readonly #progress: Progress;
  /** Layers that were not there before. */
  readonly #added: StoredLayer[] = [];

  constructor(engine: Engine, repository: Repository, reference: Reference, progress: Progress) {
    this.#engine = engine;
    this.#repository = repository;
    this.#reference = reference;
    this.#progress = progress;
  }

  /** `isNew`: the name did not stand for the image before. */
  *run(): Sys<{ image: StoredImage; isNew: boolean }> {
    const { tag, digest, path } = this.#reference;
    const top = yield* this.#repository.manifest(digest ?? tag!);
    yield* this.#progress.say(`Pulling from ${path}`, digest ?? tag!);
    const manifest = yield* this.#platformManifest(top);
    let image: StoredImage;
    try {
      image = yield* this.#image(manifest);
    } catch (error) {
      yield* this.#undo();
      throw error;
    }
    yield* this.#progress.say(`Digest: ${top.digest}`);
    return { image, isNew: yield* this.#name(image, top.digest) };
  }

  /** Of an index, the manifest for this host. */
  *#platformManifest(top: FetchedManifest): Sys<Manifest> {
    const read = parseManifest(decodeUtf8(top.bytes), top.mediaType || null);
    if (read.config !== null) return read;
    const chosen = manifestFor(read, PLATFORM);
    if (chosen === null)
      throw new EngineError(
        404,
        `no matching manifest for ${PLATFORM.os}/${PLATFORM.architecture} in the manifest list entries`,
      );
    const fetched = yield* this.#repository.manifest(chosen.digest);
    const manifest = parseManifest(decodeUtf8(fetched.bytes), fetched.mediaType || null);
    if (manifest.config === null) throw new EngineError(500, 'an index within an index is unsupported');
    return manifest;
  }

  *#image({ config, layers }: Manifest): Sys<StoredImage> {
    const known = this.#engine.images.get(config!.digest);
    if (known !== undefined) return known;
    const bytes = yield* this.#blob(config!, function* () {});
    const parsed = parseImageConfig(bytes);
    if (parsed.os !== PLATFORM.os)
      throw new EngineError(400, `operating system ${parsed.os} is not supported`);
    if (parsed.rootfs.diff_ids.length !== layers.length)
      throw new EngineError(500, "layers from manifest don't match image configuration");
    yield* this.#layers(parsed, layers);
    return yield* addImage(this.#engine.images, bytes);
  }

  *#layers({ rootfs: { diff_ids } }: ImageConfig, layers: readonly ReadDescriptor[]): Sys<void> {
    const chain = chainIds(diff_ids);
    const missing = new Set<number>();
    for (const [i, layer] of layers.entries()) {
      const there = (yield* findLayer(chain[i]!)) !== null;
      if (!there) missing.add(i);
      yield* this.#progress.step(shortId(layer.digest), there ? 'Already exists' : 'Pulling fs layer');
    }
    for (const i of [...missing].slice(AT_ONCE))
      yield* this.#progress.step(shortId(layers[i]!.digest), 'Waiting');
    for (const i of missing) {
      const layer = layers[i]!;
      const id = shortId(layer.digest);
      const blob = yield* this.#blob(layer, (current) =>
        this.#progress.amount(id, 'Downloading', current, layer.size),
      );
      yield* this.#progress.step(id, 'Download complete');
      yield* this.#progress.mustBeWanted();
      const tar = checkedTar(layer, blob, diff_ids[i]!);
      yield* this.#progress.amount(id, 'Extracting', layer.size, layer.size);
      this.#added.push(yield* addLayer(tar, diff_ids[i]!, chain[i - 1] ?? null));
      yield* remember(diff_ids[i]!, { Digest: layer.digest, SourceRepository: nameOf(this.#reference) });
      yield* this.#progress.step(id, 'Pull complete');
    }
  }

  /** Throws EngineError for one that is not what its digest says. */
  *#blob(descriptor: ReadDescriptor, got: (bytes: number) => Sys<void>): Sys<Uint8Array> {
    const { digest, foreign } = descriptor;
    if (foreign)
      throw new EngineError(500, `layer ${digest} is to be fetched from elsewhere, which is not simulated`);
    const parts: Uint8Array[] = [];
    let size = 0;
    yield* this.#repository.blob(digest, function* (bytes) {
      parts.push(bytes);
      size += bytes.length;
      yield* got(size);
    });
    const whole = concatBytes(parts);
    if (/layer|rootfs/.test(descriptor.mediaType))
      yield* this.#progress.step(shortId(digest), 'Verifying Checksum');
    try {
      checkBlob(descriptor, whole);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      throw new EngineError(500, `filesystem layer verification failed for digest ${digest}`);
    }
    return whole;
  }

  /** Layers that came and that no image has. */
  *#undo(): Sys<void> {
    const kept = new Set([...this.#engine.images.values()].flatMap(({ cacheIds }) => cacheIds));
    for (const id of this.#engine.buildCache.layersInUse()) kept.add(id);
    for (const { cacheId, chainId } of this.#added.reverse()) {
      if (kept.has(cacheId)) continue;
      yield* removeTree(overlayPath(cacheId));
      yield* removeTree(layerFolder(chainId));
    }
  }

  *#name(image: StoredImage, digest: string): Sys<boolean> {
    const name = familiarName(this.#reference);
    const names = [
      `${name}@${digest}`,
      ...(this.#reference.digest === null ? [familiarText(this.#reference)] : []),
    ];
    const isNew = !image.references.includes(names.at(-1)!);
    yield* nameImage(this.#engine.images, image, names);
    const shown = familiarText(this.#reference);
    yield* this.#engine.events.emit('image', 'pull', shown, { name, ...image.config.config.Labels });
    return isNew;
  }
}
