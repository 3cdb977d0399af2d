/** The OCI image layout (image-spec image-layout.md): `oci-layout`, `index.json`, and blobs by their digest. Paths have no slash in front. */
import { canonicalJson, decodeUtf8, encodeUtf8 } from '../base/index.ts';
import { attempt, checkBlob, type ImageContent, ImageError, readImage } from './content.ts';
import {
  type Descriptor,
  type Manifest,
  ManifestError,
  manifestFor,
  type Platform,
  parseManifest,
  parseObject,
  type ReadDescriptor,
} from './manifest.ts';
import { indexTypes, OCI_INDEX } from './mediaTypes.ts';

export const LAYOUT_FILE = 'oci-layout';
const INDEX_FILE = 'index.json';
const VERSION = '1.0.0';
/** annotations.md: the name of an image within a layout, most often a tag. */
export const REF_NAME = 'org.opencontainers.image.ref.name';
/** What containerd and docker save write the full name into. */
export const CONTAINERD_NAME = 'io.containerd.image.name';

/** An image and what it is called in a layout. */
export interface NamedImage {
  readonly image: ImageContent;
  /** Annotations of its descriptor in the index. */
  readonly annotations: Readonly<Record<string, string>>;
}

export const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** The files of a layout, each blob once. */
export function writeLayout(images: readonly NamedImage[]): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const { image } of images)
    for (const { descriptor, bytes } of [image.manifest, image.config, ...image.layers])
      files.set(blobPath(descriptor.digest), bytes);
  const manifests = images.map(({ image, annotations }) => ({
    ...image.manifest.descriptor,
    platform: platformOf(image),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  }));
  files.set(INDEX_FILE, encodeUtf8(canonicalJson({ schemaVersion: 2, mediaType: OCI_INDEX, manifests })));
  files.set(LAYOUT_FILE, encodeUtf8(canonicalJson({ imageLayoutVersion: VERSION })));
  return files;
}

function platformOf({ parsed: { os, architecture, variant } }: ImageContent): Platform {
  return { os, architecture, ...(variant !== undefined && { variant }) };
}

/** One image of a layout; for an index of several platforms, that for `platform`. */
export interface LayoutImage extends NamedImage {
  /** Of the index that it was chosen from; null when it stands alone. */
  readonly index: Descriptor | null;
}

/** Files of a layout by their paths; null for what is not there. */
export type LayoutFiles = (path: string) => Uint8Array | null;

/** Reads and checks all images of a layout. Throws ImageError. */
export function readLayout(files: LayoutFiles, platform: Platform): LayoutImage[] {
  const version = files(LAYOUT_FILE);
  if (version === null) throw new ImageError('no-image', `there is no ${LAYOUT_FILE}`);
  const { imageLayoutVersion } = attempt('layout-version', LAYOUT_FILE, () =>
    parseObject(decodeUtf8(version)),
  );
  if (imageLayoutVersion !== VERSION)
    throw new ImageError('layout-version', `the layout's version is ${imageLayoutVersion}, not ${VERSION}`);
  const bytes = files(INDEX_FILE);
  if (bytes === null) throw new ImageError('no-image', `there is no ${INDEX_FILE}`);
  const index = attempt('manifest', INDEX_FILE, () => {
    const read = parseManifest(decodeUtf8(bytes), null);
    if (read.config !== null) throw new ManifestError('it is no index');
    return read;
  });
  if (index.manifests.length === 0) throw new ImageError('no-image', `${INDEX_FILE} names no image`);
  return index.manifests.map((each) => readEntry(each, files, platform));
}

function readEntry(entry: ReadDescriptor, files: LayoutFiles, platform: Platform): LayoutImage {
  const annotations = entry.annotations ?? {};
  const blob = (digest: string) => files(blobPath(digest));
  if (!indexTypes.includes(entry.mediaType))
    return { image: readImage(described(entry), blob), annotations, index: null };
  const bytes = blob(entry.digest);
  if (bytes === null) throw new ImageError('blob-missing', `blob ${entry.digest} is missing`);
  checkBlob(entry, bytes);
  const nested: Manifest = attempt('manifest', `index ${entry.digest}`, () =>
    parseManifest(decodeUtf8(bytes), null),
  );
  const chosen = manifestFor(nested, platform);
  if (chosen === null)
    throw new ImageError(
      'no-image',
      `index ${entry.digest} has no image for ${platform.os}/${platform.architecture}`,
    );
  return { image: readImage(described(chosen), blob), annotations, index: described(entry) };
}

/** What identifies the bytes, without what an index says besides. */
const described = ({ mediaType, digest, size }: Descriptor): Descriptor => ({ mediaType, digest, size });
