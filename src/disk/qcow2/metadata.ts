/** Keeps guests' data off the image's own tables: a damaged entry must not lead a write into them ("pre-write overlap check" in QEMU). */
import { DiskError } from '../errors.ts';
import type { ClusterMap } from './clusterMap.ts';
import type { Qcow2Header } from './header.ts';
import { hex, type Refcounts } from './refcounts.ts';

export class Metadata {
  readonly #header: Qcow2Header;
  readonly #refcounts: Refcounts;
  readonly #map: ClusterMap;

  constructor(header: Qcow2Header, refcounts: Refcounts, map: ClusterMap) {
    this.#header = header;
    this.#refcounts = refcounts;
    this.#map = map;
  }

  /** Throws `corrupt` when one of `count` clusters from `offset` on holds metadata. */
  requireFree(offset: number, count: number): void {
    const end = offset + count * this.#map.clusterSize;
    const what = this.#holder(offset, end);
    if (what === null) return;
    const message = `Preventing invalid write on metadata (overlaps with ${what}) at ${hex(offset)}`;
    throw new DiskError('corrupt', message);
  }

  #holder(start: number, end: number): string | null {
    const { clusterSize } = this.#map;
    const { l1Offset, l1Size, snapshotCount, snapshotsOffset } = this.#header;
    const { table } = this.#refcounts;
    const meets = (offset: number, length: number) => offset < end && offset + length > start;
    if (meets(0, clusterSize)) return 'qcow2_header';
    if (meets(l1Offset, l1Size * 8)) return 'active L1 table';
    if (meets(table.offset, table.clusters * clusterSize)) return 'refcount table';
    if (snapshotCount > 0 && meets(snapshotsOffset, 1)) return 'snapshot table';
    if (this.#refcounts.hasBlock(start, end)) return 'refcount block';
    return this.#map.hasTable(start, end) ? 'active L2 table' : null;
  }
}
