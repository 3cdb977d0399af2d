/** Images in the formats of the Open Container Initiative: names, layers, digests, configurations, manifests, and files of all that. */
export { digestLike, digestOfPieces, isAlgorithm, isDigest, splitDigest } from './digest.ts';
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
  type Descriptor,
  type Manifest,
  ManifestError,
  manifestFor,
  type Platform,
  parseManifest,
  type ReadDescriptor,
} from './manifest.ts';
export { OCI_INDEX } from './mediaTypes.ts';
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
