/** Images in the formats of the Open Container Initiative: names, layers, digests, configurations, manifests, and files of all that. */

export { gzipped, unpackLayer } from './compression.ts';
export {
  type Blob,
  blobOf,
  checkBlob,
  checkedTar,
  type ImageContent,
  ImageError,
  type ImageErrorKind,
  type PackOptions,
  packImage,
  readImage,
  sha256Of,
} from './content.ts';
export { digestLike, digestOfPieces, isAlgorithm, isDigest, splitDigest } from './digest.ts';
export {
  contentOf,
  readArchive,
  type SavedImage,
  savedOf,
  tarOfFiles,
  writeDockerArchive,
} from './dockerArchive.ts';
export { DockerfileError } from './dockerfile/errors.ts';
export { PathMatcher, readIgnoreFile } from './dockerfile/ignore.ts';
export { encodeGnuEntry, type SparseMap } from './gnuTar.ts';
export {
  type BuildOptions,
  buildImage,
  chainIds,
  digestOf,
  type Healthcheck,
  type HistoryEntry,
  type Image,
  type ImageConfig,
  type RunConfig,
} from './image.ts';
export { parseImageConfig } from './imageConfig.ts';
export { type Layer, layerTree, makeLayer, OPAQUE_XATTR } from './layers.ts';
export {
  blobPath,
  CONTAINERD_NAME,
  LAYOUT_FILE,
  type LayoutImage,
  type NamedImage,
  REF_NAME,
  readLayout,
  writeLayout,
} from './layout.ts';
export {
  type Descriptor,
  type Manifest,
  ManifestError,
  manifestFor,
  type Platform,
  parseManifest,
  type ReadDescriptor,
} from './manifest.ts';
export {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  indexTypes,
  manifestTypes,
  OCI_INDEX,
  OCI_MANIFEST,
} from './mediaTypes.ts';
export {
  familiarName,
  familiarText,
  InvalidReference,
  type InvalidReferenceKind,
  isRepositoryPath,
  isTag,
  nameOf,
  parseCanonicalName,
  parseNormalized,
  parseReference,
  parseTagged,
  type Reference,
  referenceText,
  withTag,
} from './reference.ts';
export { encodeEntry, TAR_END, type TarEntry, TarError, type TarType, writeTar } from './tar.ts';
export { readTar, TarDecoder } from './tarReader.ts';
export { joinTar, readSplit, splitTar, type TarPart } from './tarSplit.ts';
