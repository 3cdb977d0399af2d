/** Empty qcow2 images: `qemu-img create`. */
import type { ByteStore } from '../byteStore.ts';
import { DiskError } from '../errors.ts';
import type { DiskImage } from '../image.ts';
import { setBe64 } from '../numbers.ts';
import type { L2Entry } from './entries.ts';
import {
  encodeHeader,
  l1EntriesFor,
  MAX_CLUSTER_BITS,
  MAX_L1_BYTES,
  MAX_VIRTUAL_SIZE,
  type Qcow2Header,
} from './header.ts';
import { Qcow2Image } from './qcow2Image.ts';
import { encodeCount } from './refcounts.ts';

export interface Qcow2Options {
  /** Virtual size in bytes, a multiple of 512. */
  readonly size: number;
  /** Bytes, a power of two, 512 … 2 MiB; 65,536 unless given. */
  readonly clusterSize?: number;
  /** 2: `compat=0.10`. */
  readonly version?: 2 | 3;
  /** 1 … 64, a power of two; 16 unless given. */
  readonly refcountBits?: number;
  readonly backingFile?: string;
  readonly backingFormat?: string;
  /** `metadata`: every cluster has its place already, in a sparse file. */
  readonly preallocation?: 'off' | 'metadata';
}

/**
 * Makes `store` an empty image and opens it over `backing`. Layout, as QEMU's: header, refcount table, first refcount block, L1
 * table, a cluster or more each. Throws DiskError `invalid` for impossible options.
 */
export function createQcow2(
  store: ByteStore,
  options: Qcow2Options,
  backing: DiskImage | null = null,
): Qcow2Image {
  const { size, clusterSize = 65_536, version = 3, refcountBits = 16 } = options;
  const clusterBits = Math.log2(clusterSize);
  const refcountOrder = Math.log2(refcountBits);
  const invalid = (message: string) => new DiskError('invalid', message);
  if (!Number.isInteger(clusterBits) || clusterBits < 9 || clusterBits > MAX_CLUSTER_BITS)
    throw invalid('Cluster size must be a power of two between 512 and 2048k');
  if (!Number.isInteger(refcountOrder) || refcountOrder < 0 || refcountOrder > 6)
    throw invalid('Refcount width must be a power of two and may not exceed 64 bits');
  if (version === 2 && refcountBits !== 16)
    throw invalid(
      'Different refcount widths than 16 bits require compatibility level 1.1 or above (use version=v3 or greater)',
    );
  const l1Size = l1EntriesFor(size, clusterBits);
  if (size > MAX_VIRTUAL_SIZE || l1Size * 8 > MAX_L1_BYTES)
    throw invalid("The image size is too large for file format 'qcow2' (try using a larger cluster size)");
  const l1Clusters = Math.ceil((l1Size * 8) / clusterSize);
  const header: Qcow2Header = {
    version,
    clusterBits,
    size,
    l1Size,
    l1Offset: 3 * clusterSize,
    refcountTableOffset: clusterSize,
    refcountTableClusters: 1,
    snapshotCount: 0,
    snapshotsOffset: 0,
    incompatible: 0,
    compatible: 0,
    autoclear: 0,
    refcountOrder,
    backingFile: options.backingFile ?? null,
    backingFormat: options.backingFormat ?? null,
    extensions: [],
  };
  const bytes = encodeHeader(header);
  store.truncate(0);
  const table = new Uint8Array(clusterSize);
  setBe64(table, 0, 2 * clusterSize);
  // The block counts header, table, itself and the L1 table when that fits; a longer L1 table is allocated below.
  const counts = new Uint8Array(clusterSize);
  const fits = 3 + l1Clusters <= (clusterSize * 8) / refcountBits;
  for (let cluster = 0; cluster < 3 + (fits ? l1Clusters : 0); cluster++)
    encodeCount(counts, cluster, refcountOrder, 1);
  if (!fits) Object.assign(header, { l1Size: 0, size: 0 });
  // Whole clusters are written, so that they take their space from the start.
  store.write(0, new Uint8Array(clusterSize));
  store.write(0, fits ? bytes : encodeHeader(header));
  store.write(clusterSize, table);
  store.write(2 * clusterSize, counts);
  if (fits) store.write(3 * clusterSize, new Uint8Array(l1Size * 8));
  store.flush();
  const image = Qcow2Image.open(store, { backing });
  if (!fits) image.resize(size);
  if (options.preallocation === 'metadata') preallocate(image);
  return image;
}

/** Gives each cluster a place without writing to it. With a backing file its clusters would hide that file's: qemu-img refuses. */
function preallocate(image: Qcow2Image): void {
  const { clusterSize, map } = image;
  const end = Math.ceil(image.size / clusterSize);
  let last = 0;
  for (let cluster = 0; cluster < end; ) {
    const count = Math.min(map.perTable - (cluster % map.perTable), end - cluster);
    map.prepare(cluster);
    const first = image.allocate(count);
    const links = new Map<number, L2Entry>();
    for (let i = 0; i < count; i++) {
      last = first + i * clusterSize;
      links.set(cluster + i, { kind: 'data', offset: last, copied: true });
    }
    map.link(links);
    cluster += count;
  }
  if (end > 0) image.store.truncate(Math.max(image.store.size, last + clusterSize));
  image.store.flush();
}
