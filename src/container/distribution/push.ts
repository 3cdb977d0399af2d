/** `docker push`: layers that the registry has not, compressed; then configuration and manifest, of Docker's media types as its engine sends them. */
import { canonicalJson, encodeUtf8 } from '../../base/index.ts';
import type { Sys } from '../../linux/index.ts';
import {
  type Descriptor,
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  familiarName,
  familiarText,
  gzipped,
  nameOf,
  type Reference,
  sha256Of,
} from '../../oci/index.ts';
import type { Engine } from '../engine.ts';
import { layersOf, layerTar, type StoredLayer } from '../images/layers.ts';
import { repositoryOf, tagsOf } from '../images/references.ts';
import { configBytes, nameImage } from '../images/store.ts';
import { EngineError, type StoredImage } from '../model.ts';
import { registryOf } from './endpoint.ts';
import { remember, seenBlobs } from './metadata.ts';
import type { Progress } from './progress.ts';
import { type Credentials, RegistryRefusal, Repository } from './repository.ts';

const shortId = (digest: string): string => digest.slice(7, 19);

/** One tag, or without a tag all of a repository. Throws EngineError in the words of Docker's. */
export function* pushImage(
  engine: Engine,
  reference: Reference,
  credentials: Credentials | null,
  progress: Progress,
): Sys<void> {
  const name = familiarName(reference);
  yield* progress.say(`The push refers to repository [${nameOf(reference)}]`);
  const tagged = [...engine.images.values()].flatMap((image) =>
    tagsOf(image)
      .filter((each) => repositoryOf(each) === name)
      .map((each) => ({ image, tag: each.slice(name.length + 1) })),
  );
  const wanted = reference.tag === null ? tagged : tagged.filter(({ tag }) => tag === reference.tag);
  if (wanted.length === 0)
    throw new EngineError(
      404,
      tagged.length === 0
        ? `An image does not exist locally with the tag: ${name}`
        : `tag does not exist: ${familiarText(reference)}`,
    );
  const to = { engine, reference, credentials, progress, insecure: false };
  yield* pushing(to, function* (push) {
    for (const { image, tag } of wanted) yield* push.tag(image, tag);
  });
  yield* engine.events.emit('image', 'push', familiarText(reference), { name });
}

/** An image to a tag that need not be one of its own. `insecure`: the registry may be spoken to in plain. Throws EngineError. */
export function* pushImageTo(
  engine: Engine,
  image: StoredImage,
  reference: Reference,
  credentials: Credentials | null,
  progress: Progress,
  insecure: boolean,
): Sys<void> {
  if (reference.tag === null) throw new EngineError(400, 'a push to a digest is not simulated');
  yield* pushing({ engine, reference, credentials, progress, insecure }, (push) =>
    push.tag(image, reference.tag!),
  );
  yield* engine.events.emit('image', 'push', image.id, { name: familiarText(reference) });
}

interface Destination {
  readonly engine: Engine;
  readonly reference: Reference;
  readonly credentials: Credentials | null;
  readonly progress: Progress;
  readonly insecure: boolean;
}

function* pushing(to: Destination, work: (push: Push) => Sys<void>): Sys<void> {
  const { engine, reference, credentials, progress, insecure } = to;
  const endpoint = yield* registryOf(reference.domain, insecure);
  const repository = new Repository(endpoint, reference.path, 'push,pull', credentials);
  try {
    yield* repository.ping();
    yield* work(new Push(engine, repository, reference, progress));
  } catch (error) {
    if (error instanceof RegistryRefusal) throw new EngineError(500, error.message);
    throw error;
  } finally {
    yield* repository.close();
  }
}

class Push {
  readonly #engine: Engine;
  readonly #repository: Repository;
  readonly #reference: Reference;
  readonly #progress: Progress;
  /** Layers that are there by now, by diff id. */
  readonly #pushed = new Map<string, Descriptor>();

  constructor(engine: Engine, repository: Repository, reference: Reference, progress: Progress) {
    this.#engine = engine;
    this.#repository = repository;
    this.#reference = reference;
    this.#progress = progress;
  }

  *tag(image: StoredImage, tag: string): Sys<void> {
    const layers = layersOf(image);
    for (const { diffId } of [...layers].reverse()) yield* this.#progress.step(shortId(diffId), 'Preparing');
    const descriptors = new Map<string, Descriptor>();
    for (const layer of [...layers].reverse()) descriptors.set(layer.chainId, yield* this.#layer(layer));
    const config = yield* configBytes(image);
    const about: Descriptor = { mediaType: DOCKER_CONFIG, digest: image.id, size: config.length };
    if (!(yield* this.#repository.hasBlob(image.id)))
      yield* this.#repository.upload(image.id, config, function* () {});
    const manifest = encodeUtf8(
      canonicalJson({
        schemaVersion: 2,
        mediaType: DOCKER_MANIFEST,
        config: about,
        layers: layers.map(({ chainId }) => descriptors.get(chainId)!),
      }),
    );
    yield* this.#repository.putManifest(tag, DOCKER_MANIFEST, manifest);
    const digest = sha256Of(manifest);
    yield* this.#progress.say(`${tag}: digest: ${digest} size: ${manifest.length}`);
    const name = familiarName(this.#reference);
    if (image.references.some((reference) => repositoryOf(reference) === name))
      yield* nameImage(this.#engine.images, image, [`${name}@${digest}`]);
    yield* this.#progress.aux({ Tag: tag, Digest: digest, Size: manifest.length });
  }

  *#layer(layer: StoredLayer): Sys<Descriptor> {
    const id = shortId(layer.diffId);
    const known = this.#pushed.get(layer.diffId);
    const descriptor = known ?? (yield* this.#there(layer, id)) ?? (yield* this.#send(layer, id));
    if (known !== undefined) yield* this.#progress.step(id, 'Layer already exists');
    this.#pushed.set(layer.diffId, descriptor);
    yield* remember(layer.diffId, { Digest: descriptor.digest, SourceRepository: nameOf(this.#reference) });
    return descriptor;
  }

  /** A blob of the layer's that the registry has, in this repository or in one that it was seen in. */
  *#there({ diffId }: StoredLayer, id: string): Sys<Descriptor | null> {
    const own = nameOf(this.#reference);
    const seen = (yield* seenBlobs(diffId)).reverse();
    for (const digest of new Set(seen.map(({ Digest }) => Digest))) {
      const size = yield* this.#repository.blobSize(digest);
      if (size === null) continue;
      yield* this.#progress.step(id, 'Layer already exists');
      return { mediaType: DOCKER_LAYER_GZIP, digest, size };
    }
    for (const { Digest, SourceRepository } of seen) {
      const from = SourceRepository.slice(this.#reference.domain.length + 1);
      if (SourceRepository === own || !SourceRepository.startsWith(`${this.#reference.domain}/`)) continue;
      if (!(yield* this.#repository.mount(Digest, from))) continue;
      yield* this.#progress.step(id, `Mounted from ${from}`);
      const size = yield* this.#repository.blobSize(Digest);
      return { mediaType: DOCKER_LAYER_GZIP, digest: Digest, size: size ?? 0 };
    }
    return null;
  }

  *#send(layer: StoredLayer, id: string): Sys<Descriptor> {
    const tar = yield* layerTar(layer);
    const blob = gzipped(tar);
    const digest = sha256Of(blob);
    if (!(yield* this.#repository.hasBlob(digest)))
      yield* this.#repository.upload(digest, blob, (bytes) =>
        this.#progress.amount(id, 'Pushing', Math.floor((bytes / blob.length) * tar.length), tar.length),
      );
    yield* this.#progress.step(id, 'Pushed');
    return { mediaType: DOCKER_LAYER_GZIP, digest, size: blob.length };
  }
}
