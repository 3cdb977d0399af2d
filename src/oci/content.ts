/** An image with all its bytes, as it goes from one place to another: made of a configuration and layers, or read and checked. */
import { canonicalJson, decodeUtf8, encodeUtf8, sha256Hex } from '../base/index.ts';
import { gzipped, unpackLayer } from './compression.ts';
import { digestLike } from './digest.ts';
import type { ImageConfig } from './image.ts';
import { parseImageConfig } from './imageConfig.ts';
import { type Descriptor, ManifestError, parseManifest, type ReadDescriptor } from './manifest.ts';
import {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from './mediaTypes.ts';
import { TarError } from './tar.ts';
import { readTar } from './tarReader.ts';

/** Bytes with what names them. */
export interface Blob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export interface ImageContent {
  readonly manifest: Blob;
  readonly config: Blob;
  /** Of the configuration. */
  readonly parsed: ImageConfig;
  /** Bottom first; as they are kept, which may be compressed. */
  readonly layers: readonly Blob[];
}

/** Why files are no image. */
export type ImageErrorKind =
  | 'no-image'
  | 'layout-version'
  | 'archive'
  | 'blob-missing'
  | 'blob-size'
  | 'blob-digest'
  | 'manifest'
  | 'config'
  | 'layer-type'
  | 'layer-format'
  | 'diff-id';

export class ImageError extends Error {
  readonly kind: ImageErrorKind;
  constructor(kind: ImageErrorKind, message: string) {
    super(message);
    this.name = 'ImageError';
    this.kind = kind;
  }
}

export const sha256Of = (bytes: Uint8Array): string => `sha256:${sha256Hex(bytes)}`;

export function blobOf(mediaType: string, bytes: Uint8Array): Blob {
  return { descriptor: { mediaType, digest: sha256Of(bytes), size: bytes.length }, bytes };
}

/** How an image is written. */
export interface PackOptions {
  /** Docker's media types in place of image-spec's; the layers of those are always compressed. */
  readonly docker?: boolean;
  /** Layers as tar archives as they are: a layer's digest is its diff id then. */
  readonly plain?: boolean;
}

/** The image of a configuration, by its bytes, and its layers' archives. */
export function packImage(
  config: Uint8Array,
  tars: readonly Uint8Array[],
  { docker = false, plain = false }: PackOptions = {},
): ImageContent {
  const layerType = docker ? DOCKER_LAYER_GZIP : plain ? OCI_LAYER : OCI_LAYER_GZIP;
  const layers = tars.map((tar) => blobOf(layerType, plain && !docker ? tar : gzipped(tar)));
  const configBlob = blobOf(docker ? DOCKER_CONFIG : OCI_CONFIG, config);
  const mediaType = docker ? DOCKER_MANIFEST : OCI_MANIFEST;
  const manifest = encodeUtf8(
    canonicalJson({
      schemaVersion: 2,
      mediaType,
      config: configBlob.descriptor,
      layers: layers.map(({ descriptor }) => descriptor),
    }),
  );
  return {
    manifest: blobOf(mediaType, manifest),
    config: configBlob,
    parsed: parseImageConfig(config),
    layers,
  };
}

/** Runs `read`; a ManifestError becomes an ImageError of that kind, about `what`. */
export function attempt<T>(kind: ImageErrorKind, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ManifestError || error instanceof TarError)
      throw new ImageError(kind, `${what}: ${error.message}`);
    throw error;
  }
}

/** Checks that bytes are what a descriptor says. Throws ImageError. */
export function checkBlob({ digest, size }: Descriptor, bytes: Uint8Array): void {
  if (bytes.length !== size)
    throw new ImageError('blob-size', `blob ${digest} has ${bytes.length} bytes, not ${size}`);
  const actual = digestLike(digest, bytes);
  if (actual !== digest) throw new ImageError('blob-digest', `blob ${digest} has the digest ${actual}`);
}

/** The archive of a layer, whose diff id is as the configuration says. Throws ImageError. */
export function checkedTar(descriptor: Descriptor, bytes: Uint8Array, diffId: string): Uint8Array {
  const what = `layer ${descriptor.digest}`;
  const tar = attempt('layer-format', what, () => unpackLayer(bytes));
  const actual = digestLike(diffId, tar);
  if (actual !== diffId)
    throw new ImageError(
      'diff-id',
      `${what} has the diff id ${actual}, and the configuration says ${diffId}`,
    );
  attempt('layer-format', what, () => readTar(tar));
  return tar;
}

const isLayer = ({ mediaType }: ReadDescriptor): boolean =>
  /^application\/vnd\.(oci\.image\.layer\.v1\.tar|docker\.image\.rootfs\.diff\.tar)(\+gzip|\.gzip)?$/.test(
    mediaType,
  );

/** Reads a manifest's image out of a store of blobs and checks all of it. Throws ImageError. */
export function readImage(descriptor: Descriptor, blob: (digest: string) => Uint8Array | null): ImageContent {
  const fetch = (each: Descriptor): Blob => {
    const bytes = blob(each.digest);
    if (bytes === null) throw new ImageError('blob-missing', `blob ${each.digest} is missing`);
    checkBlob(each, bytes);
    return { descriptor: each, bytes };
  };
  const manifest = fetch(descriptor);
  const what = `manifest ${descriptor.digest}`;
  const read = attempt('manifest', what, () => parseManifest(decodeUtf8(manifest.bytes), null));
  if (read.config === null) throw new ImageError('manifest', `${what} is an index`);
  for (const layer of read.layers)
    if (!isLayer(layer))
      throw new ImageError('layer-type', `layer ${layer.digest} is of the type ${layer.mediaType}`);
  const config = fetch(plain(read.config));
  const parsed = attempt('config', `configuration ${config.descriptor.digest}`, () =>
    parseImageConfig(config.bytes),
  );
  const { diff_ids } = parsed.rootfs;
  if (diff_ids.length !== read.layers.length)
    throw new ImageError(
      'config',
      `configuration ${config.descriptor.digest} names ${diff_ids.length} layers, and the manifest has ${read.layers.length}`,
    );
  const layers = read.layers.map(plain).map(fetch);
  for (const [i, layer] of layers.entries()) checkedTar(layer.descriptor, layer.bytes, diff_ids[i]!);
  return { manifest, config, parsed, layers };
}

/** As it is written: without what was added in reading. */
export function plain({ foreign: _, ...descriptor }: ReadDescriptor): Descriptor {
  return descriptor;
}
