/** Images in the formats of the Open Container Initiative: layers, digests, configurations. */
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
export { type Layer, layerTree, makeLayer, OPAQUE_XATTR } from './layers.ts';
export { encodeEntry, TAR_END, type TarEntry, TarError, type TarType, writeTar } from './tar.ts';
export { readTar, TarDecoder } from './tarReader.ts';
