/** How large a file a conversion would make: `qemu-img measure`. */
import type { DiskImage } from '../image.ts';
import { roundUp } from '../numbers.ts';
import { chainRuns } from './copying.ts';

export interface Measured {
  /** For the data there is. */
  readonly required: number;
  /** When every cluster is in use. */
  readonly fullyAllocated: number;
}

/** A qcow2 file for `size` bytes of disk, of which `source`, when there is one, has data. */
export function measureQcow2(
  size: number,
  source: DiskImage | null,
  { clusterSize = 65_536, refcountBits = 16 }: { clusterSize?: number; refcountBits?: number } = {},
): Measured {
  const disk = roundUp(size, clusterSize);
  const entries = clusterSize / 8;
  const l2Clusters = Math.ceil(disk / clusterSize / entries);
  const l1Clusters = Math.ceil(l2Clusters / entries);
  const tables = 1 + l2Clusters + l1Clusters;
  // Counts are for their own blocks and table too: a fixed point.
  let counting = 0;
  for (;;) {
    const blocks = Math.ceil(((disk / clusterSize + tables + counting) * refcountBits) / 8 / clusterSize);
    const needed = blocks + Math.ceil(blocks / entries);
    if (needed === counting) break;
    counting = needed;
  }
  const metadata = (tables + counting) * clusterSize;
  return {
    required: metadata + (source === null ? 0 : clustersInUse(source, clusterSize) * clusterSize),
    fullyAllocated: metadata + disk,
  };
}

function clustersInUse(source: DiskImage, clusterSize: number): number {
  let count = 0;
  let next = 0;
  for (const { start, length, kind } of chainRuns(source)) {
    if (kind === 'zero') continue;
    const first = Math.max(next, Math.floor(start / clusterSize));
    next = Math.ceil((start + length) / clusterSize);
    count += Math.max(0, next - first);
  }
  return count;
}
