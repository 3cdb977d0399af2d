/** The header of a qcow2 file with its extensions (qcow2.txt, "Header" and "Header extensions"). */
import { concatBytes, decodeUtf8, encodeUtf8 } from '../../base/index.ts';
import type { ByteStore } from '../byteStore.ts';
import { DiskError } from '../errors.ts';
import { be32, be64, roundUp, setBe32, setBe64 } from '../numbers.ts';
import { FEATURES, featureNames, featureTable, INCOMPATIBLE_SUPPORTED } from './features.ts';

/** "QFI\xfb". */
export const QCOW2_MAGIC = 0x514649fb;
const V2_LENGTH = 72;
/** With the compression type and its padding. */
const V3_LENGTH = 112;
const MIN_CLUSTER_BITS = 9;
export const MAX_CLUSTER_BITS = 21;
const MAX_BACKING_NAME = 1023;
/** Limits of the tables, as QEMU has them: 32 MiB of L1 table, 8 MiB of refcount table, 65,536 snapshots. */
export const MAX_L1_BYTES = 32 * 2 ** 20;
const MAX_REFCOUNT_TABLE_BYTES = 8 * 2 ** 20;
const MAX_SNAPSHOTS = 65_536;
/** Beyond it, numbers stop being exact; QEMU goes to 2^63. */
export const MAX_VIRTUAL_SIZE = 2 ** 53 - 512;

const EXTENSION_END = 0;
const EXTENSION_BACKING_FORMAT = 0xe2792aca;
const EXTENSION_FEATURES = 0x6803f857;

export interface Extension {
  readonly type: number;
  readonly data: Uint8Array;
}

export interface Qcow2Header {
  version: 2 | 3;
  clusterBits: number;
  /** Virtual size in bytes. */
  size: number;
  l1Size: number;
  l1Offset: number;
  refcountTableOffset: number;
  refcountTableClusters: number;
  snapshotCount: number;
  snapshotsOffset: number;
  /** Feature bits: of each set only the low 32 can be set in an image that opens. */
  incompatible: number;
  compatible: number;
  autoclear: number;
  /** Refcounts have 2^order bits. */
  refcountOrder: number;
  backingFile: string | null;
  backingFormat: string | null;
  /** Extensions that are kept as they are: all but the backing format and the feature names. */
  extensions: readonly Extension[];
}

const corrupt = (message: string) => new DiskError('corrupt', message);
const unsupported = (message: string) => new DiskError('unsupported', message);

/** True when the file starts as a qcow2 image does: what probing a format looks at. */
export function isQcow2(store: ByteStore): boolean {
  return store.size >= 8 && be32(store.read(0, 4), 0) === QCOW2_MAGIC;
}

/** The header of the image in `store`. Throws DiskError: `format`, `unsupported`, or `corrupt` with what is wrong. */
export function readHeader(store: ByteStore): Qcow2Header {
  const fixed = store.read(0, V3_LENGTH);
  if (store.size < 4 || be32(fixed, 0) !== QCOW2_MAGIC)
    throw new DiskError('format', 'Image is not in qcow2 format');
  const version = be32(fixed, 4);
  if (version !== 2 && version !== 3) throw unsupported(`Unsupported qcow2 version ${version}`);
  const clusterBits = be32(fixed, 20);
  if (clusterBits < MIN_CLUSTER_BITS || clusterBits > MAX_CLUSTER_BITS)
    throw unsupported(`Unsupported cluster size: 2^${clusterBits}`);
  const headerLength = version === 2 ? V2_LENGTH : be32(fixed, 100);
  if (store.size < (version === 2 ? V2_LENGTH : 104) || headerLength < (version === 2 ? V2_LENGTH : 104))
    throw corrupt('qcow2 header too short');
  if (headerLength > 2 ** clusterBits) throw corrupt('qcow2 header exceeds cluster size');
  const extensions = readExtensions(
    store,
    headerLength,
    be64(fixed, 8) || 2 ** clusterBits,
    2 ** clusterBits,
  );
  const features = version === 2 ? [0, 0, 0] : readFeatures(fixed, headerLength, extensions);
  const refcountOrder = version === 2 ? 4 : be32(fixed, 96);
  if (refcountOrder > 6) throw corrupt('Reference count entry width too large; may not exceed 64 bits');
  if (be32(fixed, 32) !== 0)
    throw unsupported(`encrypted images (method ${be32(fixed, 32)}) are not simulated`);
  const format = extensions.find(({ type }) => type === EXTENSION_BACKING_FORMAT);
  const header: Qcow2Header = {
    version,
    clusterBits,
    size: be64(fixed, 24),
    l1Size: be32(fixed, 36),
    l1Offset: be64(fixed, 40),
    refcountTableOffset: be64(fixed, 48),
    refcountTableClusters: be32(fixed, 56),
    snapshotCount: be32(fixed, 60),
    snapshotsOffset: be64(fixed, 64),
    incompatible: features[0]!,
    compatible: features[1]!,
    autoclear: features[2]!,
    refcountOrder,
    backingFile: readBackingFile(store, be64(fixed, 8), be32(fixed, 16), 2 ** clusterBits),
    backingFormat: format === undefined ? null : decodeUtf8(format.data),
    extensions: extensions.filter(
      ({ type }) => type !== EXTENSION_BACKING_FORMAT && type !== EXTENSION_FEATURES,
    ),
  };
  checkTables(header, store.size);
  return header;
}

function readFeatures(fixed: Uint8Array, headerLength: number, extensions: readonly Extension[]): number[] {
  const named = extensions.find(({ type }) => type === EXTENSION_FEATURES);
  const unknown = featureNames(fixed, 72, INCOMPATIBLE_SUPPORTED, named?.data ?? new Uint8Array());
  if (unknown.length > 0) throw unsupported(`Unsupported qcow2 feature(s): ${unknown.join(', ')}`);
  const incompatible = be32(fixed, 76);
  const compression = headerLength > 104 ? fixed[104]! : 0;
  if ((incompatible & FEATURES.compressionType) !== 0 || compression !== 0)
    throw unsupported(`compression type ${compression === 1 ? 'zstd' : compression} is not simulated`);
  return [incompatible, be32(fixed, 84), be32(fixed, 92)];
}

function readExtensions(store: ByteStore, start: number, end: number, clusterSize: number): Extension[] {
  if (end > clusterSize) throw corrupt('Invalid backing file offset');
  const area = store.read(0, end);
  const extensions: Extension[] = [];
  for (let at = start; at + 8 <= end; ) {
    const type = be32(area, at);
    const length = be32(area, at + 4);
    if (type === EXTENSION_END) break;
    at += 8;
    if (length > end - at) throw corrupt('Header extension too large');
    extensions.push({ type, data: area.slice(at, at + length) });
    at += roundUp(length, 8);
  }
  return extensions;
}

function readBackingFile(
  store: ByteStore,
  offset: number,
  length: number,
  clusterSize: number,
): string | null {
  if (offset === 0) return null;
  if (length > Math.min(MAX_BACKING_NAME, clusterSize - offset)) throw corrupt('Backing file name too long');
  return length === 0 ? null : decodeUtf8(store.read(offset, length));
}

function checkTables(header: Qcow2Header, fileSize: number): void {
  const cluster = 2 ** header.clusterBits;
  const outside = (offset: number, length: number) =>
    offset % cluster !== 0 || offset + length > roundUp(fileSize, cluster);
  if (header.size > MAX_VIRTUAL_SIZE)
    throw unsupported(`a virtual size of ${header.size} bytes is not simulated`);
  if (header.refcountTableClusters === 0) throw corrupt('Image does not contain a reference count table');
  if (header.refcountTableClusters * cluster > MAX_REFCOUNT_TABLE_BYTES)
    throw corrupt('Reference count table too large');
  if (outside(header.refcountTableOffset, header.refcountTableClusters * cluster))
    throw corrupt('Reference count table offset invalid');
  if (header.snapshotCount > MAX_SNAPSHOTS) throw corrupt('Too many snapshots');
  if (header.snapshotCount > 0 && outside(header.snapshotsOffset, 0))
    throw corrupt('Snapshot table offset invalid');
  if (header.l1Size * 8 > MAX_L1_BYTES) throw corrupt('Active L1 table too large');
  if (header.l1Size < l1EntriesFor(header.size, header.clusterBits)) throw corrupt('L1 table is too small');
  if (outside(header.l1Offset, header.l1Size * 8)) throw corrupt('Active L1 table offset invalid');
}

/** How many L2 tables cover `size` bytes. */
export function l1EntriesFor(size: number, clusterBits: number): number {
  return Math.ceil(size / 2 ** (2 * clusterBits - 3));
}

/** The header as bytes of the first cluster, without what follows the backing file's name. Throws when it does not fit. */
export function encodeHeader(header: Qcow2Header): Uint8Array {
  const { version, clusterBits } = header;
  const length = version === 2 ? V2_LENGTH : V3_LENGTH;
  const extension = (type: number, data: Uint8Array) => {
    const head = new Uint8Array(8);
    setBe32(head, 0, type);
    setBe32(head, 4, data.length);
    return concatBytes([head, data, new Uint8Array(roundUp(data.length, 8) - data.length)]);
  };
  const { backingFormat, backingFile } = header;
  const parts = [
    ...(backingFormat === null ? [] : [extension(EXTENSION_BACKING_FORMAT, encodeUtf8(backingFormat))]),
    // Names cost 392 bytes: in the smallest clusters a backing file's name is worth more.
    ...(version === 3 && clusterBits >= 11 ? [extension(EXTENSION_FEATURES, featureTable())] : []),
    ...header.extensions.map(({ type, data }) => extension(type, data)),
    extension(EXTENSION_END, new Uint8Array()),
  ];
  const name = backingFile === null ? new Uint8Array() : encodeUtf8(backingFile);
  const bytes = concatBytes([new Uint8Array(length), ...parts, name]);
  if (name.length > MAX_BACKING_NAME || bytes.length > 2 ** clusterBits)
    throw new DiskError('invalid', `Backing file name '${backingFile}' is too long`);
  setBe32(bytes, 0, QCOW2_MAGIC);
  setBe32(bytes, 4, version);
  setBe64(bytes, 8, name.length === 0 ? 0 : bytes.length - name.length);
  setBe32(bytes, 16, name.length);
  setBe32(bytes, 20, clusterBits);
  setBe64(bytes, 24, header.size);
  setBe32(bytes, 36, header.l1Size);
  setBe64(bytes, 40, header.l1Offset);
  setBe64(bytes, 48, header.refcountTableOffset);
  setBe32(bytes, 56, header.refcountTableClusters);
  setBe32(bytes, 60, header.snapshotCount);
  setBe64(bytes, 64, header.snapshotsOffset);
  if (version === 2) return bytes;
  setBe32(bytes, 76, header.incompatible);
  setBe32(bytes, 84, header.compatible);
  setBe32(bytes, 92, header.autoclear);
  setBe32(bytes, 96, header.refcountOrder);
  setBe32(bytes, 100, length);
  return bytes;
}
